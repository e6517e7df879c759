"""Every float of a domain, and every combination of them, is an input exactly once."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import verify as vf
from verify.checks.accuracy.enumeration import Grid
from verify.claims.domain import Integers, Interval

HALVES = pytest.mark.parametrize("dtype", [np.float16, jnp.bfloat16])
every_half = st.sampled_from([np.float16, jnp.bfloat16])
ends = st.floats(allow_nan=False) | st.sampled_from([0.0, 1.0, -1.0, 65504.0, 6e-8, 1 + 2.0**-11])


def every_input(grid):
    blocks = [grid.inputs(block) for block in range(grid.blocks)]
    assert all(len(side) == grid.count(b) for b, block in enumerate(blocks) for side in block)
    assert all(0 < len(block[0]) <= grid.block_size for block in blocks)
    return tuple(np.concatenate(sides) for sides in zip(*blocks, strict=True))


def found_by_trying(domain, dtype):
    """The bit patterns of finite floats whose values are in a domain, -0 before 0."""
    patterns = np.arange(2**16, dtype=np.uint16)
    largest = np.array(jnp.finfo(dtype).max).view(np.uint16)
    patterns = patterns[(patterns & 0x7FFF) <= largest]
    x = patterns.view(dtype).astype(np.float64)
    if getattr(domain, "is_open", False):
        inside = (domain.low < x) & (x < domain.high)
    else:
        inside = (domain.low <= x) & (x <= domain.high)
    inside &= ~((x == 0) & np.signbit(x)) | (domain.low < 0)
    if isinstance(domain, Integers):
        inside &= x == np.round(x)
    order = np.lexsort((patterns < 2**15, x))
    return patterns[order][inside[order]]


def bits(x):
    return x.view(f"u{x.dtype.itemsize}")


@given(low=ends, high=ends, is_open=st.booleans(), dtype=every_half)
@example(low=-1.0, high=1.0, is_open=True, dtype=np.float16)
@example(low=-1e-60, high=1.0, is_open=False, dtype=np.float16)  # -0 is the only negative one
@example(low=-1.0, high=0.0, is_open=False, dtype=jnp.bfloat16)
@example(low=0.0, high=1.0, is_open=False, dtype=np.float16)
@example(low=-math.inf, high=math.inf, is_open=False, dtype=jnp.bfloat16)
@example(low=1e300, high=1e301, is_open=False, dtype=np.float16)  # stepped there for hours
@example(low=-70000.0, high=65520.0, is_open=True, dtype=np.float16)
def test_the_floats_of_an_interval_are_all_that_it_contains(low, high, is_open, dtype):
    domain = Interval(min(low, high), max(low, high), is_open)
    floats = domain.every_float(dtype)
    assert np.array_equal(bits(floats.between(0, floats.size)), found_by_trying(domain, dtype))


whole = st.integers(-(2**53), 2**53) | st.integers(-3000, 3000)


@given(low=whole, high=whole, dtype=every_half)
@example(low=-3, high=3, dtype=jnp.bfloat16)
@example(low=257, high=257, dtype=jnp.bfloat16)  # is no float
@example(low=0, high=2**53, dtype=np.float16)
@example(low=1024, high=1024, dtype=np.float16)
def test_the_floats_of_whole_numbers_are_all_that_are_whole(low, high, dtype):
    domain = vf.integers(min(low, high), max(low, high))
    floats = domain.every_float(dtype)
    assert np.array_equal(bits(floats.between(0, floats.size)), found_by_trying(domain, dtype))


@pytest.mark.parametrize(
    ("domain", "dtype", "count"),
    [
        (vf.reals(), np.float32, 2 * 255 * 2**23),  # an exponent of 256 is for infinity and NaN
        (vf.reals(), np.float64, 2 * 2047 * 2**52),
        (vf.positives(), np.float32, 255 * 2**23 - 1),
        (vf.reals(1.0, 2.0), np.float64, 2**52 + 1),
        (vf.reals(1.0, 1.0), np.float32, 1),
        (vf.integers(0, 2**25), np.float32, 2**24 + 2**23 + 1),
    ],
)
def test_wide_floats_are_counted_and_in_order_everywhere(domain, dtype, count):
    floats = domain.every_float(dtype)
    assert floats.size == count
    for start in {0, count // 3, max(count // 2 - 8, 0), max(count - 16, 0)}:
        block = floats.between(start, min(start + 16, count))
        assert block.dtype == dtype
        assert all(domain.contains(x) for x in block)
        assert np.all(np.diff(block.astype(np.longdouble)) >= 0)
        assert len(set(bits(block).tolist())) == min(16, count)


@HALVES
@given(start=st.integers(0, 70000), length=st.integers(0, 70000))
@example(start=31743, length=2)  # both zeros of float16
def test_a_part_of_the_floats_is_a_slice_of_them_all(dtype, start, length):
    floats = vf.reals().every_float(dtype)
    part, whole = floats.between(start, start + length), floats.between(0, floats.size)
    assert np.array_equal(bits(part), bits(whole[start : start + length]))


@HALVES
@pytest.mark.parametrize("size", [1, 7, 4096, 2**20])
def test_blocks_hold_each_float_once_and_in_order(dtype, size):
    domain = vf.reals(-0.01, 0.01)
    (x,) = every_input(Grid({"x": domain}, dtype, size))
    assert np.array_equal(bits(x), found_by_trying(domain, dtype))


@pytest.mark.parametrize("size", [1, 10, 97, 4096, 2**20])
def test_blocks_hold_each_pair_once(size):
    grid = Grid({"x": vf.reals(1.0, 1.05), "n": vf.integers(-3, 40)}, np.float16, size)
    x, n = every_input(grid)
    pairs = set(zip(bits(x).tolist(), bits(n).tolist(), strict=True))
    assert len(x) == len(pairs) == grid.size == 52 * 45


def test_all_pairs_of_a_16_bit_type_are_within_reach():
    grid = Grid({"x": vf.reals(), "y": vf.reals()}, jnp.bfloat16)
    assert grid.size == 65280**2
    assert sum(grid.count(block) for block in range(grid.blocks)) == grid.size
    x, y = grid.inputs(grid.blocks - 1)
    assert float(x[-1]) == float(y[-1]) == float(jnp.finfo(jnp.bfloat16).max)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32", "float64"])
def test_the_nearest_float_is_one_of_the_dtype(dtype):
    floats = vf.reals(-2.0, 1.0).every_float(dtype)
    near = floats.nearest(np.array([-3.0, -1.0000001, 0.3, 2.0]))
    assert near.dtype == jnp.dtype(dtype)  # of bfloat16 it was float32
    wanted = np.array([-2.0, -1.0000001, 0.3, 1.0]).astype(jnp.dtype(dtype))
    assert np.array_equal(bits(near), bits(wanted))


@pytest.mark.parametrize(
    ("domains", "dtype", "error", "message"),
    [
        ({}, "float32", ValueError, "measure needs a variable, got none"),
        ({"x": vf.reals(1 + 1e-9, 1 + 2e-9)}, "float32", ValueError,
         r"measure needs a domain with floats of float32 in it, got x in Interval\(low=1.00000"),
        ({"n": vf.integers(257, 257)}, "bfloat16", ValueError, "got n in Integers"),
        ({"x": vf.reals(shape=2)}, "float16", ValueError,
         r"needs scalar variables to try every input, got x of shape \(2,\); sample"),
        ({"p": vf.simplex(3)}, "float16", ValueError, r"got p of shape \(3,\)"),
        ({"x": vf.reals()}, "float64", ValueError,
         r"at most 2\^32 inputs to try them all, got 18,437,736,874,454,810,624; narrow"),
        ({"x": vf.reals(), "y": vf.probabilities()}, "float32", ValueError, "got 4,5"),
        ({"x": vf.reals()}, "int32", TypeError, "measure needs a dtype of bfloat16, .*got int32"),
        ({"x": vf.reals()}, "complex64", TypeError, "got complex64"),
    ],
)  # fmt: skip
def test_what_cannot_be_enumerated_is_refused(domains, dtype, error, message):
    with pytest.raises(error, match=message):
        Grid(domains, dtype)
