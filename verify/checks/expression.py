"""Expressions in jax.numpy, typed on a command line, as functions of exact numbers."""

import ast
import difflib
import math
import re
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp

from verify.checks.exact import exact
from verify.claims.constant import constant, pi

_NUMBER = re.compile(r"[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?|\d+/0*[1-9]\d*)")
_FLOAT = re.compile(r"[+-]?0[xX][\da-fA-F]*\.?[\da-fA-F]*([pP][+-]?\d+)?")
_EXACTLY, _CONSTANT = "__exactly", "__constant"
_CURE = "write x=0.1 for one tenth, x=0x1.9p-4 for that float"


def numbers(assignments: Sequence[str]) -> dict[str, str | float]:
    """Values by name: "x=0.1" is one tenth, hence a string; "x=0x1.9p-4" is that float.

    Raises:
        ValueError: one is no name and number, or a name is given twice.

    Example:
        >>> numbers(["x=0.1", "y=0x1.8p0"])
        {'x': '0.1', 'y': 1.5}
    """
    values: dict[str, str | float] = {}
    for assignment in assignments:
        name, equals, text = (part.strip() for part in assignment.partition("="))
        if not equals or not name.isidentifier():
            raise ValueError(f"verify exact needs variables, got {assignment!r}; {_CURE}.")
        if name in values:
            raise ValueError(f"verify exact needs one value for {name}, got two; leave one out.")
        values[name] = _number(name, text)
    return values


def value_of(expression: str, assignments: Sequence[str], *, digits: int) -> Any:
    """The exact value of an expression, as decimal digits.

    Args:
        expression: see `function_of`.
        assignments: see `numbers`.
        digits: how many.

    Raises:
        ValueError: it has none, or an argument is wrong.

    Example:
        >>> value_of("x + 0.1", ["x=0.1"], digits=3)
        '0.200'
    """
    values = numbers(assignments)
    function = function_of(expression, list(values))
    try:
        return exact(function, *values.values(), digits=digits)
    except Exception as error:
        text = str(error).partition("\n")[0]
        if text.startswith("exact needs"):
            raise ValueError(f"verify {text}") from error
        raise ValueError(
            f"verify exact needs an expression of real numbers that JAX can trace,"
            f" got {type(error).__name__}: {text}"
        ) from error


def function_of(expression: str, variables: Sequence[str]) -> Callable[..., Any]:
    """The function of some variables that an expression states.

    Its names are those of jax.numpy, jax.nn and jax.scipy.special, jax, jnp, vf and pi.
    Decimals and pi are exact: 0.1 is one tenth.

    Raises:
        ValueError: it is no expression, or its names are not the variables and these.
    """
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        why = getattr(error, "msg", error)
        raise ValueError(
            f"verify exact needs a Python expression, got {expression!r}: {why}."
        ) from error
    scope = names()
    _need_known_names(tree, variables, scope)
    parameters = [ast.arg(name) for name in variables]
    arguments = ast.arguments([], parameters, None, [], [], None, [])
    body = _Exactly(expression.strip(), variables).visit(tree.body)
    function = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, body)))
    return eval(compile(function, "<expression>", "eval"), scope)


def names() -> dict[str, Any]:
    """What an expression can name. Constants that are only floats, such as e, are left out."""
    import verify as vf  # which imports this package

    scope: dict[str, Any] = {}
    for module in (jax.scipy.special, jax.nn, jnp):
        public = {n: v for n, v in vars(module).items() if not n.startswith("_")}
        scope |= {n: v for n, v in public.items() if not isinstance(v, float)}
    scope |= {"jax": jax, "jnp": jnp, "vf": vf, "pi": pi, "inf": jnp.inf}
    return scope | {_EXACTLY: _traced, _CONSTANT: constant}


def _traced(constant: Any) -> jax.Array:
    """An exact constant as an array, which jitted functions take; made while tracing."""
    return jnp.asarray(constant)


def _number(name: str, text: str) -> str | float:
    if _NUMBER.fullmatch(text):
        return text
    if not _FLOAT.fullmatch(text):
        raise ValueError(f"verify exact needs a number for {name}, got {text!r}; {_CURE}.")
    try:
        return float.fromhex(text)
    except (ValueError, OverflowError) as error:
        raise ValueError(
            f"verify exact needs a float64 for {name}, got {text!r}: {error}; {_CURE}."
        ) from error


def _need_known_names(tree: ast.Expression, given: Sequence[str], scope: Iterable[str]) -> None:
    nodes = list(ast.walk(tree))
    loaded = [n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
    bound = {n.arg for n in nodes if isinstance(n, ast.arg)}
    bound |= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    called = {n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    for name in loaded:
        if name not in {*bound, *given, *scope}:
            raise ValueError(_unknown(name, name in called, scope))
    for name in given:
        if name not in loaded:
            raise ValueError(
                f"verify exact needs variables of the expression, got {name}; leave it out."
            )


def _unknown(name: str, is_called: bool, scope: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(scope), n=1)
    if not is_called:
        hint = f" or did you mean {near[0]}?" if near and len(name) > 2 else "."
        return f"verify exact needs a value for {name}, got none; write {name}=0.5, say{hint}"
    hint = f"did you mean {near[0]}?" if near else "write it out."
    return (
        "verify exact needs functions of jax.numpy, jax.nn or jax.scipy.special,"
        f" got {name}; {hint}"
    )


class _Exactly(ast.NodeTransformer):
    """Replaces pi and each decimal that is no float64 by exact constants."""

    def __init__(self, source: str, variables: Sequence[str]):
        self._source = source
        self._variables = variables

    def visit_Name(self, node: ast.Name) -> ast.expr:
        is_pi = node.id == "pi" and node.id not in self._variables
        return _call(_EXACTLY, node) if is_pi else node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        text = ast.get_source_segment(self._source, node) or ""
        if not isinstance(node.value, float) or not text:
            return node
        if math.isfinite(node.value) and Fraction(text) == Fraction(node.value):
            return node
        return _call(_EXACTLY, _call(_CONSTANT, ast.Constant(text)))


def _call(name: str, argument: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), [argument], [])
