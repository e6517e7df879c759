"""Finding the files that may state claims, without importing any."""

import difflib
import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from verify.arithmetic.errors import shown

# Folders that hold no claims of their own, as pytest has it.
_PASSED_OVER = re.compile(r"\..*|__pycache__|build|dist|node_modules|venv|.*\.egg")

# A file in a folder is imported only where its text speaks of a claim or a trial.
_MENTION = re.compile(rb"(?<![a-z])(claim|trial)")


class File(NamedTuple):
    """A file in which claims may be.

    Attributes:
        path: absolute.
        label: what the ids of its claims begin with.
        module: the name under which it is imported.
        root: the folder from which that name can be imported.
        asked: the PATH for which it was found.
    """

    path: str
    label: str
    module: str
    root: str
    asked: str


class CollectionError(ValueError):
    """Claims that were asked for and cannot be had."""


def find(paths: Sequence[str]) -> tuple[list[File], list[str]]:
    """The files to load for some paths, each once, and an error for each path that is wrong."""
    files: dict[str, File] = {}
    errors = []
    for path in paths:
        try:
            for file in _files(path):
                files.setdefault(file.path, file)
        except CollectionError as error:
            errors.append(str(error))
    return _distinct(list(files.values())), errors


def without_claims(files: Iterable[File], held: Mapping[str, int]) -> list[str]:
    """An error for each path of whose files, all loaded, none holds a claim.

    Args:
        files: all that were found.
        held: by a file's path, how many claims it holds; a file that failed is missing.
    """
    counts: dict[str, list[int | None]] = {}
    for file in files:
        counts.setdefault(file.asked, []).append(held.get(file.path))
    return [_no_claims(asked) for asked, found in counts.items() if set(found) == {0}]


def _no_claims(asked: str) -> str:
    return f"verify check needs claims, got {asked!r}, which holds none; state one with @vf.claim."


def _files(path: str) -> list[File]:
    place = Path(path)
    if place.is_dir():
        return _in_folder(place, path, module="")
    if place.exists():
        if place.suffix != ".py":
            raise CollectionError(
                f"verify check needs a .py file, a folder or a module, got {path!r}."
            )
        return [_file(place, place.name, path)]
    if all(part.isidentifier() for part in path.split(".")):
        return _in_module(path)
    raise CollectionError(_missing(path))


def _missing(path: str) -> str:
    """What to say of a path that is not there, with names nearby that are like it."""
    place = Path(path)
    file, colons, name = path.partition("::")
    if colons and Path(file).exists():
        return (
            f"verify check needs a .py file, a folder or a module, got {path!r};"
            f" write {file} --only {name}."
        )
    names = os.listdir(place.parent) if place.parent.is_dir() else []
    near = difflib.get_close_matches(place.name, names, n=1, cutoff=0.75)
    cure = f"did you mean {place.parent / near[0]}?" if near else "check how it is written."
    return (
        f"verify check needs a .py file, a folder or a module, got {path!r},"
        f" which does not exist; {cure}"
    )


def _in_folder(folder: Path, asked: str, module: str) -> list[File]:
    """Every file of a folder that speaks of claims; its labels are relative to the folder."""
    files = []
    for path in _sources(folder):
        relative = path.relative_to(folder)
        parts = [part for part in relative.with_suffix("").parts if part != "__init__"]
        name = ".".join([module, *parts]) if module else ""
        files.append(_file(path, relative.as_posix(), asked, name))
    if not files:
        raise CollectionError(_no_claims(asked))
    return files


def _sources(folder: Path) -> Iterator[Path]:
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if _is_searched(Path(here, f)))
        for name in sorted(names):
            path = Path(here, name)
            if path.suffix == ".py" and not name.startswith(".") and _mentions_claims(path):
                yield path


def _is_searched(folder: Path) -> bool:
    return not _PASSED_OVER.fullmatch(folder.name) and not (folder / "pyvenv.cfg").exists()


def _mentions_claims(path: Path) -> bool:
    try:
        return _MENTION.search(path.read_bytes()) is not None
    except OSError:
        return True  # loading it says what is wrong


def _in_module(name: str) -> list[File]:
    spec = _spec(name)
    if spec is None:
        raise CollectionError(_missing(name))
    if spec.submodule_search_locations is not None:
        folders = list(spec.submodule_search_locations)
        return [file for folder in folders for file in _in_folder(Path(folder), name, name)]
    if not spec.origin or not spec.origin.endswith(".py"):
        raise CollectionError(
            f"verify check needs a module written in Python, got {name!r} from {spec.origin}."
        )
    return [_file(Path(spec.origin), Path(spec.origin).name, name, name)]


def _spec(name: str) -> ModuleSpec | None:
    """Where a module is, from the path of imports and the working folder; none is imported."""
    first, *rest = name.split(".")
    try:
        spec = find_spec(first) or PathFinder.find_spec(first, [os.getcwd()])
    except ValueError:  # a module without a spec, such as __main__
        return None
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return None
        first = f"{first}.{part}"
        spec = PathFinder.find_spec(first, spec.submodule_search_locations)
    return spec


def _file(path: Path, label: str, asked: str, module: str = "") -> File:
    """A file with the name and the folder from which it is imported."""
    path = path.resolve()
    module = module or _module_name(path)
    depth = len(module.split(".")) - (path.name != "__init__.py")
    return File(str(path), label, module, str(path.parents[depth]), asked)


def _module_name(path: Path) -> str:
    """Its dotted name where it is in a package, or else a name that no other file has."""
    folder, parts = path.parent, [path.stem] if path.stem != "__init__" else []
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    if len(parts) > 1 or path.stem == "__init__":
        return ".".join(parts)
    return f"{path.stem}_{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"


def _distinct(files: list[File]) -> list[File]:
    """Files of one label get their paths for labels."""
    counts = Counter(file.label for file in files)
    return [
        file if counts[file.label] == 1 else file._replace(label=Path(shown(file.path)).as_posix())
        for file in files
    ]
