"""Medians of interleaved times, their spread, and how far a ratio of two can be trusted."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import f as f_distribution
from scipy.stats import t as t_distribution

RESAMPLES = 2_000
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
    """A deviation of logarithms of ratios between processes, and its degrees of freedom."""

    deviation: float
    freedom: int


def scatter(heats: Iterable[Iterable[Sequence[float]]]) -> Scatter:
    """Of ratios that were each found in several processes, about their own means.

    Args:
        heats: for each, the ratios of its contestants, which have one time in common: they
            scatter together, so that a heat has the degrees of freedom of one of them.
    """
    squares, terms, freedom = 0.0, 0, 0
    for heat in heats:
        logs = [np.log(found) for found in heat]
        squares += sum(float(np.sum((x - x.mean()) ** 2)) for x in logs)
        terms += sum(len(x) - 1 for x in logs)
        freedom += max((len(x) - 1 for x in logs), default=0)
    return Scatter(math.sqrt(squares / terms) if terms else 0.0, freedom)


def ratio_of_processes(found: Sequence[float], others: Scatter) -> Ratio:
    """A ratio found in several processes, and where that of as many others is expected.

    Args:
        found: the ratio in each process, two or more.
        others: of all ratios that were found in these processes.

    Returns:
        The geometric mean, and Student's interval of 99 % for the mean of as many further
        processes. That of two or three processes alone would be very wide, so that all ratios
        are taken to scatter alike, unless an F-test at 1 % says that this one scatters more.

    Raises:
        ValueError: there are fewer than two.
    """
    if len(found) < 2:
        raise ValueError(f"ratio_of_processes needs two ratios or more, got {len(found)}.")
    own, freedom = scatter([[found]]), max(others.freedom, 1)
    most = others.deviation * math.sqrt(f_distribution.ppf(1 - OUTSIDE, own.freedom, freedom))
    deviation, freedom = (
        own if own.deviation > most else (max(own.deviation, others.deviation), freedom)
    )
    middle = float(np.mean(np.log(found)))
    reach = (
        float(t_distribution.ppf(1 - OUTSIDE / 2, freedom)) * deviation * math.sqrt(2 / len(found))
    )
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
