"""The function that MODULE:FUNCTION names on a command line, and its parameters."""

import difflib
import functools
import importlib
import importlib.util
import inspect
import os
import pkgutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

from verify.arithmetic.errors import WrongValueError, shown
from verify.checks.finding import find
from verify.claims.collecting import name_of


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
        raise WrongValueError(
            f"{command} needs MODULE:FUNCTION, got {target!r}; write mine.py:softplus"
            " or jax.nn:softplus, say."
        )
    value: Any = _module(place, command)
    for part in name.split("."):
        value = _attribute(value, part, target, command)
    if not callable(value):
        raise WrongValueError(f"{command} needs a function, got {target}, which is {value!r}.")
    return value


def _attribute(value: Any, part: str, target: str, command: str) -> Any:
    if hasattr(value, part):
        return getattr(value, part)
    raise WrongValueError(
        f"{command} needs a function that exists, got {target}; {_meant(part, dir(value))}"
    )


def _meant(word: str, known: Iterable[str], before: str = "") -> str:
    """The known name that is like a word, with what stands before it."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"did you mean {before}{near[0]}?" if near else "check how it is written."


def _module(place: str, command: str) -> ModuleType:
    is_file = place.endswith(".py") or os.sep in place
    if is_file and not os.path.isfile(place):
        raise WrongValueError(
            f"{command} needs a module or a .py file, got {place!r}, which is none."
        )
    try:
        return _file(place) if is_file else _imported(place)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and place.startswith(str(error.name)):
            cure = _cure(place, str(error.name))
            raise WrongValueError(f"{command} needs a module, got {place!r}; {cure}") from error
        text = str(error).partition("\n")[0]
        raise WrongValueError(
            f"{command} needs a module that can be imported, got {type(error).__name__}:"
            f" {text} in {shown(place)}; correct it (--debug shows the traceback)."
        ) from error


def _cure(place: str, missing: str) -> str:
    """What may have been meant by a module of which a part is missing."""
    if os.path.isfile(f"{place}.py"):
        return f"did you mean {place}.py?"
    package, dot, part = missing.rpartition(".")
    if not dot:
        return "install it."
    folders = getattr(sys.modules.get(package), "__path__", ())
    known = (module.name for module in pkgutil.iter_modules(folders))
    return _meant(part, known, f"{package}.")


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


def parameters(function: Callable[..., Any], command: str) -> Mapping[str, inspect.Parameter]:
    """The parameters that may be given by name on a command line.

    Raises:
        ValueError: the function does not say what it takes.
    """
    try:
        found = inspect.signature(function).parameters
    except (TypeError, ValueError) as error:
        raise WrongValueError(
            f"{command} needs a function with named arguments: {error}."
        ) from error
    many = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {name: p for name, p in found.items() if p.kind not in many}


def needed(function: Callable[..., Any], command: str) -> list[str]:
    """The parameters without a default."""
    return [n for n, p in parameters(function, command).items() if p.default is p.empty]


def is_variadic(function: Callable[..., Any], command: str) -> bool:
    """Whether it takes any number of arguments by position, as `jax.numpy.add` says it does."""
    parameters(function, command)
    kinds = {p.kind for p in inspect.signature(function).parameters.values()}
    return inspect.Parameter.VAR_POSITIONAL in kinds


def in_order(function: Callable[..., Any], names: Iterable[str]) -> list[str]:
    """Names of arguments as the function has them; those that are no parameters come last."""
    given = list(names)
    known = inspect.signature(function).parameters
    return [n for n in known if n in given] + [n for n in given if n not in known]


def of_arguments(
    function: Callable[..., Any], names: Iterable[str], fixed: Mapping[str, Any]
) -> Callable[..., Any]:
    """The function of some of its arguments, by position, as `in_order` has them.

    Args:
        function: which may have others; they keep their defaults.
        names: of all that are given; those that are no parameters are given to a variadic
            function by position.
        fixed: values of those that the result does not take.
    """
    ordered = in_order(function, names)
    taken = [name for name in ordered if name not in fixed]
    by_place = _by_place(function, ordered)

    @functools.wraps(function)
    def call(*arguments: Any) -> Any:
        given = {**fixed, **dict(zip(taken, arguments, strict=True))}
        placed = [given.pop(name) for name in by_place]
        return function(*placed, **given)

    kind = inspect.Parameter.POSITIONAL_ONLY
    call.__name__ = name_of(function)
    call.__dict__["__signature__"] = inspect.Signature([inspect.Parameter(n, kind) for n in taken])
    return call


def _by_place(function: Callable[..., Any], ordered: Sequence[str]) -> list[str]:
    """The arguments that can only be given by position."""
    known = inspect.signature(function).parameters
    placed = [inspect.Parameter.POSITIONAL_ONLY]
    if any(name not in known for name in ordered):
        placed.append(inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [name for name in ordered if name not in known or known[name].kind in placed]
