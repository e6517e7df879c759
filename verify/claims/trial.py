"""Trials: statements about what is random, and how often they are to hold."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Never

from verify.claims.collecting import TRIAL, file_of, name_of, stated, statement_of
from verify.claims.relation import kind


@dataclass(frozen=True, eq=False)
class Trial:
    """A statement about randomness: it holds for a key of JAX's generator with some probability.

    Attributes:
        name: of the function that states it.
        statement: its docstring.
        source: where the statement comes from.
        holds: False for a statement that is false, and expected to be refuted.
        runs: on how many keys it is tried.
        rate: the least probability with which it is said to hold.
        function: from a key to a boolean, or to a margin, true where it is positive.
        file: where it is written.
    """

    name: str
    statement: str
    source: str
    holds: bool
    runs: int
    rate: float
    function: Callable[[Any], Any]
    file: str

    def __call__(self, key: Any) -> Any:
        return self.function(key)

    @property
    def local_id(self) -> str:
        """Its name, by which its file knows it, marked as that of a trial."""
        return TRIAL + self.name

    @property
    def id(self) -> str:
        return f"{Path(self.file).name}::{self.local_id}"


def trial(
    *functions: Never, runs: int = 64, rate: float = 0.9, holds: bool = True, source: str = ""
) -> Callable[[Callable[[Any], Any]], Trial]:
    """State how often something holds of a function of a PRNG key.

    The function takes a key (of `jax.random.key`) and gives a boolean scalar, or a margin: a
    float scalar, true where it is positive. All runs are one `vmap` with x64 off, so that it
    has to be pure and traceable, training with it.

    Args:
        runs: on how many keys it is tried, at least 1.
        rate: the least probability with which it holds, in (0, 1).
        holds: False says that the statement is false: it ends as expected when it is
            refuted.
        source: where the statement comes from.

    Raises:
        TypeError: an option of the wrong kind, or a function of other than one argument.
        ValueError: an option out of its range.

    Example:
        >>> import jax
        >>> import verify as vf
        >>> @vf.trial(runs=64, rate=0.9)
        ... def most_normals_are_under_two(key):
        ...     "|z| < 2 for z of N(0, 1)."
        ...     return abs(jax.random.normal(key)) < 2
        >>> vf.check(most_normals_are_under_two).status
        'supported'
    """
    if functions:
        raise TypeError(
            f"trial needs its options before the function, got {name_of(functions[0])};"
            " write @vf.trial(runs=64, rate=0.9), or @vf.trial() for these."
        )
    return lambda function: stated(
        function, lambda: _made(function, runs, rate, holds, source), TRIAL
    )


def _made(function: Any, runs: Any, rate: Any, holds: Any, source: Any) -> Trial:
    if not callable(function):
        raise TypeError(f"trial needs a function to decorate, got {kind(function)}.")
    name = name_of(function)
    _need_one_parameter(name, function)
    for option, value, wanted in (("holds", holds, bool), ("source", source, str)):
        if not isinstance(value, wanted):
            raise TypeError(f"trial needs {option} as a {wanted.__name__}, got {kind(value)}.")
    if isinstance(runs, bool) or not isinstance(runs, int):
        raise TypeError(f"trial needs runs as an int, got {kind(runs)}.")
    if runs < 1:
        raise ValueError(f"trial needs runs >= 1, got {runs} in {name}.")
    if isinstance(rate, bool) or not isinstance(rate, int | float):
        raise TypeError(f"trial needs rate as a float, got {kind(rate)}.")
    if not 0 < rate < 1:
        cure = "; what always holds is a claim" if rate == 1 else ""
        raise ValueError(f"trial needs a rate in (0, 1), got {rate:g} in {name}{cure}.")
    return Trial(name, statement_of(function), source, holds, runs, float(rate), function,
                 file_of(function))  # fmt: skip


def _need_one_parameter(name: str, function: Any) -> None:
    """An error unless a function can be called with a key and nothing else."""
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        parameters = ", ".join(inspect.signature(function).parameters) or "none"
        raise TypeError(
            f"trial needs a function of one argument, the key, got {name} of {parameters};"
            " make the others constants, or give them defaults."
        ) from None
