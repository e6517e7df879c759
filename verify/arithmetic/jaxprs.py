"""What the toolkit knows of JAX's internals: this file, and no other.

Jaxprs differ between versions of JAX: from 0.12 on a sub-jaxpr is a plain ``Jaxpr`` that
carries its constants, and ``scan`` says in trees what it said in counts. Everything
that reads a jaxpr reads it through the records below.
"""

import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.extend.core as jex_core
import jax.numpy as jnp
import numpy as np
from jax._src import core, dtypes, source_info_util
from jax.interpreters import ad, batching, mlir
from jax.interpreters import partial_eval as pe

from verify.arithmetic.errors import shown

Literal = jex_core.Literal
Primitive = jex_core.Primitive
ShapedArray = core.ShapedArray

# What a user wrote is looked for beyond the code that makes claims, reads and checks them.
for _folder in ("claims", "arithmetic", "checks"):
    source_info_util.register_exclusion(str(Path(__file__).parents[1] / _folder))

# Primitives that only call the jaxpr that they carry, and the parameter that holds it.
_CALLS = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "core_closed_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "custom_vjp_call_jaxpr": "fun_jaxpr",
    "custom_lin": "call_jaxpr",
    "checkpoint": "jaxpr",
    "remat": "jaxpr",
    "remat2": "jaxpr",
}


# Under these XLA compiles in a third of the time; what it makes of large batches runs several
# times slower. Some versions lack some of them.
_FAST_COMPILATION = {
    "xla_backend_optimization_level": 0,
    "xla_cpu_parallel_codegen_split_count": 1,
    "xla_cpu_use_fusion_emitters": False,
}

# Vectors as wide as the processor has, of which XLA takes half for fear of its clock; and the
# older code for fused loops, for the newer computes what several results share again for each of
# them, which in slopes of slopes grows beyond all bounds (a millisecond an input). Both or none:
# the newer code with such vectors makes wrong values of arctan in jaxlib 0.10.2
# (https://github.com/jax-ml/jax/issues/39352).
_LOOPS = "xla_cpu_use_fusion_emitters"
_FAST_INTERVALS = {"xla_cpu_prefer_vector_width": 512, _LOOPS: False}


class Closed(NamedTuple):
    """A jaxpr and the values of its constants, the same on every version of JAX."""

    jaxpr: Any
    consts: tuple[Any, ...]

    @property
    def equations(self) -> Sequence[Any]:
        return self.jaxpr.eqns

    @property
    def in_avals(self) -> list[Any]:
        return [v.aval for v in self.jaxpr.invars]

    @property
    def out_avals(self) -> list[Any]:
        return [v.aval for v in self.jaxpr.outvars]


class Scan(NamedTuple):
    """A scan: its body takes constants, carries and slices, and gives carries and slices."""

    body: Closed
    length: int
    reverse: bool
    constants: int
    carries: int


class While(NamedTuple):
    """A while loop: condition and body, each with its own leading constants."""

    condition: Closed
    condition_constants: int
    body: Closed
    body_constants: int


def closed(jaxpr: Any) -> Closed:
    """Any of JAX's forms of a jaxpr, as jaxpr and constants."""
    inner = getattr(jaxpr, "jaxpr", jaxpr)
    consts = getattr(jaxpr, "consts", ()) or ()
    return Closed(inner, tuple(consts))


def x64(enabled: bool = True) -> contextlib.AbstractContextManager[Any]:
    """A context in which Python floats are float64 (or, with False, float32)."""
    return jax.enable_x64(enabled)


def trace(function: Callable[..., Any], *avals: Any) -> tuple[Closed, Any]:
    """The jaxpr of a function at abstract arguments, with x64 on, and its output's tree."""
    with x64():
        jaxpr, shapes = jax.make_jaxpr(function, return_shape=True)(*avals)
    return closed(jaxpr), jax.tree.structure(shapes)


def float64(shape: tuple[int, ...] = ()) -> jax.ShapeDtypeStruct:
    with x64():
        return jax.ShapeDtypeStruct(shape, np.float64)


def evaluate(program: Closed, *arguments: Any) -> list[Any]:
    """The jaxpr read by JAX itself: traceable, differentiable, compiled if under jit."""
    return core.eval_jaxpr(program.jaxpr, program.consts, *arguments)


def evaluate_meaning(program: Closed, *arguments: Any) -> list[Any]:
    """The same by what calls outside of loops stand for, which compiles faster."""
    jaxpr = program.jaxpr
    known = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*program.consts, *arguments), strict=True))
    read = lambda atom: atom.val if isinstance(atom, Literal) else known[atom]
    for equation in jaxpr.eqns:
        values, inner = [read(atom) for atom in equation.invars], called(equation)
        results = bind(equation, values) if inner is None else evaluate_meaning(inner, *values)
        known.update(zip(equation.outvars, results, strict=True))
    return [read(atom) for atom in jaxpr.outvars]


@functools.cache
def fast_compilation() -> dict[str, Any]:
    """Compiler options for what is compiled once and run on little."""
    return _known_options(_FAST_COMPILATION)


