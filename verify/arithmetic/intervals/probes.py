"""Points at which a device's functions are looked at: where approximations break or cancel."""

import math

import numpy as np

_STEPS = 2.0 ** -np.arange(1.0, 53.0)  # how near to a place
_EXTREMES = (2.0**-1022, 2.0**-1000, 1e300, 1.7976931348623157e308)


def magnitudes(lowest: int = -1021, highest: int = 1023) -> np.ndarray:
    """Numbers of every size from 2^lowest on, of both signs."""
    exponents = np.arange(lowest, highest + 1, 2)
    sizes = np.ldexp(np.random.default_rng(5).uniform(1.0, 2.0, exponents.size), exponents)
    sizes = np.concatenate([sizes, 2.0 ** np.arange(-52, 53), _EXTREMES])
    return np.concatenate([-sizes, sizes, [0.0]])


def between(low: float, high: float, count: int = 300) -> np.ndarray:
    """Numbers spread over a range, at no round places."""
    return np.random.default_rng(7).uniform(low, high, count)


def near(*places: float) -> np.ndarray:
    """Places, and numbers on both sides of them, ever nearer."""
    steps = np.concatenate([_STEPS, -_STEPS, [0.0]])
    return np.concatenate([place + max(1.0, abs(place)) * steps for place in places])


def near_turns(most: int = 200) -> np.ndarray:
    """The floats nearest to multiples of pi/2, where sine or cosine cancels; huge ones too."""
    multiples = np.arange(1, most) * (math.pi / 2)
    nearest = math.ldexp(6381956970095103.0, 797)  # to such a multiple of all float64s
    return np.concatenate([multiples, -multiples, np.ldexp(multiples, 40), [nearest]])


_EVERYWHERE = (magnitudes(), between(-1.0, 1.0), between(-40.0, 40.0))
_ENDS = near(1.0, -1.0, 0.5, -0.5)
_GAMMA = (magnitudes(), between(0.0, 4.0), between(4.0, 200.0), near(1.0, 2.0, 1.4616321449683623))

_PLACES: dict[str, tuple[np.ndarray, ...]] = {
    "exp": (between(-746.0, -700.0), between(700.0, 710.0), near(709.782712893384)),
    "exp2": (between(-1075.0, -1000.0), between(1000.0, 1024.0), near(1024.0)),
    "expm1": (between(700.0, 710.0), near(0.5, -0.5, math.log(2), 709.782712893384)),
    "log": (near(1.0, math.sqrt(0.5), math.sqrt(2.0)),),
    "log1p": (between(-1.0, -0.25), near(-1.0, math.sqrt(0.5) - 1, math.sqrt(2.0) - 1, -0.4142)),
    "tanh": (near(20.0, 9.0, 0.625, 4e-4),),
    "logistic": (between(-746.0, -700.0), near(37.0, -37.0)),
    "sinh": (between(700.0, 711.0), near(1.0, 0.5)),
    "cosh": (between(700.0, 711.0),),
    "acosh": (between(1.0, 3.0), near(1.0)),
    "atanh": (_ENDS,),
    "asin": (_ENDS,),
    "acos": (_ENDS,),
    "atan": (near(1.0, 2.414213562373095, 0.66),),
    "erf": (between(-7.0, 7.0), near(1.0, 0.84375, 2.857)),
    "erfc": (between(0.5, 28.0), near(1.0, 0.84375, 2.857)),
    "erf_inv": (_ENDS, near(0.9966)),
    "bessel_i0e": (near(8.0),),
    "bessel_i1e": (near(8.0),),
    "sin": (near_turns(),),
    "cos": (near_turns(),),
    "lgamma": _GAMMA,
    "digamma": _GAMMA,
}


def points(name: str, domain: tuple[float, float]) -> np.ndarray:
    """The points for a function of one argument, inside its domain."""
    found = np.unique(np.concatenate((*_EVERYWHERE, *_PLACES.get(name, ()))))
    return found[(found > domain[0]) & (found < domain[1])]


def powers() -> tuple[np.ndarray, np.ndarray]:
    """Bases and exponents whose powers are of every size."""
    base = np.concatenate([magnitudes(), near(1.0), between(0.0, 9.0)])
    base = base[base > 0]
    share = np.random.default_rng(11).uniform(-1.0, 1.0, base.size)
    return base, share * np.minimum(709.0 / np.maximum(abs(np.log(base)), 2.0**-60), 2.0**60)


def pairs() -> tuple[np.ndarray, np.ndarray]:
    """Numbers of every size with others whose quotients and remainders are no subnormals."""
    first = magnitudes(-300, 600)
    second = np.random.default_rng(13).permutation(magnitudes(-300, 300))
    kept = min(first.size, second.size)
    first, second = first[:kept], second[:kept]
    sound = (second != 0) & (abs(first) < 1e200) & (abs(second) > 1e-100) & (abs(second) < 1e200)
    return first[sound], second[sound]
