"""What is judged: a function's floats, compiled and eager, and what they should be."""

import contextlib
import functools
import hashlib
import inspect
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from verify.arithmetic import jaxprs
from verify.arithmetic.errors import WrongKindError, WrongValueError
from verify.arithmetic.jaxprs import Closed
from verify.arithmetic.ulps import FORMATS, Format
from verify.checks.accuracy.tally import Case
from verify.checks.raised import told
from verify.claims.collecting import file_of, name_of

Batch = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Target:
    """A function of floats, and the exact function that it stands for.

    Attributes:
        name: of the function.
        format: of its arguments.
        result: the format of what is judged.
        gradient: whether its partial derivatives are judged, not its values.
        variables: names of its arguments, in order, and their shapes.
        outputs: names of the numbers judged, in order.
        function: of the arguments of one point, in floats, to a vector of those numbers.
        program: the reference, from the arguments of one point to its outputs.
        notes: what a reader should know of both.
    """

    name: str
    format: Format
    result: Format
    gradient: bool
    variables: Mapping[str, tuple[int, ...]]
    outputs: tuple[str, ...]
    function: Callable[..., Any]
    program: Closed
    notes: tuple[str, ...] = ()

    @functools.cached_property
    def fingerprint(self) -> str:
        """Of what is compiled, with all that its parts compute, and of the reference."""
        meaning = functools.partial(jaxprs.evaluate_meaning, self.program)
        digest = hashlib.sha256(self._lowered(self.function, self.format.dtype, self.is_double))
        digest.update(self._lowered(meaning, np.dtype(np.float64), True))
        return digest.hexdigest()[:16]

    def _lowered(self, function: Callable[..., Any], dtype: np.dtype, is_double: bool) -> bytes:
        with jaxprs.x64(is_double), _silence():
            avals = [jax.ShapeDtypeStruct(shape, dtype) for shape in self.variables.values()]
            return jaxprs.text(jax.jit(function).lower(*avals).as_text()).encode()

    @property
    def is_double(self) -> bool:
        return self.format.is_double

    @property
    def numbers(self) -> int:
        """In the arguments of one point."""
        return sum(int(np.prod(shape, dtype=int)) for shape in self.variables.values())

    def inputs(self, case: Case) -> list[np.ndarray]:
        """The arguments of a case, in their dtype and shapes."""
        inputs, position = [], 0
        for shape in self.variables.values():
            size = int(np.prod(shape, dtype=int))
            flat = np.array(case.inputs[position : position + size], np.float64)
            inputs.append(flat.reshape(shape).astype(self.format.dtype))
            position += size
        return inputs

    def compiled(self) -> Callable[..., np.ndarray]:
        """The floats of a batch of points, compiled: an array of (points, outputs)."""
        return self._run(jax.jit(jax.vmap(self.function)))

    def eager(self) -> Callable[..., np.ndarray]:
        """The same, an operation at a time."""
        return self._run(jax.vmap(self.function))

    def _run(self, batched: Callable[..., Any]) -> Callable[..., np.ndarray]:
        def run(*columns: np.ndarray) -> np.ndarray:
            with jaxprs.x64(self.is_double):
                return np.asarray(batched(*columns))

        return run


def target(
    caller: str,
    function: Callable[..., Any],
    variables: Mapping[str, tuple[int, ...]],
    format: Format,
    *,
    gradient: bool = False,
    reference: Callable[..., Any] | None = None,
    by_name: bool = True,
) -> Target:
    """A function and its reference, traced; what cannot be judged is an error.

    Raises:
        TypeError: the function, or the reference, is none, or it gives something other than
            floats (with `gradient`, other than one scalar).
        ValueError: it cannot be traced, is not pure, gives nothing, or the reference gives
            other shapes.
    """
    for role, given in (("function", function), ("reference", reference)):
        if not callable(given) and (given is not None or role == "function"):
            kind = f"{type(given).__name__} {given!r}"
            raise WrongKindError(f"{caller} needs a function as its {role}, got {kind}.")
    name = name_of(function)
    if by_name:
        function = _by_position(function, list(variables))
        reference = None if reference is None else _by_position(reference, list(variables))
    shapes = tuple(variables.values())
    program, tree = _traced(caller, name, function, shapes, format)
    result = _format_of(caller, name, program.out_avals)
    if gradient:
        _need_scalar(caller, name, program.out_avals)
    meant = function if reference is None else reference
    with _silence() if reference is None else contextlib.nullcontext():
        its = name if reference is None else f"its reference {name_of(reference)}"
        exact, exact_tree = _traced(caller, its, meant, shapes, None)
    _need_same_outputs(caller, name, (program, tree), (exact, exact_tree))
    outputs = _entries(variables) if gradient else _output_names(program.out_avals, tree)
    return Target(
        name, format, format if gradient else result, gradient, dict(variables), outputs,
        _gradient(function, len(shapes)) if gradient else _values(function), exact,
        tuple(_notes(program, exact, reference)),
    )  # fmt: skip


