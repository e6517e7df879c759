"""Products of matrices as exact as the dtype allows.

By default accelerators round the factors of a product in float32 to eight or eleven bits.
"""

import functools

import jax.numpy as jnp
from jax import lax

matmul = functools.partial(jnp.matmul, precision=lax.Precision.HIGHEST)
einsum = functools.partial(jnp.einsum, precision=lax.Precision.HIGHEST)
