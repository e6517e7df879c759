"""What several files say of categorical distributions."""

import jax.numpy as jnp


def jsd(p, q):
    """KL(p ‖ m)/2 + KL(q ‖ m)/2, m = (p + q)/2."""
    m = (p + q) / 2
    return jnp.sum(p * jnp.log(p / m) + q * jnp.log(q / m)) / 2
