"""Formulas as textbooks write them, each wrong in floats somewhere; a line for each step."""

import jax
import jax.numpy as jnp


def softplus(x):
    grown = jnp.exp(x)
    return jnp.log(1 + grown)


def variance(x):
    square_of_mean = jnp.mean(x) ** 2
    mean_of_squares = jnp.mean(x**2)
    return mean_of_squares - square_of_mean


def log_slope_of_tanh(x):
    t = jnp.tanh(x)
    slope = 1 - t**2
    return jnp.log(slope)


def gelu(x):
    inner = jnp.sqrt(2 / jnp.pi) * (x + 0.044715 * x**3)
    twice_the_share = 1 + jnp.tanh(inner)
    return 0.5 * x * twice_the_share


def excess(d):
    grown = jnp.exp(d)
    return (grown - d) - 1


def minimax(h):
    p = jax.nn.sigmoid(h)
    return jnp.log(1 - p)


def gaussian_kl(mu, sigma):
    quadratic = mu**2 + sigma**2 - 1
    return quadratic / 2 - jnp.log(sigma)


def xlogy(x, y):
    product = x * jnp.log(y)
    return jnp.where(x == 0, 0.0, product)


def norm(x):
    squared = jnp.sum(x**2)
    return jnp.sqrt(squared)


def log_sum_exp(x):
    grown = jnp.exp(x)
    return jnp.log(jnp.sum(grown))


def orbit(x):
    """Thirty steps of the logistic map, which doubles errors at each."""

    def step(x, _):
        left = 1 - x
        return 3.9 * x * left, x

    return jax.lax.scan(step, x, length=30)[0]


def quotient_of_differences(x):
    step = 1e-3
    rise = jnp.sin(x + step) - jnp.sin(x)
    return rise / step


def switched_softplus(x):
    grown = jnp.exp(x)
    return jnp.where(x < 20, jnp.log(1 + grown), x)


def guarded_root(x):
    root = jnp.sqrt(x)
    return jnp.where(x > 0, root, 0.0)
