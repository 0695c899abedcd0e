"""The paired bootstrap: articles drawn with replacement, the same draws for every model and metric.

Values from the same draws are subtracted draw by draw, which gives the interval of a difference between two models
rather than two separate intervals (Efron and Tibshirani 1993, chapter 8).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

#: Enough that an interval's ends move by less than a tenth of its width from seed to seed.
DRAWS = 2000
LEVEL = 0.95
#: With fewer articles an interval may be too narrow to rely on (see `interval`), so tables grey such rows.
MIN_FOR_INTERVAL = 60
_AT_ONCE = 2**24  # counts in memory, 134 MB as float64


@dataclass(frozen=True)
class Interval:
    """A confidence interval: low ≤ high."""

    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Return True if all values are on one side of zero."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Resamples:
    """`draws` bootstrap samples of n articles; equal seeds give equal samples."""

    n: int
    draws: int = DRAWS
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ValueError("no articles to draw from: expected at least one")

    def counts(self) -> Iterator[np.ndarray]:
        """Yield the number of times each article was drawn, float64 [some draws, n], in blocks of draws."""
        is_small = self.n * self.draws <= _AT_ONCE
        for counts in _recent_counts(self) if is_small else _counts(self):
            yield counts.astype(np.float64)

    def means(self, values: np.ndarray) -> np.ndarray:
        """Return the mean over the articles of each draw: values [n] → [draws], [n, m] → [draws, m]."""
        return np.concatenate([counts @ values for counts in self.counts()]) / self.n

    def medians(self, values: np.ndarray) -> np.ndarray:
        """Return the median over the articles of each draw: values [n] → [draws]."""
        order = np.argsort(values, kind="stable")
        middle = ((self.n + 1) // 2, self.n // 2 + 1)  # the same one if n is odd
        parts = []
        for counts in self.counts():
            passed = counts[:, order].cumsum(axis=1)
            parts.append(np.mean([values[order[(passed >= place).argmax(axis=1)]] for place in middle], axis=0))
        return np.concatenate(parts)


def _counts(resamples: Resamples) -> Iterator[np.ndarray]:
    generator = np.random.default_rng(resamples.seed)
    n, at_once = resamples.n, max(1, _AT_ONCE // resamples.n)
    for start in range(0, resamples.draws, at_once):
        rows = min(at_once, resamples.draws - start)
        drawn = generator.integers(n, size=(rows, n)) + np.arange(rows)[:, None] * n
        yield np.bincount(drawn.ravel(), minlength=rows * n).reshape(rows, n).astype(np.uint16)


@lru_cache(maxsize=4)  # a page has dozens of intervals over the same articles; 33 MB each at most
def _recent_counts(resamples: Resamples) -> tuple[np.ndarray, ...]:
    return tuple(_counts(resamples))


def interval(drawn: np.ndarray, n: int, level: float = LEVEL) -> Interval:
    """Return the percentile interval of draws [B] over n articles, widened for small n.

    Plain percentiles are too narrow by √((n − 1) / n) and because they use the normal's quantile instead of t's. The
    cut-off shares correct both (Hesterberg 2015, "What Teachers Should Know About the Bootstrap", section 5.3.2).

    Simulated coverage (`python -m benchmarks statistics`, 1,000 trials): for reciprocal ranks 0.86 at 12 articles, 0.92
    at 25, 0.94 from 40 on. For a difference of two models that rank most articles alike, as few articles carry it: 0.52
    at 12, 0.75 at 25, 0.87 at 40, 0.91 at 60, 0.93 from 100 on. A bootstrap-t is no better there (0.53, 0.74, 0.84,
    0.88, 0.91), so it is not used, and tables grey rows of fewer than MIN_FOR_INTERVAL. One article has no spread.
    """
    low, high = bands(drawn[:, None], n, level)
    return Interval(float(low[0]), float(high[0]))


def bands(drawn: np.ndarray, n: int, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Return `interval` of each column of draws [B, m]: low and high, [m] each; pointwise, not simultaneous."""
    cut = 0.0
    if n > 1:
        # Late: commands that show no interval need not wait for it. Not scipy.stats, whose import takes 1.3 s.
        from scipy.special import ndtr, stdtrit

        cut = float(ndtr(-math.sqrt(n / (n - 1)) * stdtrit(n - 1, (1 + level) / 2)))
    low, high = np.quantile(drawn, [cut, 1 - cut], axis=0)
    return low, high
