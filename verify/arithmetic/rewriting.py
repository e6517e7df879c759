"""Equations read together that apart would lose what is known.

The derivative of a maximum asks which of its arguments equal it. Asked of a ball and the
ball of the maximum that is hardly ever decided, though it may be plain which argument is
the greatest. So `x == max(x, y)` is read as `x >= y`, and so on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

_REDUCED = {"reduce_max": "is_maximum", "reduce_min": "is_minimum"}
_PAIRED = {"max": "ge", "min": "le"}


class Primitive(NamedTuple):
    """The name of an equation that stands for several."""

    name: str


class Rewritten(NamedTuple):
    """An equation of our own, read by the rules like those of a jaxpr."""

    primitive: Primitive
    params: Mapping[str, Any]
    invars: Sequence[Any]
    outvars: Sequence[Any]


def rewritten(steps: Sequence[Any]) -> list[Any]:
    """The steps, with a comparison of x with an extreme of x as one question about x."""
    made_by = {name: step for step in steps for name in step.outputs}
    return [_question(step, made_by) or step for step in steps]


def _question(step: Any, made_by: Mapping[str, Any]) -> Any | None:
    if _name(step) != "eq":
        return None
    for x, other in (step.inputs, step.inputs[::-1]):
        if other not in made_by:
            continue
        maker = made_by[other]
        if _name(maker) in _PAIRED and x in maker.inputs:
            return _of_two(step, maker, x)
        if _name(maker) != "reshape" or maker.inputs[0] not in made_by:
            continue
        source = made_by[maker.inputs[0]]
        if _name(source) in _REDUCED and source.inputs == (x,) and _keeps_axes(maker, source):
            params = {"axes": source.equation.params["axes"]}
            return _asked(step, source, _REDUCED[_name(source)], params)
    return None


def _name(step: Any) -> str:
    return step.equation.primitive.name


def _of_two(step: Any, maker: Any, x: str) -> Any:
    """Whether x equals the greater (or lesser) of x and another."""
    asked = _asked(step, maker, _PAIRED[_name(maker)], {})
    if asked.inputs[0] == x:
        return asked
    turned = asked.equation._replace(invars=asked.equation.invars[::-1])
    return replace(asked, equation=turned, inputs=asked.inputs[::-1])


def _keeps_axes(spread: Any, source: Any) -> bool:
    """Whether a reshape only gives a reduction's axes back, of size 1."""
    shape, axes = source.equation.invars[0].aval.shape, source.equation.params["axes"]
    kept = tuple(1 if axis in axes else size for axis, size in enumerate(shape))
    return tuple(spread.equation.params["new_sizes"]) == kept


def _asked(step: Any, source: Any, name: str, params: Mapping[str, Any]) -> Any:
    """The step, asking of the source's arguments."""
    equation = Rewritten(Primitive(name), params, source.equation.invars, step.equation.outvars)
    return replace(step, equation=equation, inputs=source.inputs)
