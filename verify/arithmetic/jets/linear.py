"""Rules of jets for matrices. What is written with operators alone is that of balls."""

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb

from verify.arithmetic.balls import linear as balls
from verify.arithmetic.errors import Undecided
from verify.arithmetic.jets.elementary import of, sqrt
from verify.arithmetic.jets.ordering import absolute, lt
from verify.arithmetic.jets.series import ZERO, Jet


def has_jets(array: np.ndarray) -> bool:
    return any(isinstance(element, Jet) for element in array.flat)


def cholesky(equation: Any) -> Callable[..., Any]:
    """The lower triangular L with L transpose(L) = a, from the lower half of a."""
    return lambda a: balls.on_matrices(lambda m: (_cholesky(m),), a)[0]


def _cholesky(a: np.ndarray) -> np.ndarray:
    lower = np.full(a.shape, ZERO, object)
    for j in range(len(a)):
        rest = a[j:, j] - (lower[j:, :j] @ lower[j, :j] if j else ZERO)
        lower[j, j] = of(sqrt, arb.sqrt, rest[0])
        lower[j + 1 :, j] = rest[1:] / lower[j, j]
    return lower


def lu(equation: Any) -> Callable[..., Any]:
    """L and U in one matrix, the rows exchanged at each step, and the permutation."""
    of_balls = balls.lu(equation)
    return lambda a: tuple(balls.on_matrices(_lu, a)) if has_jets(a) else of_balls(a)


def _lu(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, size = matrix.copy(), min(matrix.shape)
    pivots = np.empty(size, object)
    for k in range(size):
        pivots[k] = k + _largest(a[k:, k])
        a[[k, pivots[k]]] = a[[pivots[k], k]]
        _eliminate(a, k)
    return a, pivots, balls.permutation(list(pivots), len(a))


def _eliminate(a: np.ndarray, k: int) -> None:
    """One step of elimination in place: multipliers under the pivot, the rest reduced."""
    pivot = a[k, k]
    if isinstance(pivot, arb) and pivot.is_zero():
        return
    a[k + 1 :, k] = a[k + 1 :, k] / pivot
    a[k + 1 :, k + 1 :] = a[k + 1 :, k + 1 :] - np.multiply.outer(a[k + 1 :, k], a[k, k + 1 :])


def _largest(column: np.ndarray) -> int:
    """The index of the first of the largest in size."""
    sizes, best = [of(absolute, abs, x) for x in column], 0
    for i in range(1, len(sizes)):
        is_larger = lt(sizes[best], sizes[i])
        if is_larger is None:
            raise Undecided("the pivots of a matrix could not be decided")
        best = i if is_larger else best
    return best


RULES: dict[str, Any] = {
    "cholesky": cholesky,
    "lu": lu,
    "triangular_solve": balls.triangular_solve,
    "lu_pivots_to_permutation": balls.lu_pivots_to_permutation,
}
