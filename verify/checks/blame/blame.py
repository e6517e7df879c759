"""Which line of a function loses the digits of its result, at one input."""

import linecache
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from flint import arb

from verify.arithmetic.errors import Unreadable, WrongValueError
from verify.arithmetic.jaxprs import x64
from verify.arithmetic.reading import reading
from verify.checks.blame import floats, truths
from verify.checks.blame.distances import Distances
from verify.checks.blame.inputs import Inputs, inputs_of, need_floats, need_reals, need_scalar
from verify.checks.blame.record import Blame, Row, bits, rank
from verify.checks.blame.shares import Case, Share, Shares, shares_of
from verify.checks.blame.steps import Step, Steps, meant_constants, steps_of, traced
from verify.checks.blame.worst import noted, worst
from verify.checks.function_at import in_order, of_arguments
from verify.checks.raised import told
from verify.claims.domain import Domain

_DIGITS = 17
_ANOTHER = (
    "at float64 the function is another program, which says what is exact;"
    " what it differs by is no rounding of these equations"
)


def blame(
    function: Callable[..., Any],
    *args: Any,
    gradient: bool = False,
    dtype: Any = "float32",
    **domains: Domain,
) -> Blame:
    """The error of a float result as a sum over the equations that make it, line by line.

    The result is computed with the first k equations in floats and those after them in the
    reals; what the error of that gains with equation k is what equation k adds. A constant
    is exactly the float64 that is stored; its rounding counts for the line that uses it.

    Args:
        function: from real arrays, or trees of them, to real arrays; pure and traceable. A
            function that computes by a series or a polynomial is taken at its word. A
            scan is explained turn by turn where all its turns have at most 500 equations; a
            longer one, a while loop and a cond count as one equation.
        *args: real numbers or arrays; rounded to the dtype, they are the inputs.
        gradient: explain `jax.grad` in all arguments instead, against the true derivative.
        dtype: bfloat16, float16, float32 or float64; only for the last is x64 on.
        **domains: in place of args, for each argument, the set it ranges over: what is
            explained is the worst input that `measure` finds there at quick effort.

    Returns:
        The equations in order of the error that they add to the worst entry of the outputs,
        and the same by lines. Floats are those that JAX gives one equation at a time,
        without jit; the compiled result stands beside it.

    Raises:
        TypeError: function is none, an argument is not real, or dtype is none of these.
        ValueError: the arguments do not fit the function or are not finite; it cannot be
            traced or read in the reals, or returns no floats; a gradient of no scalar;
            arguments and domains are both given, or no input of a domain has an error.

    Example:
        >>> import jax.numpy as jnp
        >>> import verify as vf
        >>> found = vf.blame(lambda x: jnp.log(1 + jnp.exp(x)), -20.0)
        >>> found.value, found.exact, [row.primitive for row in found.rows]
        (0.0, '2.0611536203143807e-9', ['add', 'exp', 'log'])
        >>> found.rows[0].event
        '2.06e-09 is lost in 1'
    """
    if domains:
        return _at_worst(function, args, domains, gradient=gradient, dtype=dtype)
    inputs = inputs_of(function, args, dtype)
    if gradient:
        need_scalar(inputs, lambda f: _told(inputs, lambda: jax.eval_shape(f, *inputs.shapes)))
    judged = _gradient(inputs) if gradient else inputs.function
    case, notes = _case(inputs, judged, gradient=gradient)
    try:
        found = shares_of(case)
    except Unreadable as why:
        raise WrongValueError(
            f"blame needs a function that can be read in the reals, got {inputs.name}: {why}"
        ) from why
    return _record(inputs, judged, case, found, notes=notes, gradient=gradient)


def _at_worst(
    function: Callable[..., Any], args: Any, domains: Mapping[str, Domain], **options: Any
) -> Blame:
    """The blame at the worst input of some domains."""
    if args:
        raise WrongValueError(
            f"blame needs arguments or domains, got {len(args)} and {len(domains)};"
            " give a fixed argument a default, or a domain of one number."
        )
    found = worst(function, domains, effort="quick", **options)
    names = in_order(function, domains)
    call = of_arguments(function, names, {})
    return noted(blame(call, *(found.inputs[name] for name in names), **options), found)


def _gradient(inputs: Inputs) -> Callable[..., Any]:
    return jax.grad(inputs.function, argnums=tuple(range(len(inputs.arrays))))


def _case(
    inputs: Inputs, function: Callable[..., Any], *, gradient: bool
) -> tuple[Case, list[str]]:
    """The program, its floats, and what it ought to give."""
    steps = steps_of(_told(inputs, lambda: traced(function, inputs.shapes, wide=inputs.is_wide)))
    need_floats(inputs, list(steps.avals))
    need_reals(inputs, steps)
    with x64():
        shapes = [jax.ShapeDtypeStruct(a.shape, np.float64) for a in inputs.arrays]
    wide = _told(inputs, lambda: traced(function, shapes, wide=True))
    meant = meant_constants(steps, steps_of(wide))
    ought, notes = truths.as_read, []
    if meant is None:
        ought, notes = truths.of_another(wide, inputs.arrays), [_ANOTHER]
    if gradient and truths.entries(inputs.arrays) <= truths.MOST_SLOPES:
        ought = truths.with_slopes(ought, inputs.function, inputs.arrays)
    values = _told(inputs, lambda: floats.run(steps, inputs.arrays, wide=inputs.is_wide))
    return Case(steps, values, meant or {}, ought, inputs.format), notes


