"""Losses of adversarial players for play: of any generator and any critic."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Real

from verify.functions.arguments import NON_NEGATIVE
from verify.functions.critic import critic_loss, gradient_penalty
from verify.functions.discriminator import discriminator_loss, non_saturating_loss
from verify.models.critic import input_gradients, mlp_critic
from verify.models.data import Labelled
from verify.models.game import Players
from verify.models.gan import Projection, projection_logit
from verify.models.layers import Layer
from verify.models.mlp import initial_mlp, mlp
from verify.models.sizes import Sized, record, sized, whole

Generate: TypeAlias = Callable[[Any, Array, Any], Array]  # parameters, a key and a batch
Discriminator: TypeAlias = Callable[[Any, Array, Any], Array]  # parameters, points and their batch


class ConditionalCritic(NamedTuple):
    """D(x, y) = yᵀ(A φ(x) + b) + ψ(φ(x)).

    Attributes:
        features: φ, a network whose outputs go through its activation once more.
        projection: A and b.
        rest: ψ, a network of one output that knows no label.
    """

    features: Sequence[Layer]
    projection: Projection
    rest: Sequence[Layer]


def gan_losses(
    generate: Generate,
    discriminate: Discriminator,
    *,
    generator_loss: Callable[[Array], Array] = non_saturating_loss,
) -> Players:
    """L_G = E l(D(G)), L_D = -E log σ(D(x)) - E log(1 - σ(D(G))).

    Args:
        generate: G, from parameters, a key and a batch to as many points as the batch has.
        discriminate: D, from parameters, points and their batch to a logit a point.
        generator_loss: l of logits: minimax_loss, non_saturating_loss, reverse_kl_loss.

    Returns:
        Losses for play, in nats; a batch is points, or Labelled points.

    Source: Goodfellow et al. (2014).

    Example:
        >>> losses = gan_losses(mlp_generator(2), mlp_discriminator)
        >>> flat = [Layer(jnp.zeros((1, 2)), jnp.zeros(1))]
        >>> both = Players(initial_mlp(jax.random.key(0), [2, 8, 2]), flat)
        >>> round(float(losses.critic(both, jax.random.key(1), jnp.zeros((4, 2)))), 6)
        1.386294
    """

    def generator(both: Players, key: Array, batch: Any) -> Array:
        made = generate(both.generator, key, batch)
        return jnp.mean(generator_loss(discriminate(both.critic, made, batch)))

    def critic(both: Players, key: Array, batch: Any) -> Array:
        made = generate(both.generator, key, batch)
        judged = [discriminate(both.critic, x, batch) for x in (points_of(batch), made)]
        return discriminator_loss(*judged)

    return Players(generator, critic)


def wasserstein_losses(
    generate: Generate,
    discriminate: Discriminator,
    *,
    penalty: Real[ArrayLike, ""] = 0.0,
    one_sided: bool = False,
) -> Players:
    """L_G = -E D(G), L_D = E D(G) - E D(x) + λ E(‖∇D(u x + (1 - u) G)‖ - 1)², u uniform.

    Args:
        generate, discriminate: G and D, as for gan_losses; D gives a value a point.
        penalty: λ, not negative. Where it is 0 no gradient is taken; then project, by
            clip_weights, or a network of spectral_normalised layers bounds the slope.
        one_sided: whether only slopes over 1 cost.

    Returns:
        Losses for play, in the unit of D.

    Raises:
        TypeError: penalty is not real.
        ValueError: penalty is negative (NaN where it is traced) or no single number.

    Source: Arjovsky, Chintala and Bottou (2017); the penalty, Gulrajani et al. (2017).

    Example:
        >>> losses = wasserstein_losses(mlp_generator(2), mlp_discriminator, penalty=10.0)
        >>> flat = [Layer(jnp.zeros((1, 2)), jnp.zeros(1))]
        >>> both = Players(initial_mlp(jax.random.key(0), [2, 8, 2]), flat)
        >>> float(losses.critic(both, jax.random.key(1), jnp.zeros((4, 2))))
        10.0
    """
    (weight,) = sized("wasserstein_losses", {"penalty": Sized(penalty, "", NON_NEGATIVE)})
    is_free = isinstance(penalty, int | float) and penalty == 0

    def generator(both: Players, key: Array, batch: Any) -> Array:
        made = generate(both.generator, key, batch)
        return -jnp.mean(discriminate(both.critic, made, batch))

    def critic(both: Players, key: Array, batch: Any) -> Array:
        made_key, place_key = jax.random.split(key)
        x, made = points_of(batch), generate(both.generator, made_key, batch)
        value = critic_loss(*(discriminate(both.critic, points, batch) for points in (x, made)))
        if is_free:
            return value
        share = jax.random.uniform(place_key, (len(x), 1), x.dtype)
        between = share * x + (1 - share) * made
        slopes = input_gradients(lambda points: discriminate(both.critic, points, batch), between)
        return value + weight.astype(x.dtype) * gradient_penalty(slopes, one_sided=one_sided)

    return Players(generator, critic)


def mlp_generator(latent: int, *, activation: Callable[[Array], Array] = jax.nn.relu) -> Generate:
    """G = mlp(parameters, z), z ~ N(0, I), one a point of the batch.

    Labelled batches go in as well: then the network takes z and the label one-hot, as many as
    its first layer has inputs left.

    Args:
        latent: dimensions of z, at least 1.
        activation: of hidden layers, elementwise.

    Raises:
        TypeError: latent is no integer.
        ValueError: latent is not positive.

    Example:
        >>> network = initial_mlp(jax.random.key(0), [2, 8, 3])
        >>> mlp_generator(2)(network, jax.random.key(1), jnp.zeros((5, 3))).shape
        (5, 3)
    """
    latent = whole("mlp_generator", "latent", latent, least=1)

    def generate(layers: Sequence[Layer], key: Array, batch: Any) -> Array:
        points, dtype = points_of(batch), layers[0].weights.dtype
        z = jax.random.normal(key, (len(points), latent), dtype)
        if isinstance(batch, Labelled):
            labels = jax.nn.one_hot(batch.labels, layers[0].weights.shape[1] - latent, dtype=dtype)
            z = jnp.concatenate([z, labels], axis=-1)
        return mlp(layers, z, activation=activation)

    return generate


def mlp_discriminator(layers: Sequence[Layer], points: Array, batch: Any) -> Float[Array, " n"]:
    """D = mlp_critic(parameters, x), for any batch.

    Args:
        layers: the parameters.
        points: x.
        batch: is not looked at.
    """
    return mlp_critic(layers, points)


def initial_conditional_critic(
    key: Array, sizes: Sequence[int], *, labels: int
) -> ConditionalCritic:
    """φ by initial_mlp, A ~ N(0, 1/features), b = 0, ψ by initial_mlp of one layer.

    Args:
        key: of JAX's random numbers.
        sizes: of the points, each hidden layer and the features φ.
        labels: how many there are, at least 1.

    Raises:
        TypeError: sizes is no sequence of integers, or labels no integer.
        ValueError: a size or labels is out of range.

    Example:
        >>> critic = initial_conditional_critic(jax.random.key(0), [2, 16], labels=3)
        >>> critic.projection.weights.shape
        (3, 16)
    """
    labels = whole("initial_conditional_critic", "labels", labels, least=1)
    *keys, projection_key = jax.random.split(key, 3)
    features = initial_mlp(keys[0], sizes)
    ((weights, bias),) = initial_mlp(projection_key, [sizes[-1], labels], gain=1.0)
    return ConditionalCritic(
        features, Projection(weights, bias), initial_mlp(keys[1], [sizes[-1], 1])
    )


def projection_discriminator(
    critic: ConditionalCritic, points: Real[Array, "n inputs"], batch: Labelled
) -> Float[Array, " n"]:
    """yᵀ(A φ(x) + b) + ψ(φ(x)), φ and ψ with rectifiers.

    Args:
        critic: the parameters.
        points: x, in the order of the batch.
        batch: has the label y of each.

    Returns:
        A logit a point.

    Raises:
        TypeError: critic is no ConditionalCritic or batch not Labelled.
        ValueError: shapes do not go together.

    Source: Miyato and Koyama (2018), "cGANs with projection discriminator".

    Example:
        >>> critic = initial_conditional_critic(jax.random.key(0), [2, 16], labels=3)
        >>> batch = Labelled(jnp.zeros((5, 2)), jnp.zeros(5, int))
        >>> projection_discriminator(critic, batch.points, batch).shape
        (5,)
    """
    record("projection_discriminator", "critic", critic, ConditionalCritic)
    record("projection_discriminator", "batch", batch, Labelled)
    features = jax.nn.relu(mlp(critic.features, points))
    known = len(critic.projection.bias)
    labels = jax.nn.one_hot(batch.labels, known, dtype=features.dtype)
    return projection_logit(critic.projection, labels, features) + mlp_critic(critic.rest, features)


def points_of(batch: Any) -> Array:
    """The points of a batch, with or without labels."""
    return batch.points if isinstance(batch, Labelled) else jnp.asarray(batch)
