"""The scalar recurrence h_{t+1} = φ(w h_t), φ(z) = σ(z) - 1/2: gradients that vanish or explode."""

import jax
import jax.numpy as jnp

import verify as vf
from verify.functions import shifted_sigmoid, sigmoid
from verify.models import rnn, rnn_gradient

_STEPS = 6


def _slope(z):
    """φ'(z) = σ'(z)."""
    return sigmoid(z) * sigmoid(-z)


def _last(w, h):
    return rnn(w, h, steps=_STEPS)[-1]


def _states_and_gradients(w, h, steps=_STEPS):
    """h_0 … h_T, and ∇_w of each by differentiating the unrolled network."""
    run = lambda w: rnn(w, h, steps=steps)
    return run(w), jax.jacfwd(run)(w)


def _tanh_states_and_gradients(w, h, steps=_STEPS):
    """The same for h_{t+1} = tanh φ(w h_t)."""

    def run(w):
        states = [h]
        for _ in range(steps):
            states.append(jnp.tanh(shifted_sigmoid(w * states[-1])))
        return jnp.stack(states)

    return run(w), jax.jacfwd(run)(w)


def _equals_recursion(w, states, gradients):
    """∇_w h_{t+1} = σ'(z_{t+1})(h_t + w ∇_w h_t), at every t."""
    h, gradient = states[:-1], gradients[:-1]
    return vf.equal(gradients[1:], _slope(w * h) * (h + w * gradient))


@vf.claim(w=vf.reals(), h=vf.reals(), source="Notes A, 1a")
def the_gradient_follows_the_recursion(w, h):
    """∇_w h_{t+1} = σ'(z_{t+1})(h_t + w ∇_w h_t) with z_{t+1} = w h_t and h_0 independent of w."""
    return _equals_recursion(w, *_states_and_gradients(w, h))


@vf.claim(w=vf.reals(), h=vf.reals(), source="Notes A, 1a")
def the_recursion_computes_the_gradient_of_the_unrolled_network(w, h):
    """rnn_gradient from ∇_w h_0 = 0 is the gradient of every state in w."""
    return vf.equal(rnn_gradient(w, h, steps=_STEPS), _states_and_gradients(w, h)[1])


@vf.claim(w=vf.reals(), h=vf.reals(), holds=False, source="Notes A, 1a, first line")
def the_gradient_follows_the_recursion_with_a_tanh_around_it(w, h):
    """For h_{t+1} = tanh φ(z_{t+1}), ∇_w h_{t+1} = σ'(z_{t+1})(h_t + w ∇_w h_t)."""
    return _equals_recursion(w, *_tanh_states_and_gradients(w, h))


@vf.claim(w=vf.reals(), h=vf.reals(), source="Notes A, 1a")
def the_gradient_with_a_tanh_has_its_slope_as_a_factor(w, h):
    """For h_{t+1} = tanh φ(z_{t+1}), ∇_w h_{t+1} = (1 - h_{t+1}²) σ'(z_{t+1})(h_t + w ∇_w h_t)."""
    states, gradients = _tanh_states_and_gradients(w, h)
    h, gradient = states[:-1], gradients[:-1]
    return vf.equal(gradients[1:], (1 - states[1:] ** 2) * _slope(w * h) * (h + w * gradient))


@vf.claim(w=vf.reals(-5, 5), h=vf.reals(-5, 5), source="Notes A, 1a")
def the_recursion_solved_for_the_earlier_gradient(w, h):
    """∇_w h_t = (∇_w h_{t+1}/σ'(z_{t+1}) - h_t)/w for w ≠ 0."""
    states, gradients = _states_and_gradients(w, h)
    h, later = states[:-1], gradients[1:]
    return vf.implies(vf.less(0, w**2), vf.equal(gradients[:-1], (later / _slope(w * h) - h) / w))


@vf.claim(w=vf.reals(-5, 5), h=vf.reals(-5, 5), holds=False, source="Notes A, 1a, last line")
def the_recursion_solved_as_grouped_in_the_notes(w, h):
    """∇_w h_t = ((∇_w h_{t+1} - h_t)/σ'(z_{t+1}))/w for w ≠ 0."""
    states, gradients = _states_and_gradients(w, h)
    h, later = states[:-1], gradients[1:]
    return vf.implies(vf.less(0, w**2), vf.equal(gradients[:-1], (later - h) / _slope(w * h) / w))


@vf.claim(z=vf.reals(-100, 100), source="Notes A, 1a")
def phi_is_the_logistic_function_less_one_half(z):
    """φ(z) = σ(z) - 1/2 and φ' = σ'."""
    return vf.all_of(
        vf.equal(shifted_sigmoid(z), 1 / (1 + jnp.exp(-z)) - 0.5),
        vf.equal(vf.derivative(shifted_sigmoid, z), vf.derivative(jax.nn.sigmoid, z)),
        vf.equal(vf.derivative(shifted_sigmoid, z), _slope(z)),
    )