def _told(inputs: Inputs, action: Callable[[], Any]) -> Any:
    """What an action gives; what it raises, told as a fault of the function."""
    try:
        with x64(inputs.is_wide):
            return action()
    except Exception as error:
        raise WrongValueError(
            f"blame needs a function of real arrays that JAX can trace, got {inputs.name}:"
            f" {told(error, inputs.file)}"
        ) from error


def _record(
    inputs: Inputs,
    function: Callable[..., Any],
    case: Case,
    found: Shares,
    *,
    notes: Sequence[str],
    gradient: bool,
) -> Blame:
    rows = [_row(share, found, inputs) for share in found.shares]
    number = list(case.steps.outputs).index(found.entry.name)
    outputs = floats.run_compiled(function, inputs.arrays, wide=inputs.is_wide)
    compiled = float(np.ravel(outputs[number])[found.entry.index])
    return Blame(
        function=inputs.name,
        arguments={n: _text(a) for n, a in zip(inputs.names, inputs.arrays, strict=True)},
        dtype=inputs.format.name,
        precision=inputs.format.precision,
        gradient=gradient,
        entry=_entry(inputs, case.steps, found, gradient=gradient),
        value=found.value,
        exact=_digits(found.truth, "undefined" if found.why else "unknown"),
        error=found.total,
        compiled=compiled,
        compiled_error=Distances(inputs.format).error(compiled, found.truth),
        before=found.before,
        ties=_ties(found, inputs),
        rows=sorted(rows, key=rank),
        first_infinity=next((r for r in rows if math.isinf(r.value) and r.event), None),
        first_nan=next((r for r in rows if r.event.endswith("gives NaN")), None),
        notes=(*notes, *_notes(inputs, found, gradient=gradient)),
    )


def _row(share: Share, found: Shares, inputs: Inputs) -> Row:
    own, added = share.own, share.added
    costs = bits(min(share.growth, share.effect, abs(found.total)))
    return Row(
        where=_where(share.step, inputs),
        source=_source(share.step.where),
        primitive=share.step.name,
        own=own,
        amplification=abs(added) / own if own else math.nan,
        added=added,
        multiplies=share.growth,
        costs=0.0 if math.isnan(costs) or not share.effect else costs,
        value=share.value,
        exact=_digits(share.exact, "unknown"),
        event=share.event,
    )


def _where(step: Step, inputs: Inputs) -> str:
    return step.where or f"inside {step.inside or inputs.name}"


def _source(where: str) -> str:
    """The text of a `file:line`."""
    file, _, line = where.rpartition(":")
    return linecache.getline(file, int(line)).strip() if file else ""


def _entry(inputs: Inputs, steps: Steps, found: Shares, *, gradient: bool) -> str:
    """Which entry of which output is explained, in words."""
    number = list(steps.outputs).index(found.entry.name)
    shape = steps.avals[number].shape
    place = [int(i) for i in np.unravel_index(found.entry.index, shape)] if shape else []
    parts = []
    if gradient and (len(inputs.arrays) > 1 or place):
        parts.append(f"in {inputs.names[number]}{place or ''}")
    elif len(steps.outputs) > 1 or place:
        many = f"output {number}" if len(steps.outputs) > 1 else "entry"
        parts.append(f"{many} {place}" if place else many)
    return "".join(parts)


def _notes(inputs: Inputs, found: Shares, *, gradient: bool) -> list[str]:
    """What no equation explains."""
    said = []
    if found.why:
        said.append(f"it is not defined there: {found.why}")
    if found.lost and not math.isinf(found.before):
        said.append(f"with these roundings it is not defined any more: {found.lost}")
    if gradient:
        said += _of_choices(found)
    if gradient and found.before and not math.isnan(found.before):
        lost = f"no number, {found.lost}," if found.lost else "another number"
        said.append(
            f"the rules of differentiation give {lost} where there is a true derivative,"
            " which is the exact value here"
        )
        said += [
            f"{place} compares equal numbers: a slope there is that of one side"
            for place in _ties(found, inputs)
        ]
    return said


def _of_choices(found: Shares) -> list[str]:
    """Whether a NaN in a gradient may be of a branch that `where` did not choose."""
    has_choice = any(share.step.name == "select_n" for share in found.shares)
    first = next((s for s in found.shares if s.event.endswith("gives NaN")), None)
    if not (has_choice and first and math.isnan(found.value) and found.truth.is_finite()):
        return []
    if first.step.name != "mul" and not math.isinf(found.before):
        return []
    return [
        "the NaN may be of a branch that `where` does not choose, which is differentiated too:"
        " zero times infinity is NaN; by another `where`, give it a harmless argument"
    ]


def _ties(found: Shares, inputs: Inputs) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_where(step, inputs) for step in found.ties))


def _digits(value: arb, otherwise: str) -> str:
    if not value.is_finite():
        known = value.is_exact() and not value.is_nan()
        return ("inf" if value > 0 else "-inf") if known else otherwise
    if value.contains(0) and not value.is_zero():
        return f"under {abs(value).upper().str(1, radius=False)} in size"
    with reading(bits=256):
        return value.str(_DIGITS, radius=False)


def _text(array: np.ndarray) -> str:
    """The numbers, short enough for one line."""
    if array.ndim == 0:
        return f"{float(array):.9g}"
    texts = [f"{float(v):.9g}" for v in array.flat[:6]]
    return f"[{', '.join(texts)}{', ...' if array.size > 6 else ''}]"
