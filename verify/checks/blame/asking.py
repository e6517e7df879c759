"""A function and its arguments, as typed on a command line."""

import ast
import contextlib
import difflib
import functools
import importlib
import importlib.util
import inspect
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from types import ModuleType
from typing import Any

from verify.arithmetic.errors import shown
from verify.checks.blame.blame import blame
from verify.checks.blame.record import Blame
from verify.checks.finding import find

_CURE = "write x=0.5, x=0x1.9p-4 for that float, or x=[1,2.5] for an array"


def asked(target: str, assignments: Sequence[str], *, gradient: bool, dtype: str) -> Blame:
    """The blame of a function at given inputs.

    Args:
        target: MODULE:FUNCTION, see `function_at`.
        assignments: such as "x=17.3".
        gradient, dtype: as of `blame`.

    Raises:
        ValueError: something is wrong with them, in one line.
    """
    function = function_at(target, "verify blame")
    names = list(_parameters(function))
    given = _values(assignments, names)
    missing = [n for n, p in _parameters(function).items() if p.default is p.empty]
    call, arguments = with_arguments(function, {**none_for(missing, given), **given})
    try:
        return blame(call, *arguments, gradient=gradient, dtype=dtype)
    except (TypeError, ValueError) as error:
        raise ValueError(f"verify {error}") from error


def none_for(needed: Sequence[str], given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Values for what was not given: none are found, so that each must be.

    Raises:
        ValueError: one was not.
    """
    for name in needed:
        if name not in given:
            raise ValueError(
                f"verify blame needs a value for {name}, got none; write {name}=0.5, say."
            )
    return {}


def function_at(target: str, command: str) -> Callable[..., Any]:
    """The function that MODULE:FUNCTION names; MODULE is dotted, or the path of a .py file.

    Args:
        target: what was typed.
        command: that it was typed for.

    Raises:
        ValueError: there is no such function, or its module cannot be imported.
    """
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        raise ValueError(
            f"{command} needs MODULE:FUNCTION, got {target!r}; write mine.py:softplus"
            " or jax.nn:softplus, say."
        )
    value: Any = _module(place, command)
    for part in name.split("."):
        value = _attribute(value, part, target, command)
    if not callable(value):
        raise ValueError(f"{command} needs a function, got {target}, which is {value!r}.")
    return value


def _attribute(value: Any, part: str, target: str, command: str) -> Any:
    if hasattr(value, part):
        return getattr(value, part)
    near = difflib.get_close_matches(part, dir(value), n=1)
    cure = f"did you mean {near[0]}?" if near else "check how it is written."
    raise ValueError(f"{command} needs a function that exists, got {target}; {cure}")


def _module(place: str, command: str) -> ModuleType:
    is_file = place.endswith(".py") or os.sep in place
    if is_file and not os.path.isfile(place):
        raise ValueError(f"{command} needs a module or a .py file, got {place!r}, which is none.")
    try:
        return _file(place) if is_file else _imported(place)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and place.startswith(str(error.name)):
            cure = f"did you mean {place}.py?" if os.path.isfile(f"{place}.py") else "install it."
            raise ValueError(f"{command} needs a module, got {place!r}; {cure}") from error
        text = str(error).partition("\n")[0]
        raise ValueError(
            f"{command} needs a module that can be imported, got {type(error).__name__}:"
            f" {text} in {shown(place)}; correct it (--debug shows the traceback)."
        ) from error


def _imported(name: str) -> ModuleType:
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    return importlib.import_module(name)


def _file(path: str) -> ModuleType:
    (file,), _ = find([path])
    if file.root not in sys.path:
        sys.path.insert(0, file.root)
    spec = importlib.util.spec_from_file_location(file.module, file.path)
    assert spec is not None  # it is a .py file
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules.setdefault(file.module, module)
    spec.loader.exec_module(module)
    return module


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The parameters that may be given by name on a command line."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError) as error:
        raise ValueError(f"verify blame needs a function with named arguments: {error}.") from error
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {name: p for name, p in parameters.items() if p.kind not in many}


def _values(assignments: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    """Values by name."""
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = (part.strip() for part in assignment.partition("="))
        if not equals or not name.isidentifier():
            raise ValueError(f"verify blame needs NAME=NUMBER, got {assignment!r}; {_CURE}.")
        if name not in names:
            known = ", ".join(names) or "none"
            raise ValueError(f"verify blame needs arguments of the function, {known}; got {name}.")
        if name in values:
            raise ValueError(f"verify blame needs one value for {name}, got two; leave one out.")
        values[name] = _number(name, text)
    return values


def _number(name: str, text: str) -> Any:
    """A number, or a list of numbers."""
    with contextlib.suppress(ValueError, OverflowError, ZeroDivisionError):
        return float.fromhex(text) if "x" in text.lower() else float(Fraction(text))
    with contextlib.suppress(ValueError, SyntaxError, TypeError):
        value = ast.literal_eval(text)
        if isinstance(value, list):
            return value
    raise ValueError(f"verify blame needs a number for {name}, got {text!r}; {_CURE}.")


def with_arguments(
    function: Callable[..., Any], values: Mapping[str, Any]
) -> tuple[Callable[..., Any], list[Any]]:
    """The function of those of its parameters that have values, and these in order.

    The others keep their defaults.
    """
    signature = inspect.signature(function)
    chosen = [p for p in signature.parameters.values() if p.name in values]
    by_place = [p.name for p in chosen if p.kind is inspect.Parameter.POSITIONAL_ONLY]

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        given = dict(zip((p.name for p in chosen), arguments, strict=True))
        return function(*(given.pop(name) for name in by_place), **given)

    positional = [
        p.replace(kind=inspect.Parameter.POSITIONAL_ONLY, default=p.empty) for p in chosen
    ]
    call.__dict__["__signature__"] = inspect.Signature(positional)
    return call, [values[p.name] for p in chosen]
