"""Drift: the gain over zero-shot by the time between the end of training and the publication of an article.

Periods are weeks or months. For articles without dates they are blocks of equally many articles in their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from core.analysis.bootstrap import Interval, Resamples, interval
from core.evaluation.metrics import values_of

Unit = Literal["week", "month", "block"]
WEEKS_SHOWN = 20  # more weeks than these are illegible in a chart, so months take over
BLOCKS = 8
_DAY = 86_400.0


@dataclass(frozen=True)
class Passed:
    """Time from the end of training to each article of a split.

    since: float64 [n], in days, or in articles if there are no dates. period: int64 [n]; labels: of each period.
    """

    unit: Unit
    since: np.ndarray
    period: np.ndarray
    labels: tuple[str, ...]


@dataclass(frozen=True)
class PeriodGain:
    """Gain of a model over zero-shot in one period, for one metric, over n articles."""

    label: str
    n: int
    value: float
    interval: Interval


@dataclass(frozen=True)
class Trend:
    """Gain of a model over zero-shot by time. slope: per day or per article, with its interval over n articles."""

    model: str
    metric: str
    n: int
    gain: float
    gain_interval: Interval
    periods: tuple[PeriodGain, ...]
    slope: float
    slope_interval: Interval
    span: float


def since_training(published_at: pd.Series, end_of_training: pd.Timestamp | None) -> Passed:
    """Return the time since the end of training, and the periods, of a split's articles.

    published_at: their dates, in the order of time. If a date is missing, only the order counts.
    """
    dates = pd.to_datetime(published_at, utc=True)
    if end_of_training is None or dates.isna().any():
        place = np.arange(len(dates))
        blocks = min(BLOCKS, len(dates))
        block = place * blocks // len(dates)
        bounds = [np.flatnonzero(block == number) for number in range(blocks)]
        return Passed(
            "block", place.astype(np.float64), block, tuple(f"{rows[0] + 1}–{rows[-1] + 1}" for rows in bounds)
        )
    since = (dates - end_of_training).dt.total_seconds().to_numpy() / _DAY
    weeks = (dates.max() - dates.min()).days / 7
    unit: Unit = "week" if weeks <= WEEKS_SHOWN else "month"
    starts = dates.dt.tz_localize(None).dt.to_period("W" if unit == "week" else "M")
    periods = sorted(starts.unique())
    labels = tuple(str(period.start_time.date()) if unit == "week" else str(period) for period in periods)
    return Passed(
        unit, since, np.searchsorted(np.array([p.ordinal for p in periods]), [s.ordinal for s in starts]), labels
    )


def trend(model: str, zero_shot: np.ndarray, ranks: np.ndarray, passed: Passed, metric: str) -> Trend:
    """Return the gain of `ranks` over `zero_shot` by time, both int [n], for a metric that is a mean."""
    gained = values_of(ranks, metric) - values_of(zero_shot, metric)
    n = len(gained)
    periods = [_period(label, gained[passed.period == number]) for number, label in enumerate(passed.labels)]
    t = passed.since - passed.since.mean()  # centred, so that squares keep their digits
    resamples = Resamples(n)
    drawn = _slope(*resamples.means(np.stack([t, gained, t * gained, t * t], axis=1)).T)
    slope = _slope(np.array(t.mean()), gained.mean(), (t * gained).mean(), (t * t).mean())
    return Trend(
        model, metric, n, float(gained.mean()), interval(resamples.means(gained), n), tuple(periods), float(slope),
        interval(drawn, n), float(np.ptp(passed.since)),
    )  # fmt: skip


def _period(label: str, gained: np.ndarray) -> PeriodGain:
    n = len(gained)
    return PeriodGain(label, n, float(gained.mean()), interval(Resamples(n).means(gained), n))


def _slope(t: np.ndarray, gain: np.ndarray, product: np.ndarray, square: np.ndarray) -> np.ndarray:
    """Return the least-squares slope from means; 0 if all articles have the same time."""
    spread = square - t * t
    return np.where(spread > 1e-12, (product - t * gain) / np.where(spread > 1e-12, spread, 1.0), 0.0)


def last_date(dates: Sequence[pd.Timestamp] | pd.Series) -> pd.Timestamp | None:
    """Return the newest date of the training articles; None if an article has no date."""
    parsed = pd.to_datetime(pd.Series(dates), utc=True)
    return None if parsed.empty or parsed.isna().any() else parsed.max()
