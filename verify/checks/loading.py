"""Executing a file of claims, so that a faulty claim does not cost the others of its file."""

import __future__

import ast
import functools
import importlib.util
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from verify.arithmetic.errors import shown
from verify.checks.finding import CollectionError, File, without_claims
from verify.checks.messages import Entry
from verify.claims.claim import Claim
from verify.claims.collecting import Malformed, collecting
from verify.claims.trial import Trial

Item = Claim | Trial | Malformed

_FUTURES = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)


def load(file: File) -> dict[str, Item]:
    """The claims that a file states, by id, in order; the file is executed afresh.

    A claim whose domains cannot be made, or whose name is used twice, is `Malformed`.

    Raises:
        CollectionError: the file cannot be read, does not parse or raises.
    """
    statements = _parsed(file)
    if file.root not in sys.path:
        sys.path.insert(0, file.root)
    with collecting() as found:
        try:
            _execute(statements, file, found)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise CollectionError(_what_was_raised(error, file)) from error
    return _by_id([item for item in found if not _is_imported(item, file)], file)


def load_all(
    files: Sequence[File], before: Callable[[File], Any] = lambda file: None
) -> tuple[dict[str, Item], list[CollectionError], list[str]]:
    """The claims of all files, the errors of those that fail, and one for each empty path.

    Args:
        files: all that were found.
        before: called with each file before it is loaded.
    """
    claims: dict[str, Item] = {}
    held: dict[str, int] = {}
    failed = []
    for file in files:
        before(file)
        try:
            found = load(file)
        except CollectionError as error:
            failed.append(error)
        else:
            claims |= found
            held[file.path] = len(found)
    return claims, failed, without_claims(files, held)


def entry_of(id: str, item: Item) -> Entry:
    """The entry of a claim that was collected."""
    fault = item.reason if isinstance(item, Malformed) else ""
    source, holds = getattr(item, "source", ""), getattr(item, "holds", True)
    return Entry(id, item.statement, source, holds, fault, _subject(item.file))


@functools.cache
def _subject(path: str) -> str:
    """The first line of a file's docstring."""
    try:
        about = ast.get_docstring(ast.parse(Path(path).read_bytes()))
    except (OSError, SyntaxError, ValueError):  # a claim made in no file
        about = None
    return about.splitlines()[0] if about else ""


def _parsed(file: File) -> tuple[ast.Module, int]:
    """The file's statements, and the flags that its __future__ imports set."""
    try:
        with open(file.path, "rb") as stream:
            tree = ast.parse(stream.read(), file.path)
        return tree, _compiled(tree, file, 0).co_flags & _FUTURES
    except SyntaxError as error:
        raise CollectionError(
            f"verify check needs Python that parses, got {shown(file.path)}:{error.lineno}:"
            f" {error.msg}; correct that line."
        ) from error
    except (OSError, ValueError) as error:
        raise CollectionError(
            f"verify check needs a file that can be read, got {shown(file.path)}: {error}."
        ) from error


def _compiled(tree: ast.Module, file: File, flags: int) -> CodeType:
    return compile(tree, file.path, "exec", flags=flags, dont_inherit=True)


def _execute(parsed: tuple[ast.Module, int], file: File, found: list[Item]) -> None:
    """Statement by statement: a claim whose decorator raises becomes `Malformed`."""
    tree, flags = parsed
    namespace = vars(_module(file))
    for statement in tree.body:
        code = _compiled(ast.Module([statement], []), file, flags)
        try:
            exec(code, namespace)
        except Exception as error:
            if not (isinstance(statement, ast.FunctionDef) and _states_a_claim(statement)):
                raise
            about = ast.get_docstring(statement) or ""
            reason = str(error) or type(error).__name__
            found.append(Malformed(statement.name, about, file.path, reason))


def _module(file: File) -> ModuleType:
    """An empty module for the file."""
    is_package = os.path.basename(file.path) == "__init__.py"
    folders = [os.path.dirname(file.path)] if is_package else None
    spec = importlib.util.spec_from_file_location(
        file.module, file.path, submodule_search_locations=folders
    )
    if spec is None:
        raise CollectionError(f"verify check needs a .py file, got {shown(file.path)}.")
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(file.module, module)
    return module


def _states_a_claim(function: ast.FunctionDef) -> bool:
    called = [ast.unparse(getattr(d, "func", d)) for d in function.decorator_list]
    return any(name.rpartition(".")[2] in ("claim", "trial") for name in called)


def _is_imported(item: Any, file: File) -> bool:
    """Whether another module holds it. One made by another module's function is not held."""
    if item.file == file.path:
        return False
    homes = [m for m in list(sys.modules.values()) if getattr(m, "__file__", None) == item.file]
    return any(item is value for home in homes for value in vars(home).values())


def _by_id(items: list[Item], file: File) -> dict[str, Item]:
    counts = Counter(item.name for item in items)
    return {
        f"{file.label}::{item.local_id}": item if counts[item.name] == 1 else _repeated(item, file)
        for item in items
    }


def _repeated(item: Item, file: File) -> Malformed:
    reason = (
        f"verify check needs one claim of each name, got two named {item.name} in {file.label};"
        " rename one."
    )
    return Malformed(item.name, item.statement, item.file, reason)


def _what_was_raised(error: BaseException, file: File) -> str:
    """One line: the error, and the last line of the file that led to it."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == file.path]
    place = f"{shown(file.path)}:{lines[-1]}" if lines else shown(file.path)
    kind = type(error).__name__
    what = f"{kind}: {error}".splitlines()[0] if str(error) else kind
    return (
        f"verify check needs a file that can be imported, got {what} at {place};"
        " correct it (--debug shows the traceback)."
    )