@vf.claim(source="Notes A, 1b")
def phi_at_zero_is_zero_with_slope_one_quarter():
    """φ(0) = 0 and φ'(0) = 1/4."""
    return vf.all_of(
        vf.equal(shifted_sigmoid(0.0), 0), vf.equal(vf.derivative(shifted_sigmoid, 0.0), 0.25)
    )


@vf.claim(w=vf.reals(), source="Notes A, 1b")
def the_state_zero_stays_zero(w):
    """h_0 = 0 gives h_t = 0 for all t."""
    return vf.equal(rnn(w, 0.0, steps=_STEPS), 0)


def _argument(w, h):
    """z_T = w h_{T-1}(w)."""
    return w * _last(w, h)


@vf.claim(w=vf.reals(), h=vf.reals(), holds=False, source="Notes A, 1b")
def the_gradient_of_the_argument_is_w_times_the_state(w, h):
    """∇_w z_{t+1} = w h_t."""
    return vf.equal(jax.grad(_argument)(w, h), w * _last(w, h))


@vf.claim(w=vf.reals(), h=vf.reals(), source="Notes A, 1b")
def the_gradient_of_the_argument_has_two_terms(w, h):
    """∇_w z_{t+1} = h_t + w ∇_w h_t."""
    return vf.equal(jax.grad(_argument)(w, h), _last(w, h) + w * jax.grad(_last)(w, h))


def _growth(w, h, steps=_STEPS):
    """∂h_T/∂h_0 for T = 0, 1, …, by differentiating the unrolled network."""
    return jax.jacfwd(lambda h: rnn(w, h, steps=steps))(h)


@vf.claim(w=vf.reals(), source="Notes A, 1b")
def the_gradient_along_zero_is_a_power(w):
    """∂h_{t+T}/∂h_t = (w/4)^T along h = 0, for T up to 6."""
    powers = jnp.stack([(w / 4) ** T for T in range(_STEPS + 1)])
    return vf.equal(_growth(w, jnp.zeros_like(w)), powers)


def _power_limit(w):
    """lim |w/4|^T as T → ∞."""
    return vf.limit(lambda T: jnp.abs(w / 4) ** T, jnp.inf, integers=True)


@vf.claim(w=vf.reals(-4, 4), source="Notes A, 1b")
def the_gradient_vanishes_under_four(w):
    """|w/4|^T → 0 as T → ∞ for |w| < 4."""
    return vf.implies(vf.less(jnp.abs(w), 4), vf.equal(_power_limit(w), 0))


@vf.claim(w=vf.reals(), source="Notes A, 1b")
def the_gradient_explodes_over_four(w):
    """|w/4|^T → ∞ as T → ∞ for |w| > 4."""
    return vf.implies(vf.less(4, jnp.abs(w)), vf.equal(_power_limit(w), jnp.inf))


@vf.claim(source="Notes A, 1b")
def the_gradient_keeps_its_size_at_four():
    """|w/4|^T = 1 for every T at w = 4 and w = -4, along h = 0."""
    return vf.all_of(
        *(vf.equal(_power_limit(w), 1) for w in (4.0, -4.0)),
        *(vf.equal(jnp.abs(_growth(w, 0.0)), 1) for w in (4.0, -4.0)),
    )


@vf.claim(w=vf.reals(), holds=False, source="Notes A, 1b, first box")
def the_gradient_vanishes_over_four(w):
    """(w/4)^T → 0 as T → ∞ for w > 4."""
    return vf.implies(vf.less(4, w), vf.equal(_power_limit(w), 0))


@vf.claim(w=vf.reals(0, 4), holds=False, source="Notes A, 1b, second box")
def the_gradient_explodes_under_four(w):
    """(w/4)^T → ∞ as T → ∞ for 0 < w < 4."""
    between = vf.all_of(vf.less(0, w), vf.less(w, 4))
    return vf.implies(between, vf.equal(_power_limit(w), jnp.inf))


@vf.claim(w=vf.reals(), holds=False, source="Notes A, 1b")
def four_over_w_under_one_needs_w_over_four(w):
    """4/w < 1 implies w > 4."""
    return vf.implies(vf.less(4 / w, 1), vf.less(4, w))


@vf.claim(w=vf.reals(), source="Notes A, 1b")
def four_over_w_under_one_needs_w_over_four_or_negative(w):
    """For w > 0, 4/w < 1 implies w > 4; for every w ≠ 0, |4/w| < 1 implies |w| > 4."""
    positive = vf.all_of(vf.less(0, w), vf.less(4 / w, 1))
    return vf.all_of(
        vf.implies(positive, vf.less(4, w)),
        vf.implies(vf.less(jnp.abs(4 / w), 1), vf.less(4, jnp.abs(w))),
    )


