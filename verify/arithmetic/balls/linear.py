"""Rules of balls for matrices: products, triangular systems and factorisations."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from flint import arb, arb_mat, fmpq

from verify.arithmetic import reductions
from verify.arithmetic.balls.enclosure import ZERO
from verify.arithmetic.errors import Undecided


def dot_general(equation: Any) -> Callable[..., Any]:
    """By matrices of Arb: faster than a loop from two terms on, eight times at 8 x 8."""
    if equation.out_avals[0].dtype.kind in "iub":
        return reductions.RULES["dot_general"](equation)
    matrix_of_left, matrix_of_right = _Matrix(), _Matrix()

    def matrix_product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        product = matrix_of_left(left) * matrix_of_right(right).transpose()
        return array_of(product.entries(), (len(left), len(right)))

    return reductions.dot_general_by(equation, matrix_product)


class _Matrix:
    """An array as a matrix of Arb. The last is kept: weights are the same at every step."""

    def __init__(self) -> None:
        self._last: tuple[bytes, list[Any], Any] = b"", [], None

    def __call__(self, array: np.ndarray) -> Any:
        places = array.tobytes()  # of the entries in memory, where no others are while they live
        known, _, matrix = self._last
        if matrix is None or places != known:
            entries = array.ravel().tolist()
            rows, columns = array.shape
            matrix = arb_mat(rows, columns, entries)
            self._last = places, entries, matrix
        return matrix


def array_of(elements: Sequence[Any], shape: Sequence[int]) -> np.ndarray:
    """An array of these elements, in order."""
    array = np.empty(len(elements), object)
    array[:] = elements
    return array.reshape(shape)


def on_matrices(function: Callable[..., Any], *operands: np.ndarray) -> list[np.ndarray]:
    """A function of matrices with one or more results, over all leading axes."""
    batch = operands[0].shape[:-2]
    results = [function(*(x[place] for x in operands)) for place in np.ndindex(*batch)]
    stacked = []
    for parts in zip(*results, strict=True):
        whole = np.empty((len(parts), *parts[0].shape), object)
        for i, part in enumerate(parts):
            whole[i] = part
        stacked.append(whole.reshape((*batch, *parts[0].shape)))
    return stacked


def cholesky(equation: Any) -> Callable[..., Any]:
    """The lower triangular L with L transpose(L) = a, from the lower half of a."""
    return lambda a: on_matrices(lambda a: (_cholesky(a),), a)[0]


def _cholesky(a: np.ndarray) -> np.ndarray:
    size = len(a)
    lower = array_of([ZERO] * a.size, a.shape)
    for j in range(size):
        rest = a[j:, j] - (lower[j:, :j] @ lower[j, :j] if j else ZERO)
        lower[j, j] = rest[0].sqrt()
        lower[j + 1 :, j] = rest[1:] / lower[j, j]
    return lower


def triangular_solve(equation: Any) -> Callable[..., Any]:
    """The x with op(a) x = b, or x op(a) = b, for a triangular matrix a."""
    params = equation.params
    on_left, transposed = params["left_side"], params["transpose_a"]
    is_lower = params["lower"] ^ transposed ^ (not on_left)
    is_unit = params["unit_diagonal"]

    def solve(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray]:
        matrix = a if transposed ^ on_left else a.T
        x = substituted(matrix, b if on_left else b.T, is_lower=is_lower, is_unit=is_unit)
        return (x if on_left else x.T,)

    return lambda a, b: on_matrices(solve, a, b)[0]


def substituted(a: np.ndarray, b: np.ndarray, *, is_lower: bool, is_unit: bool) -> np.ndarray:
    """The x with a x = b for a triangular a, row by row."""
    x = b.copy()
    for i in range(len(a)) if is_lower else reversed(range(len(a))):
        known = slice(0, i) if is_lower else slice(i + 1, len(a))
        if known.start < known.stop:
            x[i] = x[i] - a[i, known] @ x[known]
        if not is_unit:
            x[i] = x[i] / a[i, i]
    return x


def lu(equation: Any) -> Callable[..., Any]:
    """L and U in one matrix, the rows exchanged at each step, and the permutation."""
    return lambda a: tuple(on_matrices(_lu, a))


def _lu(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, pivots = matrix.copy(), pivots_of(matrix)
    for k, pivot in enumerate(pivots):
        a[[k, pivot]] = a[[pivot, k]]
        _eliminate(a, k)
    return a, array_of(pivots, (len(pivots),)), permutation(pivots, len(a))


def _eliminate(a: np.ndarray, k: int) -> None:
    """One step of elimination in place: multipliers under the pivot, the rest reduced."""
    if a[k, k] == 0:
        return
    a[k + 1 :, k] = a[k + 1 :, k] / a[k, k]
    a[k + 1 :, k + 1 :] = a[k + 1 :, k + 1 :] - np.multiply.outer(a[k + 1 :, k], a[k, k + 1 :])


def pivots_of(matrix: np.ndarray) -> list[int]:
    """The row of each pivot: the first of the largest in its column.

    Equal candidates are told apart only by exact arithmetic, hence in exact matrices.
    """
    pivots = _pivots(matrix)
    if pivots is None and all(x.is_exact() and x.is_finite() for x in matrix.flat):
        pivots = _pivots(array_of([_rational(x) for x in matrix.flat], matrix.shape))
    if pivots is None:
        raise Undecided("the pivots of a matrix could not be decided")
    return pivots


def _pivots(matrix: np.ndarray) -> list[int] | None:
    a, pivots = matrix.copy(), []
    for k in range(min(a.shape)):
        pivot = _largest([abs(x) for x in a[k:, k]])
        if pivot is None:
            return None
        pivots.append(pivot + k)
        a[[k, pivot + k]] = a[[pivot + k, k]]
        _eliminate(a, k)
    return pivots


def _largest(sizes: Sequence[Any]) -> int | None:
    """The index of the first of the largest numbers; None where that is undecided."""
    best = 0
    for i, size in enumerate(sizes):
        best = i if size > sizes[best] else best
    is_first = all(size < sizes[best] for size in sizes[:best])
    return best if is_first and all(size <= sizes[best] for size in sizes[best + 1 :]) else None


def _rational(x: arb) -> fmpq:
    mantissa, exponent = x.man_exp()
    return fmpq(mantissa) * fmpq(2) ** int(exponent)


def permutation(pivots: Sequence[int], size: int) -> np.ndarray:
    """The permutation that exchanges row k with row pivots[k], for each k in turn."""
    rows = list(range(size))
    for k, pivot in enumerate(pivots):
        rows[k], rows[pivot] = rows[pivot], rows[k]
    return array_of(rows, (size,))


def lu_pivots_to_permutation(equation: Any) -> Callable[..., Any]:
    size = equation.params["permutation_size"]

    def apply(pivots: Any) -> np.ndarray:
        result = np.empty((*pivots.shape[:-1], size), object)
        for place in np.ndindex(pivots.shape[:-1]):
            result[place] = permutation(list(pivots[place]), size)
        return result

    return apply


RULES: dict[str, Any] = {
    "dot_general": dot_general,
    "cholesky": cholesky,
    "triangular_solve": triangular_solve,
    "lu": lu,
    "lu_pivots_to_permutation": lu_pivots_to_permutation,
}
