"""Backpropagation through the time of an LSTM, derived by hand."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.hyperbolic import tanh, tanh_slope
from verify.functions.logistic import sigmoid_slope
from verify.models.lstm import LSTMGates, following, gates_at, preactivations
from verify.models.lstm_arguments import LSTMParameters, LSTMState, fitting, need_steps
from verify.models.products import einsum
from verify.models.sizes import Sized


class LSTMGradient(NamedTuple):
    """The gradient of Σ_t cotangent_t · h_t, in all that the states depend on."""

    parameters: LSTMParameters
    xs: Float[Array, "steps inputs"]
    state: LSTMState


class _Step(NamedTuple):
    """What the way back needs of a step: the state before it, z, and the cell after it."""

    before: LSTMState
    z: Float[Array, "4 hidden"]
    c: Float[Array, " hidden"]


def lstm_gradient(
    parameters: LSTMParameters,
    xs: Real[ArrayLike, "steps inputs"],
    cotangent: Real[ArrayLike, "steps hidden"],
    state: LSTMState | None = None,
) -> LSTMGradient:
    """∇ Σ_t cotangent_t · h_t by δz_t = (δc c, δc candidate, δh tanh(c'), δc i) ∘ slopes.

    Backwards over the steps, with δh the cotangent of h' and δc that of c':

        δc = δc' + δh o tanh'(c')
        δz = (δc c σ'(z_f), δc candidate σ'(z_i), δh tanh(c') σ'(z_o), δc i tanh'(z_candidate))

    hands δc f to the cell before, and U^T δz to the hidden state before. Then ∇W = Σ δz x^T,
    ∇U = Σ δz h^T, ∇b = Σ δz and ∇x = W^T δz.

    Args:
        parameters, xs, state: as for lstm.
        cotangent: of each hidden state h_1, …, h_T: ∂loss/∂h_t for the gradient of a loss.

    Returns:
        The gradient in the parameters, in xs and in the first state.

    Raises:
        TypeError, ValueError: as for lstm.

    Source: Werbos (1990), "Backpropagation through time".

    Example:
        >>> ones = LSTMParameters(jnp.ones((4, 2, 3)), jnp.ones((4, 2, 2)), jnp.ones((4, 2)))
        >>> lstm_gradient(ones, jnp.ones((5, 3)), jnp.zeros((5, 2))).parameters.b.shape
        (4, 2)
    """
    given = {"xs": Sized(xs, "steps inputs"), "cotangent": Sized(cotangent, "steps hidden")}
    weights, first, inputs, direct = fitting("lstm_gradient", parameters, state, **given)
    need_steps("lstm_gradient", inputs)
    steps = _forwards(weights, inputs, first)
    in_first, dz = _backwards(weights, steps, direct)
    times = lambda values: einsum("tkn,tm->knm", dz, values)
    in_parameters = LSTMParameters(times(inputs), times(steps.before.h), dz.sum(axis=0))
    in_xs = einsum("knm,tkn->tm", weights.W, dz)
    return LSTMGradient(in_parameters, in_xs, in_first)


def _forwards(
    parameters: LSTMParameters, xs: Float[Array, "steps inputs"], state: LSTMState
) -> _Step:
    """The steps, stacked."""

    def step(state: LSTMState, x: Float[Array, " inputs"]) -> tuple[LSTMState, _Step]:
        z = preactivations(parameters, state.h, x)
        new = following(state, gates_at(z))
        return new, _Step(state, z, new.c)

    return jax.lax.scan(step, state, xs)[1]


def _backwards(
    parameters: LSTMParameters, steps: _Step, cotangent: Float[Array, "steps hidden"]
) -> tuple[LSTMState, Float[Array, "steps 4 hidden"]]:
    """The cotangents of the first state, and of every z."""

    def step(later: LSTMState, inputs: tuple[_Step, Float[Array, " hidden"]]):
        at, direct = inputs
        gates = gates_at(at.z)
        dh = later.h + direct
        dc = later.c + dh * gates.o * tanh_slope(at.c)
        dz = _gate_cotangents(at, gates, dh, dc)
        earlier = einsum("knm,kn->m", parameters.U, dz)
        return LSTMState(earlier, dc * gates.f), dz

    zero = jnp.zeros_like(parameters.b[0])
    return jax.lax.scan(step, LSTMState(zero, zero), (steps, cotangent), reverse=True)


def _gate_cotangents(
    at: _Step, gates: LSTMGates, dh: Float[Array, " hidden"], dc: Float[Array, " hidden"]
) -> Float[Array, "4 hidden"]:
    """δz of a step."""
    through = jnp.stack([dc * at.before.c, dc * gates.candidate, dh * tanh(at.c), dc * gates.i])
    slopes = jnp.concatenate([sigmoid_slope(at.z[:3]), tanh_slope(at.z[3:])])
    return through * slopes
