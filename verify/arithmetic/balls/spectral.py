"""Rules of balls for orthogonal factorisations: QR, symmetric eigenvalues, singular values.

Eigenvectors and singular vectors are unique up to sign only for simple eigenvalues. Theirs
are given with a positive largest entry; those of others are unknown.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from flint import acb_mat, arb, arb_mat

from verify.arithmetic.balls.enclosure import ZERO
from verify.arithmetic.balls.linear import array_of, on_matrices
from verify.arithmetic.errors import UnsupportedPrimitive


def eigh(equation: Any) -> Callable[..., Any]:
    """Eigenvectors (columns) and ascending eigenvalues of a symmetric matrix."""
    is_lower = equation.params["lower"]

    def apply(a: np.ndarray) -> Any:
        vectors, values = on_matrices(lambda a: eigensystem(_symmetric(a, is_lower)), a)
        return vectors, values

    return apply


def _symmetric(a: np.ndarray, is_lower: bool) -> np.ndarray:
    """The symmetric matrix of which one triangle is given."""
    rows, columns = np.indices(a.shape)
    is_given = rows >= columns if is_lower else rows <= columns
    return np.where(is_given, a, a.T)


def eigensystem(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvectors and ascending eigenvalues of a symmetric matrix."""
    size = len(a)
    matrix = acb_mat(size, size, a.ravel().tolist())
    try:
        values, right = matrix.eig(right=True)
    except ValueError:  # eigenvalues that are not simple, or not told apart
        return array_of([arb.nan()] * a.size, a.shape), _clustered(matrix)
    columns = np.array(right.tolist(), object).reshape(size, size).T
    pairs = [(value.real, _unit(column)) for value, column in zip(values, columns, strict=True)]
    pairs.sort(key=lambda pair: float(pair[0].mid()))
    vectors = np.stack([vector for _, vector in pairs], 1)
    return vectors, array_of([value for value, _ in pairs], (size,))


def _clustered(matrix: acb_mat) -> np.ndarray:
    """Ascending eigenvalues of a symmetric matrix, equal ones included.

    In a basis of approximate eigenvectors, discs that overlap hold as many eigenvalues as
    they are (Gershgorin).
    """
    clusters: list[list[arb]] = []
    for disc in sorted(_discs(matrix), key=lambda disc: float(disc.mid())):
        cluster = [disc]
        while clusters and any(disc.overlaps(other) for disc in cluster for other in clusters[-1]):
            cluster += clusters.pop()
        clusters.append(cluster)
    hulls = [functools.reduce(arb.union, c) for c in clusters for _ in c]
    return array_of(hulls, (len(hulls),))


def _discs(matrix: acb_mat) -> list[arb]:
    size = matrix.nrows()
    _, right = matrix.eig(right=True, algorithm="approx")
    basis = arb_mat(size, size, [entry.real.mid() for entry in right.entries()])
    real = arb_mat(size, size, [entry.real for entry in matrix.entries()])
    turned = basis.solve(real * basis, nonstop=True).tolist()
    sums = [
        sum((abs(x) for j, x in enumerate(row) if j != i), ZERO) for i, row in enumerate(turned)
    ]
    return [row[i] + arb(0, 1) * sums[i].upper() for i, row in enumerate(turned)]


def _unit(column: np.ndarray) -> np.ndarray:
    """A complex multiple of a real vector, as that vector of length 1."""
    largest = max(column, key=lambda entry: float(abs(entry).mid()))
    real = array_of([(entry / largest).real for entry in column], column.shape)
    return real / _length(real)


def svd(equation: Any) -> Callable[..., Any]:
    """Descending singular values and, where asked for, both sides' vectors."""
    is_full, with_vectors = equation.params["full_matrices"], equation.params["compute_uv"]
    if equation.params.get("subset_by_index") is not None:
        raise UnsupportedPrimitive("svd", equation.system.name, equation.where)

    def factors(a: np.ndarray) -> tuple[np.ndarray, ...]:
        if a.shape[0] < a.shape[1]:
            values, left, right = _tall(a.T, is_full)
            return values, right.T, left.T
        return _tall(a, is_full)

    def apply(a: np.ndarray) -> Any:
        results = on_matrices(factors, a)
        return tuple(results) if with_vectors else results[0]

    return apply


def _tall(a: np.ndarray, is_full: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Singular values, left vectors as columns, right ones as rows, of no fewer rows."""
    vectors, squares = eigensystem(a.T @ a)
    vectors, squares = vectors[:, ::-1], squares[::-1]
    values = array_of([square.sqrt() for square in squares], squares.shape)
    left = a @ vectors / values
    missing = len(a) - left.shape[1] if is_full else 0
    unknown = array_of([arb.nan()] * (len(a) * missing), (len(a), missing))
    return values, np.concatenate([left, unknown], 1), vectors.T


def qr(equation: Any) -> Callable[..., Any]:
    """Q and R by Householder's reflections, with the signs that LAPACK gives."""
    if equation.params["pivoting"]:
        raise UnsupportedPrimitive("qr", equation.system.name, equation.where)
    is_full = equation.params["full_matrices"]

    def factors(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        q, r = _householder(a)
        size = len(a) if is_full else min(a.shape)
        return q[:, :size], r[:size]

    return lambda a: tuple(on_matrices(factors, a))


def _householder(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r, rows = a.copy(), len(a)
    q = array_of([arb(int(i == j)) for i in range(rows) for j in range(rows)], (rows, rows))
    for k in range(min(a.shape)):
        column = r[k:, k].copy()
        if all(entry.is_zero() for entry in column[1:]):
            continue
        corner = -_sign(column[0]) * _length(column)
        column[0] = column[0] - corner
        scaled = 2 * column / (column @ column)
        r[k:, k:] = r[k:, k:] - np.multiply.outer(scaled, column @ r[k:, k:])
        q[:, k:] = q[:, k:] - np.multiply.outer(q[:, k:] @ column, scaled)
        r[k, k], r[k + 1 :, k] = corner, ZERO
    return q, r


def _length(vector: np.ndarray) -> arb:
    return sum((x * x for x in vector), ZERO).sqrt()


def _sign(x: arb) -> arb:
    """One with the sign of x, that of 0 positive; unknown where undecided."""
    if x >= ZERO:
        return arb(1)
    return arb(-1) if x < ZERO else arb.nan()


RULES: dict[str, Any] = {"eigh": eigh, "svd": svd, "qr": qr}
