"""A journal of numbered blocks on disk: what is done stays done when a sweep is killed.

A header line says what was swept, and a line for each block what it showed. Lines are JSON
and end in the CRC-32 of what comes before it. A kill can only cut the last line short; any
other damage is found and said, and a damaged journal is never written to.
"""

import contextlib
import json
import os
import re
import stat
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

from verify.arithmetic.errors import WrongFileError, WrongKindError, WrongValueError

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None

SCHEMA = 1
_KIND = {"journal": "verify sweep"}
_BEGINNING = b'{"journal":"verify sweep",'
_SEAL = re.compile(rb',"crc32":"([0-9a-f]{8})"}\n')
_SEALED = len(b',"crc32":"00000000"}\n')
_PATIENCE = 1.0  # seconds of work that a power cut may cost


class _Place(NamedTuple):
    """Where a line is, and the checksum it ends in."""

    start: int
    size: int
    seal: bytes


class Journal:
    """An open journal; `opened` opens one.

    Attributes:
        path: of its file.
        notes: what was mended.
    """

    def __init__(self, path: str, descriptor: int, header: Mapping[str, Any]):
        self.path = path
        self.notes: tuple[str, ...] = ()
        self._descriptor = descriptor
        self._places: dict[int, _Place] = {}
        self._end = 0
        self._synced = time.monotonic()
        self._read(header)

    @classmethod
    @contextlib.contextmanager
    def opened(
        cls, path: str | os.PathLike[str], identity: Mapping[str, Any], blocks: int
    ) -> Iterator[Self]:
        """The journal of a sweep, begun where there is none, locked while it is open.

        Args:
            path: of its file.
            identity: what must be the same for going on.
            blocks: how many there are.

        Raises:
            TypeError: the path is none, or the identity is not JSON.
            ValueError: the file cannot be had, is damaged, or is of another sweep.
            OSError: the disk is full.
        """
        if not isinstance(path, str | os.PathLike):
            raise WrongKindError(
                f"measure needs a path for journal, got {type(path).__name__} {path!r}."
            )
        name = os.fsdecode(path)
        header = {**_KIND, "schema": SCHEMA, "blocks": blocks, "identity": dict(identity)}
        descriptor = _opened(name)
        try:
            _lock(descriptor, name)
            journal = cls(name, descriptor, json.loads(json.dumps(header)))
            yield journal
            journal._sync()
        finally:
            os.close(descriptor)

    def __contains__(self, block: int) -> bool:
        return block in self._places

    @property
    def done(self) -> int:
        """How many blocks it has."""
        return len(self._places)

    def part(self, block: int) -> Any:
        """What a block has shown."""
        place = self._places[block]
        os.lseek(self._descriptor, place.start, os.SEEK_SET)
        return json.loads(os.read(self._descriptor, place.size))["part"]

    def write(self, block: int, part: str) -> None:
        """Keep what a block has shown, as JSON.

        Raises:
            OSError: the disk is full; what was written before stays good.
        """
        self._places[block] = self._append(f'{{"block":{block},"part":{part}')
        if time.monotonic() - self._synced > _PATIENCE:
            self._sync()

    def _append(self, text: str) -> _Place:
        """Write a line at the end, whole or not at all; where it is."""
        line = left = _sealed(text.encode())
        try:
            self._cut()
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError as error:
            with contextlib.suppress(OSError):
                self._cut()
            raise self._unwritten(error) from error
        return self._next(line)

    def _cut(self) -> None:
        """Go to the end, and drop what a fault or Ctrl-C has left of another line after it."""
        os.ftruncate(self._descriptor, self._end)
        os.lseek(self._descriptor, self._end, os.SEEK_SET)

    def _next(self, line: bytes) -> _Place:
        """The place of a line that is at the end."""
        place = _Place(self._end, len(line), line[-_SEALED:])
        self._end += len(line)
        return place

    def _sync(self) -> None:
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise self._unwritten(error) from error
        self._synced = time.monotonic()

    def _unwritten(self, error: OSError) -> OSError:
        ours = WrongFileError(
            f"measure needs room for its journal, got {self.path}: {error.strerror};"
            f" the {self.done:,} blocks in it are good: make room and call again."
        )
        ours.errno = error.errno
        return ours

    def _read(self, header: Mapping[str, Any]) -> None:
        """Look at every line; begin the journal if there is none, drop one that is cut short."""
        first = json.dumps(header, separators=(",", ":"))[:-1]
        cut = b""
        with open(self._descriptor, "rb", closefd=False) as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    cut = line
                elif number == 1:
                    self._compare(self._record(line, number), header)
                    self._next(line)
                else:
                    self._enter(self._record(line, number), line, number, header["blocks"])
        if not self._end and not _sealed(first.encode()).startswith(cut):
            raise self._foreign()
        if cut:
            self._mend(cut)
        if not self._end:
            self._append(first)

    def _mend(self, cut: bytes) -> None:
        self._cut()
        block = re.match(rb'{"block":(\d+),', cut)
        which = f"block {int(block[1]):,} is" if block else "its block is"
        if self._end:
            self.notes += (f"the last line of {self.path} was cut short; {which} done again",)

    def _record(self, line: bytes, number: int) -> Any:
        if number == 1 and not line.startswith(_BEGINNING):
            raise self._foreign()
        seal = _SEAL.fullmatch(line[-_SEALED:])
        if not seal or int(seal[1], 16) != zlib.crc32(line[:-_SEALED]):
            raise self._damaged(f"line {number:,} is not as it was written")
        return json.loads(line)

    def _compare(self, found: Any, header: Mapping[str, Any]) -> None:
        differing = [*_differences(found, header, ("schema", "blocks"))]
        ours, theirs = header["identity"], found.get("identity", {})
        differing += _differences(theirs, ours, {**ours, **theirs})
        if differing:
            raise WrongValueError(
                f"measure needs a journal of the same call, got {self.path}, where"
                f" {', '.join(differing)}; name another file, or delete it to begin again."
            )

    def _enter(self, record: Any, line: bytes, number: int, blocks: int) -> None:
        block = record.get("block")
        if type(block) is not int or not 0 <= block < blocks or "part" not in record:
            raise self._damaged(f"line {number:,} is of block {block} of {blocks:,}")
        place = self._next(line)
        if self._places.setdefault(block, place).seal != place.seal:
            raise self._damaged(f"line {number:,} is of block {block}, as is another line, but not"
                                " the same")  # fmt: skip

    def _foreign(self) -> ValueError:
        return WrongValueError(
            f"measure needs a journal that it began, got {self.path}, which does not begin as one;"
            " name another file."
        )

    def _damaged(self, what: str) -> ValueError:
        return WrongValueError(
            f"measure needs a journal that is whole, got {self.path}, where {what};"
            " delete it to begin again."
        )


