"""Poles: every number system of reals says of the same points that there is no value."""

import jax
import numpy as np
import pytest
from flint import arb
from jax import lax

from verify.arithmetic import jaxprs
from verify.arithmetic.balls.system import BALLS
from verify.arithmetic.definedness import DEFINEDNESS, Undefined
from verify.arithmetic.intervals.monotone import FUNCTIONS
from verify.arithmetic.intervals.system import INTERVALS
from verify.arithmetic.intervals.values import point

POLES = [(name, pole) for name, f in FUNCTIONS.items() for pole in getattr(f, "poles", ())]


@pytest.mark.parametrize(("name", "pole"), POLES)
def test_no_system_has_a_value_at_a_pole(name, pole):
    """erf_inv was infinite at ±1 for balls, where log, log1p and atanh had no value."""
    program, _ = jaxprs.trace(getattr(lax, name), jaxprs.float64())
    (ball,) = BALLS.compile(program)(arb(pole))
    assert ball.is_nan()
    (careful,) = DEFINEDNESS.compile(program)(arb(pole))
    assert isinstance(careful, Undefined)
    with jaxprs.x64():
        read = INTERVALS.compile(program)
        (interval,) = jax.jit(lambda x: read(point(x)))(np.float64(pole))
    assert np.isnan(interval.low)