@functools.cache
def fast_intervals() -> dict[str, Any]:
    """Compiler options for intervals, which are bound by arithmetic in float64."""
    options = _known_options(_FAST_INTERVALS)
    return options if _LOOPS in options else {}


def has_older_loops() -> bool:
    """Whether XLA's older code for fused loops is there, which intervals then are compiled by."""
    return _LOOPS in fast_intervals()


def _known_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those that this version of XLA has."""
    return {name: value for name, value in options.items() if _is_option(name, value)}


def _is_option(name: str, value: Any) -> bool:
    try:
        jax.jit(lambda x: x, compiler_options={name: value}).lower(0.0).compile()
    except jax.errors.JaxRuntimeError:
        return False
    return True


def text(jaxpr: Any) -> str:
    """A jaxpr in words, the same in every process: without addresses of what it holds."""
    return _ADDRESS.sub("", str(jaxpr))


_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def is_traced(value: Any) -> bool:
    """Whether JAX traces a value: it has a shape and a dtype, and no number."""
    return isinstance(value, core.Tracer)


def is_tracing() -> bool:
    """Whether JAX is inside jit, vmap, grad or the like, so that values may be missing."""
    return not core.trace_state_clean()


def called(equation: Any) -> Closed | None:
    """The jaxpr that an equation merely calls, or None where it does more than that."""
    if equation.primitive.name == "call_hi_primitive":
        return _expanded(equation)
    if equation.primitive.name in _ELEMENTWISE:
        return _traced(equation, _ELEMENTWISE[equation.primitive.name])
    name = _CALLS.get(equation.primitive.name)
    if name is None or name not in equation.params:
        return None
    program = closed(equation.params[name])
    meant = _meaning(program)
    return program if meant is None else _traced(equation, meant)


def plain_call(equation: Any) -> Closed | None:
    """The steps of a call without rules of its own, jit's or remat's; None of other equations."""
    name = _CALLS.get(equation.primitive.name)
    if name not in equation.params or equation.primitive.name.startswith("custom"):
        return None
    return closed(equation.params[name])


def name_of_call(equation: Any) -> str:
    """The name of the function that an equation calls, as its author wrote it."""
    programs = inner_jaxprs(equation)
    known = programs[0].jaxpr.debug_info.func_name if programs else None
    return str(equation.params.get("name") or known or equation.primitive.name)


def is_read_by_meaning(equation: Any) -> bool:
    """Whether a call stands for something else in the reals than for the steps in it."""
    name = _CALLS.get(equation.primitive.name)
    if equation.primitive.name in _ELEMENTWISE:
        return True
    return name in equation.params and _meaning(closed(equation.params[name])) is not None


def bind(equation: Any, values: Sequence[Any]) -> list[Any]:
    """The results of one equation at some values, computed by JAX at once."""
    params = equation.primitive.get_bind_params(equation.params)
    results = equation.primitive.bind(*values, **params)
    return list(results) if equation.primitive.multiple_results else [results]


def _expanded(equation: Any) -> Closed:
    """What a primitive of primitives (from JAX 0.12 on) is made of."""
    whole = equation.params["_prim"]
    return _traced(equation, lambda *flat: whole.expand(*jax.tree.unflatten(whole.in_tree, flat)))


def _traced(equation: Any, function: Callable[..., Any]) -> Closed:
    """A function traced at an equation's arguments, as if at the equation's place."""
    with x64(), source_info_util.user_context(equation.source_info.traceback):
        return closed(jax.make_jaxpr(function)(*[v.aval for v in equation.invars]))


def _meaning(program: Closed) -> Callable[..., Any] | None:
    """What a function of JAX stands for in the reals, where its steps are for floats only."""
    info = program.jaxpr.debug_info
    if info.func_name not in _MEANT:
        return None
    place, shape, function = _MEANT[info.func_name]
    is_it = info.func_filename.replace("\\", "/").endswith(place)
    return function if is_it and shape in (None, program.in_avals[0].shape) else None


def _determinant_3(a: Any) -> Any:
    minor = lambda i, j: a[1, i] * a[2, j] - a[1, j] * a[2, i]
    return a[0, 0] * minor(1, 2) - a[0, 1] * minor(0, 2) + a[0, 2] * minor(0, 1)


# Functions inside JAX (from 0.12 on) that are read by their meaning. The derivative of erf
# splits a float by its bits and takes four terms of the exponential series; determinants
# choose pivots, which equal candidates leave undecided on balls. Of each: its file, the shape
# of its argument (of any other shape it has been batched, along an axis unknown), its meaning.
_MEANT: dict[str, tuple[str, tuple[int, ...] | None, Callable[..., Any]]] = {
    "exp_neg_sq": ("jax/_src/lax/erf.py", None, lambda x: jax.lax.exp(-x * x)),
    "_det_2x2": (
        "jax/_src/numpy/linalg.py",
        (2, 2),
        lambda a: a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0],
    ),
    "_det_3x3": ("jax/_src/numpy/linalg.py", (3, 3), _determinant_3),
}


def inner_jaxprs(equation: Any) -> list[Closed]:
    """Every jaxpr among an equation's parameters."""
    found = []
    for value in equation.params.values():
        for item in value if isinstance(value, tuple | list) else (value,):
            if hasattr(getattr(item, "jaxpr", item), "eqns"):
                found.append(closed(item))
    return found