def _opened(path: str) -> int:
    try:
        if os.path.exists(path) and not stat.S_ISREG(os.stat(path).st_mode):
            raise OSError(0, "Is a directory" if os.path.isdir(path) else "Is no plain file")
        return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        folder = Path(path).parent
        cure = "" if folder.is_dir() else f"; make the folder {str(folder)!r}"
        raise WrongValueError(
            f"measure needs a journal that can be written, got {path!r}: {error.strerror}{cure}."
        ) from error


def _lock(descriptor: int, path: str) -> None:
    """Keep others out for as long as the file is open."""
    if fcntl is None:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise WrongValueError(
            f"measure needs a journal of its own, got {path}, which another call is writing;"
            " wait for it, or name another file."
        ) from error
    except OSError:  # a file system without locks
        return


def _sealed(text: bytes) -> bytes:
    """An open JSON object, closed with its checksum."""
    return text + b',"crc32":"%08x"}\n' % zlib.crc32(text)


def _differences(
    found: Mapping[str, Any], wanted: Mapping[str, Any], names: Iterable[str]
) -> Iterator[str]:
    for name in names:
        theirs, ours = _short(found.get(name)), _short(wanted.get(name))
        if json.dumps(found.get(name)) != json.dumps(wanted.get(name)):
            yield f"{name} is {theirs} instead of {ours}"


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