def _by_position(function: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    """A function of the named arguments in order; of other names, it is called by position."""
    try:
        found = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return function
    kinds = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if not all(name in found and found[name].kind in kinds for name in names):
        return function
    return functools.wraps(function)(
        lambda *values: function(**dict(zip(names, values, strict=True)))
    )


def _values(function: Callable[..., Any]) -> Callable[..., Any]:
    def flat(*arguments: Any) -> Any:
        leaves = jax.tree.leaves(function(*arguments))
        return jnp.concatenate([jnp.ravel(leaf) for leaf in leaves])

    return flat


def _gradient(function: Callable[..., Any], count: int) -> Callable[..., Any]:
    def scalar(*arguments: Any) -> Any:
        (leaf,) = jax.tree.leaves(function(*arguments))
        return leaf

    return _values(jax.grad(scalar, tuple(range(count))))


def _traced(
    caller: str, name: str, function: Callable[..., Any], shapes: Sequence[Any], format: Any
) -> tuple[Closed, Any]:
    """A function's jaxpr in a format, or in float64 where it is read exactly."""
    is_double = format is None or format.is_double
    dtype = np.dtype(np.float64) if format is None else format.dtype
    with jaxprs.x64(is_double):
        avals = [jax.ShapeDtypeStruct(shape, dtype) for shape in shapes]
        try:
            first, shape = jax.make_jaxpr(function, return_shape=True)(*avals)
            with _silence():
                second = jax.make_jaxpr(lambda *a: function(*a))(*avals)
        except Exception as error:
            raise WrongValueError(
                f"{caller} needs a function that JAX can trace, got {name}:"
                f" {told(error, file_of(function))}"
            ) from error
    if _contents(jaxprs.closed(first)) != _contents(jaxprs.closed(second)):
        raise WrongValueError(
            f"{caller} needs a pure function, got {name}, which is another program each time it"
            " is traced; pass what it draws or counts as an argument."
        )
    return jaxprs.closed(first), jax.tree.structure(shape)


def _silence() -> contextlib.AbstractContextManager[Any]:
    """What a function prints when it is traced again was seen the first time."""
    return contextlib.redirect_stdout(io.StringIO())


def _contents(program: Closed) -> tuple[Any, ...]:
    """All that tells a program from another: its text, and its constants to the bit."""
    constants = map(np.asarray, program.consts)
    return jaxprs.text(program), *((c.dtype, c.shape, c.tobytes()) for c in constants)


def _format_of(caller: str, name: str, avals: Sequence[Any]) -> Format:
    """The one format of a function's outputs."""
    if not avals or not any(aval.size for aval in avals):
        raise WrongValueError(
            f"{caller} needs a function that gives numbers, got none from {name}."
        )
    kinds = sorted({np.dtype(aval.dtype).name for aval in avals})
    for kind in kinds:
        if kind not in FORMATS:
            raise WrongKindError(
                f"{caller} needs a function that gives floats, got {kind} from {name}."
            )
    if len(kinds) > 1:
        raise WrongKindError(
            f"{caller} needs outputs of one dtype, got {', '.join(kinds)} from {name}."
        )
    return FORMATS[kinds[0]]


def _need_scalar(caller: str, name: str, avals: Sequence[Any]) -> None:
    if len(avals) != 1 or avals[0].shape:
        got = ", ".join(f"{a.dtype}{list(a.shape)}" for a in avals)
        raise WrongKindError(
            f"{caller} needs a function that gives one scalar for its gradient, got {got} from"
            f" {name}; choose an entry or sum them."
        )


def _need_same_outputs(caller: str, name: str, given: Any, meant: Any) -> None:
    shapes = [[aval.shape for aval in program.out_avals] for program, _ in (given, meant)]
    if shapes[0] != shapes[1]:
        raise WrongValueError(
            f"{caller} needs a reference with the outputs of {name}, of shapes {shapes[0]}, got"
            f" {shapes[1]}."
        )


def _output_names(avals: Sequence[Any], tree: Any) -> tuple[str, ...]:
    """A name for each number of the outputs; one that stands alone needs none."""
    paths = jax.tree_util.tree_flatten_with_path(jax.tree.unflatten(tree, list(avals)))[0]
    return tuple(
        jax.tree_util.keystr(path) + _index(place)
        for (path, _), aval in zip(paths, avals, strict=True)
        for place in np.ndindex(*aval.shape)
    )


def _entries(variables: Mapping[str, tuple[int, ...]]) -> tuple[str, ...]:
    return tuple(name + _index(i) for name, shape in variables.items() for i in np.ndindex(*shape))


def _index(place: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, place))}]" if place else ""


def _notes(program: Closed, exact: Closed, reference: Any) -> list[str]:
    if reference is not None:
        name = name_of(reference)
        return [f"the reference is {name}"]
    if _steps(program) != _steps(exact):
        return ["the function is another program in float64, which is taken for its reference"]
    return []


def _steps(program: Closed) -> list[str]:
    """The primitives of a program, conversions apart."""
    names = (e.primitive.name for e in jaxprs.all_equations(program))
    return [name for name in names if name not in ("convert_element_type", "copy", "copy_p")]
