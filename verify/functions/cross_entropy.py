"""What predictions of yes or no lose."""

from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions import wide
from verify.functions.arguments import PROBABILITY, REAL, floats
from verify.functions.elementary import bound, exponential, is_tiny, logarithm
from verify.functions.kernel import kernel
from verify.functions.logistic import sigmoid_slope
from verify.functions.pairs import Scaled

Floats: TypeAlias = Float[Array, "..."]


def binary_cross_entropy(
    logits: Real[ArrayLike, "..."], targets: Real[ArrayLike, "..."]
) -> Float[Array, "..."]:
    """-y log σ(x) - (1 - y) log(1 - σ(x)), of logits x and targets y; σ(x) = 1/(1 + exp(-x)).

    Args:
        logits: dimensionless, any real number.
        targets: the probability of a yes, in [0, 1]: 0 and 1 for labels.

    Returns:
        Nats, non-negative, elementwise; the mean over points is the loss. At infinite logits
        0 where the target is the same and infinity elsewhere.

    Raises:
        TypeError: an argument is not real.
        ValueError: a target is not in [0, 1] (NaN where it is traced), or shapes do not broadcast.

    Accuracy: within 0.54 ulps in float32, the largest seen of 300,000 random inputs (claim
        binary_cross_entropy_is_accurate). The slope in x is within 0.82 ulps for labels and away
        from its zero at σ(x) = y; next to it the error is under 2⁻³⁵ of σ(x) (claims
        the_slopes_of_binary_cross_entropy_are_accurate, and …_away_from_their_zero).
    Gradient: σ(x) - y in x, -x in y.
    Source: Good (1952), "Rational decisions".

    Example:
        >>> float(binary_cross_entropy(-1000.0, 0.5))
        500.0
    """
    logits, targets = floats(
        "binary_cross_entropy", logits=(logits, REAL), targets=(targets, PROBABILITY)
    )
    return _loss(logits, targets)


def _loss_in_the_reals(x: Floats, y: Floats) -> Floats:
    sides = (1 - y) * jnp.maximum(x, 0) + y * jnp.maximum(-x, 0)
    return sides + jnp.log1p(jnp.exp(-jnp.abs(x)))


@kernel(_loss_in_the_reals, lambda x, y: _slope(x, y), lambda x, y: -x)
def _loss(x: Floats, y: Floats) -> Floats:
    """w |x| + log(1 + t), t = exp(-|x|), where w = 1 - y for positive x, and y for others."""
    weight, t = _other_side(x, y), _decay(x)
    whole = wide.pair(wide.plus(t, wide.number(1.0, x)))
    rest = wide.normal(wide.of_pair(logarithm(whole, wide.pair(t))))
    rest = wide.where(is_tiny(wide.nearest(t)), t, rest)
    inside = wide.nearest(wide.plus(wide.times(weight, wide.of(jnp.abs(x))), rest))
    ends = jnp.where(wide.nearest(weight) == 0, 0, jnp.inf)
    return jnp.where(jnp.isinf(x) & (y == y), ends, inside)


@kernel(
    lambda x, y: jax.lax.logistic(x) - y,
    lambda x, y: sigmoid_slope(x),
    lambda x, y: -jnp.ones_like(y),
)
def _slope(x: Floats, y: Floats) -> Floats:
    """w - t/(1 + t) for positive x, and t/(1 + t) - w for others."""
    t = _decay(x)
    share = wide.over(t, wide.plus(t, wide.number(1.0, x)))
    size = wide.nearest(wide.minus(_other_side(x, y), share))
    return jnp.where(x > 0, size, -size)


def _other_side(x: Floats, y: Floats) -> Scaled:
    """The weight of the logarithm that grows with |x|."""
    target = wide.of(y)
    return wide.where(x > 0, wide.normal(wide.minus(wide.number(1.0, x), target)), target)


def _decay(x: Floats) -> Scaled:
    """exp(-|x|)."""
    return exponential(-jnp.minimum(jnp.abs(x), bound(x)))
