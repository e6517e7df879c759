"""What a sweep runs and what it gives back: blocks, parts, progress, result."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol, Self, TypeAlias


class Part(Protocol):
    """What a block has shown."""

    def to_json(self) -> Any:
        """Everything in it, for `json`."""
        ...

    @classmethod
    def from_json(cls, record: Any) -> Self:
        """The inverse of `to_json`."""
        ...


class Job(Protocol):
    """Numbered blocks of inputs, each judged by itself."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What must be the same for the parts of two runs to be joined, for `json`."""
        ...

    @property
    def blocks(self) -> int:
        """How many there are."""
        ...

    @property
    def part_type(self) -> type[Part]:
        """Of what `block` gives."""
        ...

    def inputs(self, number: int) -> int:
        """How many a block holds."""
        ...

    def block(self, number: int, device: Any) -> Part:
        """What a block shows: the same to the bit whenever it is asked for.

        It runs on several threads at once, where JAX has the settings of the process and
        not those of the thread that calls `sweep`. Where it takes more than a second it asks
        `need_to_go_on` now and then.
        """
        ...

    def join(self, parts: Iterable[Part]) -> Any:
        """The result, from the parts in the order of their numbers."""
        ...

    def told(self, part: Part) -> tuple[float, str]:
        """How bad a part is, and in words."""
        ...


class Progress(NamedTuple):
    """How far a sweep is.

    Attributes:
        inputs: how many have been judged, those of earlier runs included.
        of: how many there are.
        worst: the worst part seen so far, in words.
    """

    inputs: int
    of: int
    worst: str


class Swept(NamedTuple):
    """What a sweep gave.

    Attributes:
        result: what the job made of the parts.
        notes: what was mended in the journal.
        resumed: how many blocks the journal had.
        seconds: it took.
    """

    result: Any
    notes: tuple[str, ...]
    resumed: int
    seconds: float


Watcher: TypeAlias = Callable[[Progress], None]
