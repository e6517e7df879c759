"""How far a float is from an exact number, for tests whose oracle is mpmath."""

import jax.numpy as jnp
import numpy as np
from mpmath import mp, mpf

mp.dps = 50


def exact(x):
    """A float as the real number that it is."""
    return mpf(float(x))


def ulps(got, wanted):
    """The distance of a float from an exact number, in ulps of that number.

    Numbers under the smallest normal are compared as if flushed to zero, and a number over
    the largest float is infinity.
    """
    info = jnp.finfo(got.dtype)
    wanted = mpf(wanted)
    size = abs(wanted)
    if size > mpf(float(info.max)):
        return 0.0 if np.isinf(float(got)) and (float(got) > 0) == (wanted > 0) else np.inf
    if size < mpf(float(info.tiny)):
        return 0.0 if abs(float(got)) <= float(info.tiny) else np.inf
    ulp = mpf(2) ** (int(mp.floor(mp.log(size, 2))) - info.nmant)
    return float(abs(exact(got) - wanted) / ulp)
