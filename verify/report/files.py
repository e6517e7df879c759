"""Writing a report whole or not at all, and knowing beforehand that it can be written."""

import os
from pathlib import Path


def need_writable(option: str, path: str) -> None:
    """Try what `write` will do.

    Raises:
        ValueError: it cannot.
    """
    try:
        if Path(path).is_dir():
            raise IsADirectoryError(0, "is a folder")
        if _is_special(path):
            return
        part = _part(path)
        part.touch()
        part.unlink()
    except OSError as error:
        raise ValueError(
            f"{option} needs a file that can be written, got {path!r}: {error.strerror}."
        ) from error


def write(path: str, text: str) -> None:
    """Write a file under another name, then give it its own."""
    if _is_special(path):
        Path(path).write_text(text, encoding="utf-8")
        return
    part = _part(path)
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, Path(path).resolve())
    finally:
        part.unlink(missing_ok=True)


def _is_special(path: str) -> bool:
    """Whether it is a terminal, a pipe or the like, which may not be replaced by a file."""
    return Path(path).exists() and not Path(path).is_file()


def _part(path: str) -> Path:
    target = Path(path).resolve()
    return target.with_name(f".{target.name}.{os.getpid()}.part")
