"""What is timed: races of contestants at sizes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

Size: TypeAlias = Mapping[str, int]


class UnfitError(Exception):
    """Why a contestant is not timed."""


@dataclass(frozen=True)
class Work:
    """The least that the mathematics asks for, in one run: what no program can do without.

    Attributes:
        products: FLOPs in products of matrices.
        arithmetic: FLOPs elsewhere.
        transcendentals: values of exp, log, tanh and the like.
        bytes: of what goes in and comes out, each once.
    """

    products: float = 0.0
    arithmetic: float = 0.0
    transcendentals: float = 0.0
    bytes: float = 0.0


@dataclass(frozen=True)
class Program:
    """A JAX function and its arguments; it is compiled apart, and XLA asked what it costs.

    Attributes:
        function: of the arguments.
        arguments: arrays, in any pytrees.
        view: the numbers of its result to compare; by default all leaves in order.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    view: Callable[[Any], Any] = lambda result: result


@dataclass(frozen=True)
class Plain:
    """A function of no arguments, bound to its inputs, which returns when it is done.

    Attributes:
        run: the function.
        view: its result as numbers, to compare; by default all leaves in order.
        facts: what else a result says, for the record; "items" where they are others than asked.
    """

    run: Callable[[], Any]
    view: Callable[[Any], Any] = lambda result: result
    facts: Callable[[Any], Mapping[str, Any]] = lambda result: {}


class Timed(NamedTuple):
    """What a run may give that took its own time: in other processes, say."""

    seconds: float
    result: Any


Contestant: TypeAlias = Callable[[Size], Program | Plain]


@dataclass(frozen=True)
class Race:
    """One loop at several sizes, by several contestants. The first is the one others are beside.

    Attributes:
        name: of the loop.
        unit: what is counted.
        items: how many of them a run does.
        contestants: from a size to what runs there.
        small: sizes that are quick.
        rest: those that take longer, or should.
        work: the least work, by formula.
        tolerance: the largest difference, over the largest entry, between results that are the
            same; None where results are not to be compared.
        peers: contestants that need another library.
        slow: times longer than others a run may take; then three rounds are enough.
    """

    name: str
    unit: str
    items: Callable[[Size], float]
    contestants: Mapping[str, Contestant]
    small: tuple[Size, ...]
    rest: tuple[Size, ...] = ()
    work: Callable[[Size], Work] | None = None
    tolerance: float | None = 1e-3
    peers: Mapping[str, Contestant] = field(default_factory=dict)
    slow: float = 1.0

    def sizes(self, which: str) -> tuple[Size, ...]:
        return self.small if which == "small" else (*self.small, *self.rest)
