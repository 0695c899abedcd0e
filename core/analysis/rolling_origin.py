"""Rolling origin: train until period m, judge on what came after, for every m (Tashman 2000, forecasting's usual test).

Here are the periods, which of them can be an origin, and what the ranks of all origins say together: the gain over
zero-shot in the next period, and how it fades with the age of a training.
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
#: The models, by their names in `OriginRanks`.
#: At least so many months, or else weeks, make a series; blocks of equally many articles where there are no dates.
MIN_PERIODS = 6
BLOCKS = 10
#: With fewer pairs nothing is learned; with fewer articles an interval says nothing.
MIN_TO_TRAIN, MIN_TO_JUDGE = 100, 30
#: Of all articles, what trainings that are compared by their age learn from: few enough that there are several ages.
WINDOW_SHARE = 0.3


@dataclass(frozen=True)
class Periods:
    """of: int64 [N], the period of each article, rising; labels: of each period, "2022-03" or "articles 1–152"."""

    unit: Unit
    of: np.ndarray
    labels: tuple[str, ...]

    def origins(self, at_least: int) -> list[int]:
        """The periods m that at least so many articles lie up to, and enough in m + 1."""
        counts = np.bincount(self.of, minlength=len(self.labels))
        until = counts.cumsum()
        return [m for m in range(len(counts) - 1) if until[m] >= at_least and counts[m + 1] >= MIN_TO_JUDGE]

    @property
    def window(self) -> int:
        """Articles of a training that is compared with others by its age."""
        return max(MIN_TO_TRAIN, round(len(self.of) * WINDOW_SHARE))


def periods_of(published_at: pd.Series | None, count: int) -> Periods:
    """Cut `count` articles in the order of time. published_at: their dates, rising; None where the order has none."""
    if published_at is not None:
        dates = published_at.dt.tz_convert("UTC").dt.tz_localize(None)
        for unit, frequency in (("month", "M"), ("week", "W")):
            period = dates.dt.to_period(frequency)
            every = pd.period_range(period.min(), period.max(), freq=frequency)
            if len(every) >= MIN_PERIODS:
                labels = tuple(str(one.start_time.date())[: 7 if unit == "month" else 10] for one in every)
                return Periods("month" if unit == "month" else "week", every.get_indexer(period), labels)
    starts = np.linspace(0, count, BLOCKS + 1).astype(np.int64)
    of = np.searchsorted(starts, np.arange(count), side="right") - 1
    return Periods("block", of, tuple(f"articles {a + 1}–{b}" for a, b in pairwise(starts)))


@dataclass(frozen=True)
class OriginRanks:
    """What a training until the end of the period `origin` makes of all articles after it.

    articles, periods: int64 [n], the place of each in the order of time, and its period. alpha: chosen on the last of
    the training's own part. ranks: model → int32 [n], each article against the images of its period.
    """

    origin: int
    n_trained: int
    n_chosen: int
    alpha: float
    articles: np.ndarray
    periods: np.ndarray
    ranks: Mapping[str, np.ndarray]

    def in_period(self, period: int) -> dict[str, np.ndarray]:
        """The ranks of one period's articles."""
        return {model: ranks[self.periods == period] for model, ranks in self.ranks.items()}


@dataclass(frozen=True)
class Gain:
    """What a model has over zero-shot in a metric, or a change of it."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Age:
    """The articles of the `periods`-th period after the end of training, over all origins: each once, n in all."""

    periods: int
    n: int
    origins: int
    gains: dict[str, Gain]


def gains(ranks: Mapping[str, np.ndarray], metric: str) -> dict[str, Gain]:
    """Of the fine-tuned model and of WiSE-FT over zero-shot, on the same articles."""
    before = values_of(ranks[Model.ZERO_SHOT], metric)
    found: dict[str, Gain] = {}
    for model in (Model.FINE_TUNED, Model.WISE_FT):
        gained = values_of(ranks[model], metric) - before
        found[model] = Gain(float(gained.mean()), interval(Resamples(len(gained)).means(gained), len(gained)))
    return found


def next_period(origins: Sequence[OriginRanks]) -> dict[str, np.ndarray]:
    """Ranks of the articles of all periods that follow an origin, each under the training that ended just before it.

    Empty where there is no origin.
    """
    return _pooled(origins, 1)


def by_age(origins: Sequence[OriginRanks], metric: str) -> tuple[Age, ...]:
    """The gains in the first period after the end of training, in the second, and so on."""
    oldest = max((int(one.periods.max()) - one.origin for one in origins), default=0)
    ages = []
    for age in range(1, oldest + 1):
        ranks = _pooled(origins, age)
        n = len(ranks[Model.ZERO_SHOT])
        if n:
            counted = sum((one.periods == one.origin + age).any() for one in origins)
            ages.append(Age(age, n, int(counted), gains(ranks, metric)))
    return tuple(ages)


def _pooled(origins: Sequence[OriginRanks], age: int) -> dict[str, np.ndarray]:
    parts = [one.in_period(one.origin + age) for one in origins]
    return {model: np.concatenate([part[model] for part in parts]) for model in (origins[0].ranks if origins else ())}


def fading(origins: Sequence[OriginRanks], model: str, metric: str) -> Gain | None:
    """How much a model's metric changes on an article with each period that its training is older: a slope.

    origins: of trainings on equally many articles. Each article is compared with itself under the trainings it is
    judged by (its ages are centred on their mean), so neither the articles of a period nor zero-shot has a say. The
    interval draws articles; the trainings stay. None where no article is judged by two trainings.
    """
    if not origins:
        return None
    articles = np.concatenate([one.articles for one in origins])
    ages = np.concatenate([one.periods - one.origin for one in origins]).astype(np.float64)
    values = np.concatenate([values_of(one.ranks[model], metric) for one in origins])
    _, places, times = np.unique(articles, return_inverse=True, return_counts=True)
    ages -= (np.bincount(places, ages) / times)[places]
    spread = float((ages**2).sum())
    if spread == 0:
        return None
    each = np.bincount(places, ages * values)[times > 1] / spread
    n = len(each)  # the slope is the sum over these, n times their mean
    return Gain(float(each.sum()), interval(n * Resamples(n).means(each), n))
