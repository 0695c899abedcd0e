"""Rolling-origin evaluation: train until period m and evaluate on later periods, for every m (Tashman 2000).

This module cuts the periods, selects the origins, and pools the ranks of all origins: the gain over zero-shot in the
next period, and its change with the age of a training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd

from core.analysis.bootstrap import Interval, Resamples, interval
from core.evaluation.metrics import values_of
from core.evaluation.models import Model

Unit = Literal["month", "week", "block"]
#: Periods are months if there are at least so many, else weeks, else blocks of equally many articles.
MIN_PERIODS = 6
BLOCKS = 10
#: With fewer pairs training learns nothing; with fewer articles an interval is too narrow.
MIN_TO_TRAIN, MIN_TO_JUDGE = 100, 30
#: Share of all articles that each training learns from when trainings of different age are compared.
WINDOW_SHARE = 0.3


@dataclass(frozen=True)
class Periods:
    """Periods of a series. of: int64 [N], the period of each article, rising; labels: "2022-03", "articles 1–152"."""

    unit: Unit
    of: np.ndarray
    labels: tuple[str, ...]

    def origins(self, at_least: int) -> list[int]:
        """Return the periods m with at least `at_least` articles up to m and enough articles in m + 1."""
        counts = np.bincount(self.of, minlength=len(self.labels))
        until = counts.cumsum()
        return [m for m in range(len(counts) - 1) if until[m] >= at_least and counts[m + 1] >= MIN_TO_JUDGE]

    @property
    def window(self) -> int:
        """Number of articles of a training that is compared with others by its age."""
        return max(MIN_TO_TRAIN, round(len(self.of) * WINDOW_SHARE))


def periods_of(published_at: pd.Series | None, count: int) -> Periods:
    """Cut `count` articles in the order of time. published_at: their dates, rising; None without dates."""
    if published_at is not None:
        dates = published_at.dt.tz_convert("UTC").dt.tz_localize(None)
        for unit, frequency in (("month", "M"), ("week", "W")):
            period = dates.dt.to_period(frequency)
            every = pd.period_range(period.min(), period.max(), freq=frequency)
            if len(every) >= MIN_PERIODS:
                labels = tuple(str(each.start_time.date())[: 7 if unit == "month" else 10] for each in every)
                return Periods("month" if unit == "month" else "week", every.get_indexer(period), labels)
    starts = np.linspace(0, count, BLOCKS + 1).astype(np.int64)
    of = np.searchsorted(starts, np.arange(count), side="right") - 1
    return Periods("block", of, tuple(f"articles {a + 1}–{b}" for a, b in pairwise(starts)))


@dataclass(frozen=True)
class NextAlphas:
    """The period after a training at each α. ranks: int32 [A, n]. recommended: α by criterion, without ground truth."""

    alphas: tuple[float, ...]
    ranks: np.ndarray
    recommended: Mapping[str, float]


@dataclass(frozen=True)
class OriginRanks:
    """Ranks of all later articles after a training until the end of period `origin`.

    articles, periods: int64 [n], the position of each article in the order of time, and its period. alpha: chosen on
    the last part of the training's articles. ranks: model → int32 [n], each article against the images of its period.
    next_alphas: of the next period; None for trainings on a window.
    """

    origin: int
    n_trained: int
    n_chosen: int
    alpha: float
    articles: np.ndarray
    periods: np.ndarray
    ranks: Mapping[str, np.ndarray]
    next_alphas: NextAlphas | None = None

    def in_period(self, period: int) -> dict[str, np.ndarray]:
        """Return the ranks of the articles of one period."""
        return {model: ranks[self.periods == period] for model, ranks in self.ranks.items()}


@dataclass(frozen=True)
class Gain:
    """Gain of a model over zero-shot in a metric, or the change of that gain."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Age:
    """Gains on the n articles of the `periods`-th period after the end of training, pooled over `origins` trainings."""

    periods: int
    n: int
    origins: int
    gains: dict[str, Gain]


def gains(ranks: Mapping[str, np.ndarray], metric: str) -> dict[str, Gain]:
    """Return the gains of the fine-tuned model and of WiSE-FT over zero-shot on the same articles."""
    before = values_of(ranks[Model.ZERO_SHOT], metric)
    found: dict[str, Gain] = {}
    for model in (Model.FINE_TUNED, Model.WISE_FT):
        gained = values_of(ranks[model], metric) - before
        found[model] = Gain(float(gained.mean()), interval(Resamples(len(gained)).means(gained), len(gained)))
    return found


def next_period(origins: Sequence[OriginRanks]) -> dict[str, np.ndarray]:
    """Return the ranks of all periods that follow an origin, each under the training that ended just before it.

    Empty without an origin.
    """
    return _pooled(origins, 1)


def by_age(origins: Sequence[OriginRanks], metric: str) -> tuple[Age, ...]:
    """Return the gains in the first period after the end of training, in the second, and so on."""
    oldest = max((int(ranked.periods.max()) - ranked.origin for ranked in origins), default=0)
    ages = []
    for age in range(1, oldest + 1):
        ranks = _pooled(origins, age)
        n = len(ranks[Model.ZERO_SHOT])
        if n:
            counted = sum((ranked.periods == ranked.origin + age).any() for ranked in origins)
            ages.append(Age(age, n, int(counted), gains(ranks, metric)))
    return tuple(ages)


def _pooled(origins: Sequence[OriginRanks], age: int) -> dict[str, np.ndarray]:
    parts = [ranked.in_period(ranked.origin + age) for ranked in origins]
    return {model: np.concatenate([part[model] for part in parts]) for model in (origins[0].ranks if origins else ())}


def fading(origins: Sequence[OriginRanks], model: str, metric: str) -> Gain | None:
    """Return the slope of a model's metric on the same article with each period that its training is older.

    origins: trainings on equally many articles. Each article is compared with itself under several trainings (its ages
    are centred on their mean), so differences between periods and zero-shot have no influence. The interval draws
    articles; the trainings are fixed. None if no article is evaluated under two trainings.
    """
    if not origins:
        return None
    articles = np.concatenate([ranked.articles for ranked in origins])
    ages = np.concatenate([ranked.periods - ranked.origin for ranked in origins]).astype(np.float64)
    values = np.concatenate([values_of(ranked.ranks[model], metric) for ranked in origins])
    _, places, times = np.unique(articles, return_inverse=True, return_counts=True)
    ages -= (np.bincount(places, ages) / times)[places]
    spread = float((ages**2).sum())
    if spread == 0:
        return None
    each = np.bincount(places, ages * values)[times > 1] / spread
    n = len(each)  # the slope is the sum over these, n times their mean
    return Gain(float(each.sum()), interval(n * Resamples(n).means(each), n))
