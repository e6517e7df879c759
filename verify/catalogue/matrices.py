"""What several files say of matrices of the plane: factors, inverses and roots in closed form."""

import jax.numpy as jnp

import verify as vf

# A lower triangle: the logarithms of its diagonal and the entry under it.
TRIANGLE = vf.reals(-2, 2, shape=(3,))


def lower(triangle):
    """[[exp a, 0], [c, exp b]] for (a, b, c): every one gives another positive definite LLᵀ."""
    a, b, c = triangle
    return jnp.stack([jnp.stack([jnp.exp(a), jnp.zeros_like(a)]), jnp.stack([c, jnp.exp(b)])])


def positive(triangle):
    """L Lᵀ for that L, entry by entry."""
    a, b, c = triangle
    rows = [jnp.exp(2 * a), jnp.exp(a) * c], [jnp.exp(a) * c, c**2 + jnp.exp(2 * b)]
    return jnp.stack([jnp.stack(row) for row in rows])


def square(factor):
    """A Aᵀ: positive definite where A is invertible."""
    return factor @ factor.T


def determinant(matrix):
    """ad - bc."""
    (a, b), (c, d) = matrix
    return a * d - b * c


def inverse(matrix):
    """(tr A I - A)/det A, by the theorem of Cayley and Hamilton."""
    return (jnp.trace(matrix) * jnp.eye(2) - matrix) / determinant(matrix)


def root(matrix):
    """(A + √det A I)/√(tr A + 2√det A): its square is A, by the same theorem."""
    geometric = jnp.sqrt(determinant(matrix))
    return (matrix + geometric * jnp.eye(2)) / jnp.sqrt(jnp.trace(matrix) + 2 * geometric)


def rotation(angle):
    """[[cos, -sin], [sin, cos]]."""
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    return jnp.stack([jnp.stack([cos, -sin]), jnp.stack([sin, cos])])