def used_inputs(program: Closed) -> list[bool]:
    """Which of its arguments any result of a jaxpr depends on."""
    return list(pe.dce_jaxpr(program.jaxpr, [True] * len(program.jaxpr.outvars))[1])


def all_equations(program: Closed) -> Iterator[Any]:
    """Every equation of a jaxpr and of the jaxprs inside it."""
    for equation in program.equations:
        yield equation
        for inner in inner_jaxprs(equation):
            yield from all_equations(inner)


def scan_of(equation: Any) -> Scan:
    """The parameters of a scan in one form."""
    params = equation.params
    if "num_consts" in params:
        constants, carries = params["num_consts"], params["num_carry"]
    else:
        constants, carries, _ = (len(list(part)) for part in params["ft_in"].unpack())
    return Scan(closed(params["jaxpr"]), params["length"], params["reverse"], constants, carries)


def while_of(equation: Any) -> While:
    """The parameters of a while loop in one form."""
    params = equation.params
    return While(closed(params["cond_jaxpr"]), params["cond_nconsts"],
                 closed(params["body_jaxpr"]), params["body_nconsts"])  # fmt: skip


def source_line(equation: Any) -> str | None:
    """`file:line` of the user's code that made the equation; None inside libraries."""
    frame = source_info_util.user_frame(equation.source_info.traceback)
    return f"{shown(frame.file_name)}:{frame.start_line}" if frame else None


def constant_value(literal: Any) -> Any:
    """The value of a literal in a jaxpr."""
    return literal.val


def define_primitive(
    name: str,
    *,
    abstract: Callable[..., Any],
    evaluate: Callable[..., Any],
    jvp: Callable[..., Any],
    batch: Callable[..., Any],
) -> Primitive:
    """A primitive with one result, made of functions that JAX can trace.

    Args:
        abstract: from the arguments' abstract values and the parameters to the result's.
        evaluate: from the arguments and the parameters to the result, in floats.
        jvp: from primals, tangents (None for zero) and parameters to both results.
        batch: from arguments, their batch axes and parameters to result and batch axis.
    """
    primitive = Primitive(name)
    primitive.def_abstract_eval(abstract)
    primitive.def_impl(evaluate)
    mlir.register_lowering(primitive, mlir.lower_fun(evaluate, multiple_results=False))
    batching.primitive_batchers[primitive] = batch

    def jvp_rule(primals, tangents, **params):
        known = [None if _is_zero(t) else t for t in tangents]
        return jvp(primals, known, **params)

    ad.primitive_jvps[primitive] = jvp_rule
    return primitive


# Primitives defined by `define_elementwise`, and what they stand for in the reals.
_ELEMENTWISE: dict[str, Callable[..., Any]] = {}


def define_elementwise(
    name: str,
    *,
    evaluate: Callable[..., Any],
    meaning: Callable[..., Any],
    jvp: Callable[..., Any],
) -> Primitive:
    """A primitive that takes arrays of one shape and dtype and gives another such.

    Args:
        name: unlike those of JAX's primitives.
        evaluate: from the arguments to the result, in floats.
        meaning: what it stands for in the reals, elementwise. Number systems read this.
        jvp: from primals and tangents (None for zero) to both results.

    Raises:
        ValueError: there is one of that name.
    """
    if name in _ELEMENTWISE:
        raise ValueError(f"define_elementwise needs a name that is not taken, got {name}.")

    def batch(arguments: Sequence[Any], axes: Sequence[int | None]) -> tuple[Any, int]:
        size = next(x.shape[d] for x, d in zip(arguments, axes, strict=True) if d is not None)
        return primitive.bind(*(
            jnp.broadcast_to(x, (size, *x.shape)) if d is None else jnp.moveaxis(x, d, 0)
            for x, d in zip(arguments, axes, strict=True)
        )), 0  # fmt: skip

    primitive = define_primitive(
        name,
        abstract=lambda first, *_: first.update(weak_type=False),
        evaluate=evaluate, jvp=jvp, batch=batch,
    )  # fmt: skip
    _ELEMENTWISE[name] = meaning
    return primitive


def is_small_integer(dtype: Any) -> bool:
    """Whether a dtype is an integer of less than a byte (int4, uint2, …)."""
    kind = getattr(dtype, "kind", "")  # those of random keys have none
    return kind == "V" and dtypes.issubdtype(dtype, np.integer)


def register_scalar(kind: type, bind: Callable[[Any], Any]) -> None:
    """Let JAX take an object wherever it takes a scalar; `bind` makes it one when it does."""
    core.pytype_aval_mappings[kind] = lambda _: ShapedArray((), np.dtype(jnp.result_type(float)))
    dtypes.register_canonicalize_value_handler(kind, bind)


def _is_zero(tangent: Any) -> bool:
    """Whether a tangent is zero for sure: symbolically, or as that of an integer."""
    return isinstance(tangent, ad.Zero) or jax.typeof(tangent).dtype == jax.dtypes.float0
