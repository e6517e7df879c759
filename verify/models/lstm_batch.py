"""An LSTM over a batch of sequences, made for speed: its gradient is derived by hand.

Each step is one product, [x, h] with [W, U], and one pass over the gates. XLA's products on a CPU
prepare the matrix on the right anew each step. Where there is one sequence, or where the weights
are more than the features of all and too many for the processor's cache, they therefore stand on
the left of every product, and features are rows; not so where much is kept, which is turned back.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.models.lstm_arguments import LSTMParameters, LSTMState, need_steps
from verify.models.products import einsum, matmul
from verify.models.sizes import Sized, fields, sized

Store = Literal["all", "states"]
_AXES = {"W": "4 hidden inputs", "U": "4 hidden hidden", "b": "4 hidden"}
_STATE = {"h": "n hidden", "c": "n hidden"}
_STORES = ("all", "states")
# With as many inputs, weights of 512 KiB in float32.
_HIDDEN_IN_CACHE = 128


def lstm_batch(
    parameters: LSTMParameters,
    xs: Real[ArrayLike, "n steps inputs"],
    state: LSTMState | None = None,
    *,
    store: Store = "all",
) -> LSTMState:
    """(h_1, c_1), …, (h_T, c_T) of the LSTM for each sequence, for speed: lstm says the rest.

    Args:
        parameters: as for lstm.
        xs: n sequences of one length, dimensionless.
        state: h_0 and c_0, each of shape (n, hidden); None stands for zeros.
        store: what the way back is given besides the states. "all": the slopes of each step, 6 n
            steps hidden numbers. "states": nothing; gates and slopes are computed again.

    Returns:
        The hidden states and the cells, each of shape (n, steps, hidden), in the dtype that the
        arguments promote to; hidden states in [-1, 1].

    Raises:
        TypeError: parameters or state is of another type, or an array is not real.
        ValueError: shapes do not fit each other, there are no steps, or store is another word.

    Accuracy: gates are XLA's logistic and tanh, in float32 for narrower dtypes. Where a gradient
        is asked for, products may be summed in another order than where it is not.
    Gradient: backpropagation through time as in lstm_gradient, right in the reals (claims of
        catalogue/lstm_batch.py). Slopes of gates are f(1 - f) and 1 - g², right to an ulp of one:
        in the tails where gates are shut or open to all digits they are 0, where those of lstm
        are not. By reverse mode only: for jvp, jacfwd and hessian take jax.vmap of lstm.

    Example:
        >>> zeros = LSTMParameters(jnp.zeros((4, 2, 3)), jnp.zeros((4, 2, 2)), jnp.zeros((4, 2)))
        >>> lstm_batch(zeros, jnp.ones((7, 5, 3))).h.shape
        (7, 5, 2)
    """
    if store not in _STORES:
        raise ValueError(f'lstm_batch needs store as "all" or "states", got {store!r}.')
    given = fields("lstm_batch", "parameters", parameters, LSTMParameters, _AXES)
    given["xs"] = Sized(xs, "n steps inputs")
    if state is not None:
        given |= fields("lstm_batch", "state", state, LSTMState, _STATE)
    W, U, b, inputs, *first = sized("lstm_batch", given)
    need_steps("lstm_batch", inputs, axis=1)
    dtype = inputs.dtype
    hidden = b.shape[1]
    zero = jnp.zeros((len(inputs), hidden), dtype)
    wide = jnp.promote_types(dtype, jnp.float32)
    weights = _Weights(jnp.concatenate([W, U], axis=2).reshape(4 * hidden, -1), b.reshape(-1))
    arguments = weights, inputs.swapaxes(0, 1), LSTMState(*first or (zero, zero))
    states = _run(store, *jax.tree.map(lambda x: x.astype(wide), arguments))
    return jax.tree.map(lambda x: x.swapaxes(0, 1).astype(dtype), states)


class _Weights(NamedTuple):
    """[W, U] and b, the four gates one below the other."""

    K: Float[Array, "gates features"]
    b: Float[Array, " gates"]


class _Slopes(NamedTuple):
    """What cotangents are multiplied by on the way back through a step.

    The first four lead from the cotangent of the cell, of the output's gate from that of the
    hidden state, to those of the gates' arguments.
    """

    f: Float[Array, "..."]
    i: Float[Array, "..."]
    o: Float[Array, "..."]
    candidate: Float[Array, "..."]
    h_in_c: Float[Array, "..."]
    c_in_before: Float[Array, "..."]


class _Kept(NamedTuple):
    """What the way back is given."""

    weights: _Weights
    xs: Float[Array, "steps n inputs"]
    first: LSTMState
    states: LSTMState
    slopes: _Slopes | None


@functools.partial(jax.custom_vjp, nondiff_argnums=(0,))
def _run(
    store: Store, weights: _Weights, xs: Float[Array, "steps n inputs"], first: LSTMState
) -> LSTMState:
    """The states, time first."""
    return _forwards(weights, xs, first, is_kept=False)[0]


def _run_and_keep(store: Store, weights: _Weights, xs: Array, first: LSTMState) -> Any:
    states, slopes = _forwards(weights, xs, first, is_kept=store == "all")
    return states, _Kept(weights, xs, first, states, slopes)


def _forwards(
    weights: _Weights, xs: Float[Array, "steps n inputs"], first: LSTMState, *, is_kept: bool
) -> tuple[LSTMState, _Slopes | None]:
    """The states, and the slopes where they are kept, time first."""
    is_left = _is_left(first.h, is_kept=is_kept)
    axis, turned = 0 if is_left else 1, functools.partial(_turned, is_left=is_left)
    weights = _placed(weights, is_left)

    def step(state: LSTMState, x: Array) -> Any:
        gates = _gates(weights, jnp.concatenate([x, state.h], axis), is_left)
        f, i, o, candidate = gates
        c = f * state.c + i * candidate
        cell = lax.tanh(c)
        # Without the barrier XLA turns the states of all steps at the end, at twice the cost.
        h = lax.optimization_barrier(o * cell)
        slopes = _slopes(gates, state.c, cell) if is_kept else None
        states = LSTMState(h, c)
        return states, jax.tree.map(turned, (states, slopes))

    columns = xs.swapaxes(1, 2) if is_left else xs
    return lax.scan(step, jax.tree.map(turned, first), columns)[1]


def _backwards(
    store: Store, kept: _Kept, cotangent: LSTMState
) -> tuple[_Weights, Float[Array, "steps n inputs"], LSTMState]:
    """The gradient in the weights, in xs and in the first state."""
    (K, b), xs, first, states, _ = kept
    features = jnp.concatenate([xs, _before(first.h, states.h)], axis=2)
    is_left, U = _is_left(first.h, is_kept=kept.slopes is not None), K[:, xs.shape[2] :]
    U = lax.optimization_barrier(U.T) if is_left else U
    if kept.slopes is None:
        slopes_of, known = _slopes_again(kept, features, is_left)
    else:
        slopes_of, known = (lambda slopes: slopes), kept.slopes

    def step(later: LSTMState, at: Any) -> Any:
        direct, known = at
        slopes = slopes_of(known)
        in_h, in_c = later.h + direct.h, later.c + direct.c
        in_c = in_c + in_h * slopes.h_in_c
        parts = [in_c * slopes.f, in_c * slopes.i, in_h * slopes.o, in_c * slopes.candidate]
        dz = jnp.concatenate(parts, axis=1)
        in_h = lax.optimization_barrier(einsum("hk,nk->hn", U, dz)).T if is_left else matmul(dz, U)
        return LSTMState(in_h, in_c * slopes.c_in_before), dz

    start = LSTMState(jnp.zeros_like(first.h), jnp.zeros_like(first.c))
    steps = cotangent, known
    in_first, dz = lax.scan(step, start, steps, reverse=True)
    dz = dz.reshape(-1, len(b))
    # XLA takes 1.6 times as long for the transpose of this, which it is kept from by the barrier.
    in_K = lax.optimization_barrier(matmul(features.reshape(-1, K.shape[1]).T, dz)).T
    in_xs = matmul(dz, K[:, : xs.shape[2]]).reshape(xs.shape)
    return _Weights(in_K, dz.sum(axis=0)), in_xs, in_first


_run.defvjp(_run_and_keep, _backwards)


def _slopes_again(
    kept: _Kept, features: Float[Array, "steps n features"], is_left: bool
) -> tuple[Callable[[Any], _Slopes], Any]:
    """How slopes of a step come from what is known of it, and that of all steps."""
    placed = _placed(kept.weights, is_left)

    def slopes(of_step: Any) -> _Slopes:
        features, before, c = of_step
        columns = _gates(placed, _turned(features, is_left), is_left)
        return _slopes([_turned(gate, is_left) for gate in columns], before, lax.tanh(c))

    return slopes, (features, _before(kept.first.c, kept.states.c), kept.states.c)


def _slopes(gates: Sequence[Array], before: Array, cell: Array) -> _Slopes:
    """The slopes of a step, from its gates, the cell before and tanh of the cell after."""
    f, i, o, candidate = gates
    return _Slopes(
        f=before * (f * (1 - f)),
        i=candidate * (i * (1 - i)),
        o=cell * (o * (1 - o)),
        candidate=i * (1 - candidate * candidate),
        h_in_c=o * (1 - cell * cell),
        c_in_before=f,
    )


def _before(first: Float[Array, "n hidden"], states: Float[Array, "steps n hidden"]) -> Array:
    """What each step starts from."""
    return jnp.concatenate([first[None], states[:-1]])


def _is_left(h: Float[Array, "n hidden"], *, is_kept: bool) -> bool:
    """Whether weights stand on the left of products; what is kept then has to be turned."""
    # Measured on two cores in float32, n of 1 to 256 and hidden of 16 to 1,024: turning the six
    # slopes costs more than the better product gains until hidden is about 4 n.
    n, hidden = h.shape
    return n == 1 < hidden or hidden > max(4 * n if is_kept else n, _HIDDEN_IN_CACHE)


def _turned(x: Float[Array, "..."], is_left: bool) -> Float[Array, "..."]:
    """Rows as columns where the weights are on the left, and back."""
    return x.T if is_left else x


def _placed(weights: _Weights, is_left: bool) -> _Weights:
    """The weights as products take them."""
    K, b = weights
    # The barrier keeps XLA from turning the weights in every step.
    return weights if is_left else _Weights(lax.optimization_barrier(K.T), b)


def _gates(placed: _Weights, features: Float[Array, "..."], is_left: bool) -> list[Array]:
    """f, i, o and the candidate of each sequence at z = W x + U h + b.

    They are columns where the weights are on the left, or rows.
    """
    K, b = placed
    z = matmul(K, features) + b[:, None] if is_left else matmul(features, K) + b[None]
    f, i, o, candidate = jnp.split(z, 4, 0 if is_left else 1)
    return [lax.logistic(f), lax.logistic(i), lax.logistic(o), lax.tanh(candidate)]
