"""Claims: statements about pure JAX functions over a domain."""

import difflib
import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Never

import jax

from verify.arithmetic.jaxprs import Closed, float64, trace
from verify.claims.collecting import file_of, name_of, stated, statement_of
from verify.claims.domain import Domain
from verify.claims.relation import Relation, kind


class Traced(NamedTuple):
    """A claim's jaxpr, from its variables to the sides of its relation."""

    program: Closed
    tree: Any

    def relation(self, sides: Any) -> Relation:
        """The relation with these sides, which may be arrays of any number system."""
        return jax.tree.unflatten(self.tree, list(sides))


@dataclass(frozen=True, eq=False)
class Claim:
    """A statement about pure JAX functions, for every point of a domain.

    Attributes:
        name: of the function that states it.
        statement: its docstring.
        source: where the statement comes from.
        holds: False for a statement that is false, and expected to be refuted.
        domains: the variables and the set that each ranges over.
        function: from the variables to a relation.
        file: where it is written.
    """

    name: str
    statement: str
    source: str
    holds: bool
    domains: Mapping[str, Domain]
    function: Callable[..., Relation]
    file: str

    def __call__(self, *values: Any, **named: Any) -> Relation:
        return self.function(*values, **named)

    @property
    def local_id(self) -> str:
        """Its name, by which its file knows it."""
        return self.name

    @property
    def id(self) -> str:
        return f"{Path(self.file).name}::{self.local_id}"

    @functools.cached_property
    def traced(self) -> Traced:
        """The claim as a jaxpr, traced once, with x64 on.

        Raises:
            TypeError: the function returns no relation.
        """
        program, tree = trace(self._relation, *(float64(d.shape) for d in self.domains.values()))
        return Traced(program, tree)

    def _relation(self, *values: Any) -> Relation:
        result = self.function(**dict(zip(self.domains, values, strict=True)))
        if not isinstance(result, Relation):
            raise TypeError(
                f"{self.name} needs to return a relation, got {kind(result)};"
                " return vf.equal(a, b), vf.less(a, b) or the like."
            )
        return result


def claim(
    *functions: Never, holds: bool = True, source: str = "", **domains: Domain
) -> Callable[[Callable[..., Relation]], Claim]:
    """State something about pure JAX functions, for every point of a domain.

    Args:
        holds: False says that the statement is false: it ends as expected when it is
            refuted.
        source: where the statement comes from.
        **domains: for each parameter of the function, the set that it ranges over.

    Raises:
        TypeError: an option or a domain of the wrong kind.
        ValueError: the function's parameters and the domains differ.

    Example:
        >>> import jax.numpy as jnp
        >>> import verify as vf
        >>> @vf.claim(x=vf.reals(-1.0, 1.0))
        ... def the_sine_is_odd(x):
        ...     "sin(-x) = -sin(x)."
        ...     return vf.equal(jnp.sin(-x), -jnp.sin(x))
        >>> vf.check(the_sine_is_odd).status
        'holds'
    """
    if functions:
        raise TypeError(
            f"claim needs its domains before the function, got {name_of(functions[0])};"
            " write @vf.claim(x=vf.reals()), or @vf.claim() where there are no variables."
        )

    return lambda function: stated(function, lambda: _make(function, holds, source, domains))


def _make(
    function: Callable[..., Relation], holds: Any, source: Any, domains: Mapping[str, Any]
) -> Claim:
    name = name_of(function)
    if not callable(function):
        raise TypeError(f"claim needs a function to decorate, got {kind(function)}.")
    for option, value, wanted in (("holds", holds, bool), ("source", source, str)):
        if isinstance(value, Domain):
            raise ValueError(
                f"claim needs other names than its options for variables, got a variable"
                f" named {option} in {name}; rename it."
            )
        if not isinstance(value, wanted):
            raise TypeError(f"claim needs {option} as a {wanted.__name__}, got {kind(value)}.")
    for variable, domain in domains.items():
        if not isinstance(domain, Domain):
            near = difflib.get_close_matches(variable, ("holds", "source"), n=1)
            cure = f"did you mean {near[0]}?" if near else "use vf.reals() or the like."
            raise TypeError(
                f"claim needs a domain for {variable} of {name}, got {kind(domain)}; {cure}"
            )
    _need_same_names(name, list(inspect.signature(function).parameters.values()), domains)
    return Claim(name, statement_of(function), source, holds, dict(domains), function,
                 file_of(function))  # fmt: skip


def _need_same_names(name: str, parameters: list[Any], domains: Mapping[str, Any]) -> None:
    kinds = {p.kind for p in parameters}
    if kinds & {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}:
        raise ValueError(f"claim needs named parameters, got * or ** in {name}; name each one.")
    if kinds & {inspect.Parameter.POSITIONAL_ONLY}:
        raise ValueError(f"claim needs parameters that can be named, got / in {name}.")
    wanted = {p.name for p in parameters}
    if wanted != set(domains):
        raise ValueError(
            f"claim needs one domain for each parameter of {name} ({_listed(wanted)}),"
            f" got domains for {_listed(domains)}."
        )


def _listed(names: Any) -> str:
    return ", ".join(sorted(names)) or "none"
