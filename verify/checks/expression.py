"""Expressions in jax.numpy, typed on a command line, as functions of exact numbers."""

import ast
import difflib
import operator
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
_MOST_POWER = 4096  # that is multiplied out
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
    """Replaces pi, and what is written in numbers alone and no float64, by exact constants."""

    def __init__(self, source: str, variables: Sequence[str]):
        self._source = source
        self._variables = variables

    def visit(self, node: ast.AST) -> Any:
        value = self._rational(node)
        if value is None:
            return super().visit(node)
        return _written(value, is_float=any(map(_is_real, ast.walk(node))))

    def visit_Name(self, node: ast.Name) -> ast.expr:
        is_pi = node.id == "pi" and node.id not in self._variables
        return _call(_EXACTLY, node) if is_pi else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if isinstance(node.op, ast.BitXor):
            raise ValueError("verify exact needs powers written with **, got ^.")
        base = self._rational(node.left)
        if isinstance(node.op, ast.Pow) and base is not None and self._rational(node.right):
            left = _call(_EXACTLY, _call(_CONSTANT, ast.Constant(str(base))))
            return ast.BinOp(left, node.op, self.visit(node.right))
        return self.generic_visit(node)

    def _rational(self, node: ast.AST) -> Fraction | None:
        """The value of an expression in numbers alone; None of any other."""
        match node:
            case ast.Constant(int() | float() as value) if not isinstance(value, bool):
                text = ast.get_source_segment(self._source, node)
                return Fraction(text if text and isinstance(value, float) else value)
            case ast.UnaryOp(ast.USub() | ast.UAdd() as sign, operand):
                value = self._rational(operand)
                return -value if value is not None and isinstance(sign, ast.USub) else value
            case ast.BinOp(left, operator, right) if type(operator) in _ARITHMETIC:
                a, b = self._rational(left), self._rational(right)
                return None if a is None or b is None else _result(operator, a, b)
        return None


_ARITHMETIC = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def _is_real(node: ast.AST) -> bool:
    """Whether what it is a part of is a float in Python, not an integer."""
    return isinstance(node, ast.Div) or isinstance(getattr(node, "value", None), float)


def _result(sign: ast.operator, a: Fraction, b: Fraction) -> Fraction | None:
    """Of two rationals; None where it is none, or too large to be written."""
    if isinstance(sign, ast.Div) and not b:
        raise ValueError("verify exact needs divisors other than zero, got one of 0.")
    if isinstance(sign, ast.Pow) and (
        b.denominator != 1 or abs(b) > _MOST_POWER or (not a and b < 0)
    ):
        return None
    return Fraction(_ARITHMETIC[type(sign)](a, b))


def _written(value: Fraction, *, is_float: bool) -> ast.expr:
    """A rational as a plain number where that is exact, else as an exact constant."""
    if value.denominator == 1 and abs(value) < 2**53:
        return ast.Constant(float(value) if is_float else int(value))
    if abs(value) < 2**1000 and Fraction(float(value)) == value:
        return ast.Constant(float(value))
    return _call(_EXACTLY, _call(_CONSTANT, ast.Constant(str(value))))


def _call(name: str, argument: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), [argument], [])
