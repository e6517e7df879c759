"""Medians of interleaved times, their spread, and how far a ratio of two can be trusted."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import digamma, polygamma
from scipy.stats import t as student

RESAMPLES = 2_000
_LEAST = 1e-4  # of a variance: processes whose ratios agree better than to 1 % do so by chance
_FEWEST = 1e-3  # half as many degrees of freedom: ψ' is a million there
OUTSIDE = 0.01  # share of resamples, or of other runs, outside an interval


class Times(NamedTuple):
    """Seconds a run: the median, the quartiles and the number of rounds."""

    median: float
    lower: float
    upper: float
    rounds: int


class Ratio(NamedTuple):
    """A ratio of times, and where that of another run is expected."""

    value: float
    low: float
    high: float


def times(seconds: Sequence[float]) -> Times:
    """The median and the quartiles.

    Raises:
        ValueError: there are no times.
    """
    if not len(seconds):
        raise ValueError("times needs one round or more, got none.")
    lower, median, upper = np.quantile(np.asarray(seconds), [0.25, 0.5, 0.75])
    return Times(float(median), float(lower), float(upper), len(seconds))


def ratio(over: Sequence[float], under: Sequence[float], *, seed: int = 0) -> Ratio:
    """median(over)/median(under), of rounds in which both ran one after the other.

    Args:
        over, under: seconds, round by round.
        seed: of the resamples.

    Returns:
        The ratio and an interval: 99 % of resamples, of blocks of neighbouring rounds since
        other load on a machine comes and goes slower than rounds do, and wider by √2 because
        the ratio of another run, which it is to hold, scatters as much as this one.

    Raises:
        ValueError: the rounds differ in number, or there are none.
    """
    if len(over) != len(under) or not len(over):
        raise ValueError(f"ratio needs as many rounds of both, got {len(over)} and {len(under)}.")
    pairs = np.stack([over, under]).astype(float)
    middle = _log_ratio(pairs)
    rows = _blocks(pairs.shape[1], np.random.default_rng(seed))
    drawn = _log_ratio(pairs[:, rows].transpose(1, 0, 2))
    low, high = np.quantile(drawn, [OUTSIDE / 2, 1 - OUTSIDE / 2])
    widened = [middle + math.sqrt(2) * (end - middle) for end in (low, high)]
    return Ratio(*(math.exp(x) for x in (middle, min(widened[0], middle), max(widened[1], middle))))


class Scatter(NamedTuple):
    """What is known of how ratios scatter from process to process before one is looked at.

    Attributes:
        variance: typical of logarithms of ratios.
        freedom: how many degrees of freedom that knowledge is worth: few where ratios differ in
            how much they scatter.
    """

    variance: float
    freedom: float


def scatter(heats: Sequence[Sequence[Sequence[float]]]) -> Scatter:
    """Of ratios that were each found in several processes.

    The variances are taken to be drawn from a scaled inverse χ² distribution, whose two numbers
    come from the mean and the variance of their logarithms (G. K. Smyth, Linear models and
    empirical Bayes methods, Statistical Applications in Genetics and Molecular Biology 3, 2004).

    Args:
        heats: for each, the ratios of its contestants. They have one time in common and scatter
            together, so that no more is known than of one ratio a heat.
    """
    found = [(float(np.var(np.log(x), ddof=1)), len(x) - 1) for h in heats for x in h if len(x) > 1]
    if not found:
        return Scatter(0.0, 0.0)
    most = float(sum(max((len(x) - 1 for x in heat), default=0) for heat in heats))
    variances, freedoms = np.array(found).T
    logs = np.log(np.maximum(variances, _LEAST)) - digamma(freedoms / 2) + np.log(freedoms / 2)
    excess = float(np.var(logs, ddof=min(len(logs) - 1, 1)) - np.mean(polygamma(1, freedoms / 2)))
    freedom = 2 * _inverse_trigamma(excess, most / 2)
    typical = float(np.mean(logs)) + float(digamma(freedom / 2)) - math.log(freedom / 2)
    return Scatter(math.exp(typical), freedom)


def _inverse_trigamma(value: float, most: float) -> float:
    """The x at which ψ'(x) is a value; where that is more than most, most."""
    over = lambda x: float(polygamma(1, x)) - value
    return most if over(most) >= 0 else brentq(over, _FEWEST, most)


def ratio_of_processes(found: Sequence[float], others: Scatter) -> Ratio:
    """A ratio found in several processes, and where that of as many others is expected.

    Args:
        found: the ratio in each process, two or more.
        others: of all ratios that were found in these processes.

    Returns:
        The geometric mean, and Student's interval of 99 % for the mean of as many further
        processes. The variance is this ratio's own and that of others, each with the weight of
        its degrees of freedom: that of two or three processes alone says little.

    Raises:
        ValueError: there are fewer than two.
    """
    if len(found) < 2:
        raise ValueError(f"ratio_of_processes needs two ratios or more, got {len(found)}.")
    logs = np.log(found)
    freedom = len(found) - 1 + others.freedom
    variance = (
        float(np.sum((logs - logs.mean()) ** 2)) + others.freedom * others.variance
    ) / freedom
    reach = float(student.ppf(1 - OUTSIDE / 2, freedom)) * math.sqrt(variance * 2 / len(found))
    middle = float(logs.mean())
    return Ratio(*(math.exp(x) for x in (middle, middle - reach, middle + reach)))


def _log_ratio(pairs: np.ndarray) -> np.ndarray:
    over, under = np.moveaxis(np.median(pairs, axis=-1), -1, 0)
    return np.log(over / under)


def _blocks(rounds: int, rng: np.random.Generator) -> np.ndarray:
    """Rounds of each resample: blocks of about √rounds neighbours, around the end as well."""
    length = max(round(math.sqrt(rounds)), 1)
    starts = rng.integers(0, rounds, (RESAMPLES, -(-rounds // length), 1))
    return ((starts + np.arange(length)) % rounds).reshape(RESAMPLES, -1)[:, :rounds]


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """The slope of log value in log size by least squares: value ~ size^slope.

    Raises:
        ValueError: there are fewer than two sizes.
    """
    if len(set(sizes)) < 2:
        raise ValueError(f"exponent needs two sizes or more, got {len(set(sizes))}.")
    return float(np.polyfit(np.log(sizes), np.log(values), 1)[0])
