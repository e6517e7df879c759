"""Programs of vectors and matrices that move, choose, order and add up whole numbers."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

AT, TWICE = np.array([0, 2, 2, -1]), np.array([1, 1, 0])

OF_VECTORS = {
    "reverse": lambda x: x[::-1],
    "every other": lambda x: x[1::2],
    "roll": lambda x: jnp.roll(x, 2),
    "pad": lambda x: lax.pad(x, 7.0, [(2, -1, 1)]),
    "pad by edges": lambda x: jnp.pad(x, 2, mode="reflect"),
    "repeat": lambda x: jnp.repeat(x, 2),
    "tile": lambda x: jnp.tile(x, 2),
    "stack": lambda x: jnp.stack([x, 2 * x], 1),
    "unstack": lambda x: lax.unstack(x.reshape(2, 3), axis=1),
    "split": lambda x: jnp.split(x, 3),
    "iota": lambda x: x * jnp.arange(6.0),
    "take": lambda x: x[AT],
    "take outside, clipped": lambda x: jnp.take(x, AT + 4, mode="clip"),
    "take outside, filled": lambda x: x.at[np.array([1, 9])].get(mode="fill", fill_value=5),
    "take pairs": lambda x: x.reshape(2, 3)[np.array([0, 1, 1]), np.array([2, 0, 0])],
    "take by the argument": lambda x: x[jnp.argmax(x)],
    "take windows": lambda x: jax.vmap(lambda i: lax.dynamic_slice(x, (i,), (2,)))(AT),
    "take along": lambda x: jnp.take_along_axis(x, jnp.argsort(x), 0),
    "dynamic slice past the end": lambda x: lax.dynamic_slice(x, (5,), (3,)),
    "dynamic update": lambda x: lax.dynamic_update_slice(x, x[:2] * 2, (jnp.argmin(x),)),
    "set": lambda x: x.at[AT].set(x[:4]),
    "set outside": lambda x: x.at[np.array([1, 9])].set(x[:2]),
    "add repeatedly": lambda x: x.at[TWICE].add(x[:3]),
    "subtract": lambda x: x.at[TWICE].subtract(x[:3]),
    "multiply": lambda x: x.at[TWICE].multiply(x[:3]),
    "greater": lambda x: x.at[TWICE].max(x[:3]),
    "lesser": lambda x: x.at[TWICE].min(x[:3]),
    "apply": lambda x: x.at[2].apply(jnp.square),
    "sum by segment": lambda x: jax.ops.segment_sum(x, np.array([0, 0, 2, 1, 2, 2]), 3),
    "sort": jnp.sort,
    "sort downwards": lambda x: jnp.sort(x, descending=True),
    "argsort": jnp.argsort,
    "sort by two keys": lambda x: lax.sort((x, -x[::-1], jnp.arange(6)), num_keys=2),
    "top": lambda x: lax.top_k(x, 3),
    "median": jnp.median,
    "argmax": jnp.argmax,
    "argmin": jnp.argmin,
    "cumulated sum": jnp.cumsum,
    "cumulated sum backwards": lambda x: lax.cumsum(x, reverse=True),
    "cumulated product": jnp.cumprod,
    "cumulated maximum": lax.cummax,
    "cumulated minimum": lax.cummin,
    "any fold": lambda x: lax.reduce(x, 1.0, lambda a, b: 2 * a + b, (0,)),
    "sums in windows": lambda x: lax.reduce_window(x, 0.0, lax.add, (3,), (2,), [(1, 2)]),
    "maxima in windows": lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (2,), (2,), "VALID"),
    "dilated windows": lambda x: lax.reduce_window(
        x, 0.0, lax.add, (2,), (1,), [(0, 0)], base_dilation=(2,), window_dilation=(3,)
    ),
    "any fold in windows": lambda x: lax.reduce_window(
        x, 1.0, lambda a, b: a * b + 1, (2,), (2,), "VALID"
    ),
    "slope of pooling": jax.grad(
        lambda x: (lax.reduce_window(x, -jnp.inf, lax.max, (3,), (1,), "VALID") * x[:4]).sum()
    ),
    "associative scan": lambda x: lax.associative_scan(jnp.add, x),
    "switch": lambda x: lax.switch(jnp.argmax(x), [jnp.sum, jnp.prod, jnp.max] * 2, x),
    "select": lambda x: jnp.select([x > 1, x > -1], [x, x * x], 9.0),
    "piecewise": lambda x: jnp.piecewise(x, [x < 0, x >= 2], [lambda t: -t, lambda t: t * t]),
    "search": lambda x: jnp.searchsorted(jnp.sort(x), 0.5),
    "count": lambda x: (x > 0).sum() + jnp.count_nonzero(x),
    "all and any": lambda x: (jnp.all(x > 0), jnp.any(x > 2), jnp.logical_xor(x > 0, x > 1)),
    "sign by bits": jnp.signbit,
    "parts of a float": lambda x: jnp.frexp(x + 0.75),
    "maximum's slope": lambda x: jax.grad(jnp.max)(x) > 0,
    "greater one's slope": jax.grad(lambda x: jnp.maximum(x[:3], x[3:]).sum()),
    "insert": lambda x: jnp.insert(x, 2, 8.0),
    "loop": lambda x: lax.fori_loop(0, 4, lambda i, c: c * 2 - x[i], x),
    "batch of loops": jax.vmap(
        lambda t: lax.while_loop(lambda c: c < 5, lambda c: c + jnp.abs(t) + 1, t)
    ),
}  # fmt: skip

OF_MATRICES = {
    "transpose": jnp.transpose,
    "rotate": jnp.rot90,
    "diagonal": lambda x: jnp.diagonal(x[:, :3]),
    "trace": jnp.trace,
    "lower triangle": jnp.tril,
    "row sums": lambda x: x.sum(1),
    "products": lambda x: x.prod((0, 1)),
    "column maxima": lambda x: x.max(0),
    "column minima's slope": lambda x: jax.grad(lambda x: x.min(0).sum())(x) > 0,
    "argmax of rows": lambda x: jnp.argmax(x, 1),
    "sort columns": lambda x: jnp.sort(x, 0),
    "argsort rows": lambda x: jnp.argsort(x, 1),
    "top of columns": lambda x: lax.top_k(x.T, 2),
    "product": lambda x: x @ x.T,
    "product with a vector": lambda x: x @ x[0],
    "batch of products": lambda x: jnp.einsum("ij,kj->ik", x, x) + jnp.vdot(x, x),
    "einsum": lambda x: jnp.einsum("ij,ik,il->jkl", x, x, x),
    "row by index": lambda x: x[np.array([2, 0, 2])],
    "block by index": lambda x: x[1:, np.array([0, 3])],
    "set a row": lambda x: x.at[1].set(x[0] * 2),
    "set an element of a factor": lambda x: x.at[1, 2].set(x[0, 3]) @ x.T,
    "add to columns": lambda x: x.at[:, np.array([0, 0, 1])].add(1.0),
    "batched take": lambda x: jnp.take_along_axis(x, np.array([[0], [2], [1]]), 1),
    "slope of a batched take": jax.grad(
        lambda x: jnp.take_along_axis(x * x, np.array([[0], [2], [1]]), 1).sum()
    ),
    "sums in windows": lambda x: lax.reduce_window(x, 0.0, lax.add, (2, 2), (1, 2), "SAME"),
    "slope of pooling": jax.grad(
        lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (2, 2), (1, 1), "VALID").sum()
    ),
    "map": lambda x: lax.map(jnp.sum, x),
    "scan": lambda x: lax.scan(lambda c, row: (c + row, c * row), x[0], x),
}  # fmt: skip