@vf.claim(w=vf.reals(), source="Notes A, 1b")
def the_gradient_in_w_is_zero_along_zero(w):
    """∇_w h_T = 0 along h = 0 for every w: the criterion of the notes compares zeros."""
    return vf.equal(_states_and_gradients(w, 0.0)[1], 0)


@vf.claim(w=vf.reals(), h=vf.reals(), holds=False, source="Notes A, 1b")
def over_four_every_state_is_repelling(w, h):
    """For w > 4 the slope w φ'(w h) is over 1 at every h."""
    return vf.implies(vf.less(4, w), vf.less(1, w * _slope(w * h)))


@vf.claim(w=vf.reals(), source="Notes A, 1b")
def over_four_the_state_zero_is_repelling(w):
    """For w > 4 the slope w φ'(w h) is over 1 at h = 0."""
    return vf.implies(vf.less(4, w), vf.less(1, w * _slope(w * 0.0)))


@vf.claim(w=vf.reals(-4, 4), h=vf.reals(), source="Notes A, 1b")
def up_to_four_no_state_is_repelling(w, h):
    """For |w| ≤ 4, |w φ'(w h)| ≤ 1 at every h."""
    return vf.at_most(jnp.abs(w * _slope(w * h)), 1)


def _weight(h):
    """The w that has h as a fixed point: h = φ(w h) = tanh(w h/2)/2 solved for w."""
    return 2 * jnp.arctanh(2 * h) / h


@vf.claim(h=vf.reals(0, 0.5), source="Notes A, 1b")
def a_fixed_point_besides_zero_needs_w_over_four(h):
    """h = φ(w h) at ±h, 0 < h < 1/2, for w = 2 artanh(2h)/h > 4, with the slope in (0, 1)."""
    w = _weight(h)
    slope = w * _slope(w * h)
    inside = vf.all_of(vf.less(0, h), vf.less(h, 0.5))
    fixed = [vf.equal(shifted_sigmoid(w * s * h), s * h) for s in (1, -1)]
    return vf.implies(
        inside, vf.all_of(*fixed, vf.less(4, w), vf.less(0, slope), vf.less(slope, 1))
    )


@vf.claim(h=vf.reals(0.001, 0.499), source="Notes A, 1b")
def the_weight_of_a_fixed_point_grows_with_it(h):
    """w = 2 artanh(2h)/h has w' > 0: no w > 4 has two fixed points over zero."""
    return vf.less(0, vf.derivative(_weight, h))


@vf.claim(source="Notes A, 1b")
def every_w_over_four_has_a_fixed_point_over_zero():
    """w = 2 artanh(2h)/h tends to 4 as h → 0 and to ∞ as h → 1/2."""
    return vf.all_of(
        vf.equal(vf.limit(_weight, 0.0, side="above"), 4),
        vf.equal(vf.limit(_weight, 0.5, side="below"), jnp.inf),
    )


@vf.claim(source="Notes A, 1b")
def the_fixed_points_at_w_five():
    """At w = 5, h* = 0.355206 and w φ'(w h*) = 0.619144 to six decimals."""
    low, high = vf.constant("0.3552058"), vf.constant("0.355206")
    slope = lambda h: 5 * _slope(5 * h)
    return vf.all_of(
        vf.less(low, shifted_sigmoid(5 * low)),
        vf.less(shifted_sigmoid(5 * high), high),
        vf.less(slope(low), vf.constant("0.6191445")),
        vf.less(vf.constant("0.6191435"), slope(high)),
    )


def _between(low, value, high):
    """A decimal, a value, a decimal, in order."""
    return vf.all_of(vf.less(vf.constant(low), value), vf.less(value, vf.constant(high)))


@vf.claim(source="Notes A, 1b, at T = 100")
def a_hundred_steps_along_zero():
    """(w/4)^100 is 7.9e-31 at w = 2, 0.0795 at 3.9, 11.8 at 4.1 and 4.07e17 at 6."""
    growth = lambda w: _growth(jnp.asarray(vf.constant(w)), 0.0, 100)[-1]
    return vf.all_of(
        _between("7.85e-31", growth("2"), "7.95e-31"),
        _between("0.07945", growth("3.9"), "0.07955"),
        _between("11.75", growth("4.1"), "11.85"),
        _between("4.065e17", growth("6"), "4.075e17"),
    )


@vf.claim(source="Notes A, 1b, at T = 100")
def a_hundred_steps_off_zero_vanish_where_those_along_zero_explode():
    """At w = 6 and T = 100, |∂h_T/∂h_0| < 1e-30 from h_0 = 0.01."""
    growth = _growth(6.0, jnp.asarray(vf.constant("0.01")), 100)
    return vf.less(jnp.abs(growth[-1]), vf.constant("1e-30"))
