"""A function and its arguments, as typed on a command line."""

from collections.abc import Callable, Sequence
from typing import Any

from verify.arithmetic.ulps import format_of
from verify.checks.accuracy.asking import arguments_of, as_float, domains_of, is_mistake
from verify.checks.assignments import Given
from verify.checks.blame.blame import blame
from verify.checks.blame.record import Blame
from verify.checks.blame.worst import Worst, noted, worst
from verify.checks.effort import effort_of
from verify.checks.function_at import function_at, in_order, needed, of_arguments

_COMMAND = "verify blame"


def asked(
    target: str, assignments: Sequence[str], *, gradient: bool = False, dtype: str = "float32",
    **options: Any,
) -> Blame:  # fmt: skip
    """The blame of a function at given inputs, or at the worst that are found.

    Args:
        target: MODULE:FUNCTION, see `function_at`.
        assignments: such as "x=17.3", or "x=-80:80" for the worst input there. An argument
            that needs a value and has none is looked for among all reals.
        gradient, dtype: as of `blame`.
        **options: of `measure`: effort, seed, progress.

    Raises:
        ValueError: something is wrong with them, in one line.
    """
    effort_of(options.get("effort", "standard"), _COMMAND)
    function = function_at(target, _COMMAND)
    found = arguments_of(function, assignments, _COMMAND)
    shared = {"gradient": gradient, "dtype": dtype}
    try:
        search = _search(function, found, **shared, **options)
        values = {**search.inputs, **found.numbers}
        names = in_order(function, {**found.texts, **values})
        call = of_arguments(function, names, {})
        blamed = blame(call, *(values[name] for name in names), **shared)
    except (TypeError, ValueError) as error:
        if not is_mistake(error):
            raise
        text = str(error)
        raise ValueError(text if text.startswith(_COMMAND) else f"verify {text}") from error
    return noted(blamed, search)


def _search(function: Callable[..., Any], found: Given, *, dtype: str, **options: Any) -> Worst:
    """Inputs for what has no number."""
    if not found.domains and all(n in found.numbers for n in needed(function, _COMMAND)):
        return Worst({}, "")
    format = format_of("blame", dtype)
    domains = domains_of(function, found, _COMMAND)
    fixed = {name: as_float(name, v, format, _COMMAND) for name, v in found.numbers.items()}
    call = of_arguments(function, {**found.texts, **domains}, fixed)
    return worst(call, domains, dtype=dtype, **options)
