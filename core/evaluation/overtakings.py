"""Overtakings: each α at which an image passes an article's own image, or falls behind it.

Between two overtakings no rank changes, so ranks are step functions of α that the overtakings describe completely.
`core.interpolation.find_overtakings` finds them.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from core.evaluation.metrics import DEPTH, METRICS, oriented

#: Overtakings between ranks above this are left out: no metric that is a share of articles depends on them.
LIMIT = DEPTH
#: Arrays with one value per overtaking.
COLUMNS = ("article", "image", "alpha", "change", "rank")
#: Differences of a sum of reciprocal ranks below this are rounding.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Overtakings:
    """Overtakings of the articles of a split, [E], sorted by article, then α.

    article: int32, row of the article. image: int32, row of the gallery. alpha: float64, in (0, 1). change: int8, +1
    where the image passes the own one, so that the rank grows, −1 where it falls behind. rank: int32, the article's
    rank after it. start: int32 [N], ranks at α = 0. limit: overtakings between ranks above it are left out.
    """

    article: np.ndarray
    image: np.ndarray
    alpha: np.ndarray
    change: np.ndarray
    rank: np.ndarray
    start: np.ndarray
    limit: int

    def __len__(self) -> int:
        return len(self.article)

    def of(self, article: int) -> "Overtakings":
        """Return the overtakings of one article; `start` keeps all articles."""
        return self._at(slice(*np.searchsorted(self.article, [article, article + 1])))

    def within(self, limit: int) -> "Overtakings":
        """Return the overtakings between ranks of which at least one is at most `limit`."""
        low = np.minimum(self.rank, self.rank - self.change)
        return replace(self._at(low <= limit), limit=limit)

    def table(self) -> pd.DataFrame:
        """Return one row per overtaking: article, image, alpha, change and rank."""
        return pd.DataFrame({name: getattr(self, name) for name in COLUMNS})

    @classmethod
    def of_table(cls, table: pd.DataFrame, start: np.ndarray) -> "Overtakings":
        """Return the overtakings of a `table` within LIMIT, with the ranks at α = 0."""
        return cls(**{name: table[name].to_numpy() for name in COLUMNS}, start=start, limit=LIMIT)

    def _at(self, rows: np.ndarray | slice) -> "Overtakings":
        return replace(self, **{name: getattr(self, name)[rows] for name in COLUMNS})


@dataclass(frozen=True)
class Steps:
    """A step function of α on [0, 1].

    at: float64 [K], rising, in (0, 1). values: float64 [K + 1], before, between and after the steps.
    """

    at: np.ndarray
    values: np.ndarray

    @property
    def edges(self) -> np.ndarray:
        """Return 0, the steps, and 1: float64 [K + 2]."""
        return np.concatenate([[0.0], self.at, [1.0]])

    def value(self, alpha: float) -> float:
        """Return the value at `alpha`; at a step, the one after it."""
        return float(self.values[np.searchsorted(self.at, alpha, side="right")])


def rank_steps(overtakings: Overtakings, article: int) -> Steps:
    """Return the rank of an article as a step function of α. Ranks above the limit are only known to be above it."""
    own = overtakings.of(article)
    return Steps(own.alpha, np.concatenate([overtakings.start[article : article + 1], own.rank]).astype(np.float64))


def metric_steps(overtakings: Overtakings, name: str) -> Steps:
    """Return a metric as a step function of α, exactly. Raises ValueError if it depends on ranks above the limit."""
    metric = METRICS[name]
    if not is_step_metric(name) or overtakings.limit < DEPTH:
        raise ValueError(f"{name} depends on ranks above {overtakings.limit}: expected a share of articles")
    order = np.argsort(overtakings.alpha, kind="stable")
    rank, change = overtakings.rank[order], overtakings.change[order]
    gained = metric.values(rank) - metric.values(rank - change)
    total = np.concatenate([[0.0], np.cumsum(gained)]) + metric.values(overtakings.start).sum()
    return Steps(overtakings.alpha[order], total / len(overtakings.start))


def is_step_metric(name: str) -> bool:
    """Return whether the metric of `name` follows from the overtakings within DEPTH."""
    return METRICS[name].unit == "share"


def best_interval(overtakings: Overtakings, criterion: str) -> tuple[float, float]:
    """Return the interval of α in which `criterion` is best: of several, the one with the highest mrr@100.

    Raises ValueError as `metric_steps`.
    """
    steps = metric_steps(overtakings, criterion)
    edges = steps.edges
    real = np.flatnonzero(np.diff(edges) > 0)  # two overtakings may share their α
    better = oriented(steps.values, criterion)[real]
    mrr = metric_steps(overtakings, "mrr@100").values[real]
    is_best = better >= better.max() - ROUNDING
    top = int(np.where(is_best, mrr, -1.0).argmax())
    others = np.flatnonzero(~is_best)
    first = others[others < top].max(initial=-1) + 1
    last = others[others > top].min(initial=len(real)) - 1
    return float(edges[real[first]]), float(edges[real[last] + 1])


def middle_of(low: float, high: float) -> float:
    """Return the middle of an interval, rounded to the fewest digits (at least two) that stay inside it."""
    middle = (low + high) / 2
    rounded = (round(middle, digits) for digits in range(2, 12))
    return next((alpha for alpha in rounded if low < alpha < high), middle)


def share_within(overtakings: Overtakings, k: int) -> np.ndarray:
    """Return the share of α at which each article's own image is among the first `k`, float64 [N]; k up to LIMIT."""
    shares = np.empty(len(overtakings.start))
    for article in range(len(shares)):
        steps = rank_steps(overtakings, article)
        shares[article] = np.diff(steps.edges)[steps.values <= k].sum()
    return np.where(shares > 1 - ROUNDING, 1.0, shares)
