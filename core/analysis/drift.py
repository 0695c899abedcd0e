"""Does fine-tuning fit one period? Its gain over zero-shot by the time between the end of training and publication.

Where articles have dates, periods are weeks or months; where they have only an order, blocks of equally many articles.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from core.analysis.bootstrap import Interval, Resamples, interval
from core.evaluation.metrics import values_of

Unit = Literal["week", "month", "block"]
WEEKS_SHOWN = 20  # up to this many, weeks can be told apart
BLOCKS = 8
_DAY = 86_400.0


@dataclass(frozen=True)
class Passed:
    """How the articles of a split lie after the end of training.

    since: float64 [n], days, or articles where there are no dates. period: int64 [n]; labels: of each period.
    """

    unit: Unit
    since: np.ndarray
    period: np.ndarray
    labels: tuple[str, ...]


@dataclass(frozen=True)
class PeriodGain:
    """One model's gain over zero-shot in one period, in a metric, over its n articles."""

    label: str
    n: int
    value: float
    interval: Interval


@dataclass(frozen=True)
class Trend:
    """One model's gain over zero-shot along time. slope: per day or article, with its interval over n articles."""

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
    """published_at: of the split's articles, in the order of time; if a date is missing, that order is all there is."""
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
    each = sorted(starts.unique())
    labels = tuple(str(one.start_time.date()) if unit == "week" else str(one) for one in each)
    return Passed(
        unit, since, np.searchsorted(np.array([one.ordinal for one in each]), [s.ordinal for s in starts]), labels
    )


def trend(model: str, zero_shot: np.ndarray, ranks: np.ndarray, passed: Passed, metric: str) -> Trend:
    """ranks: of the model, int [n]; a mean-type metric."""
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
    """Least squares, from means; 0 where all articles are of one moment."""
    spread = square - t * t
    return np.where(spread > 1e-12, (product - t * gain) / np.where(spread > 1e-12, spread, 1.0), 0.0)


def last_date(dates: Sequence[pd.Timestamp] | pd.Series) -> pd.Timestamp | None:
    """The end of training: the newest date of its articles; None if one has none."""
    parsed = pd.to_datetime(pd.Series(dates), utc=True)
    return None if parsed.empty or parsed.isna().any() else parsed.max()
