"""Timeline of a domain: articles of each split by day or month, or by position if there are no dates."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from core.data.time_split import SPLITS

Unit = Literal["day", "month", "place"]

MAX_DAYS = 92  # a quarter; more bars of one day are illegible
PLACES = 20  # bars of a domain without dates: each is 5 %, the step a split of 80 to 20 needs


@dataclass(frozen=True)
class Timeline:
    """Articles by period and split.

    counts: the index is the start of a period (UTC), or the position of its first article from 1; columns are SPLITS.
    undated: number of articles left out because they have no date.
    """

    unit: Unit
    counts: pd.DataFrame
    undated: int


def timeline(articles: pd.DataFrame) -> Timeline:
    """Count the articles of a domain's table, which is in the order of time."""
    dates = pd.to_datetime(articles["published_at"], utc=True).dt.tz_localize(None)
    dated = dates.dropna()
    if dated.empty:
        starts = np.unique(np.linspace(0, len(articles), PLACES, endpoint=False).astype(int))
        period = starts[np.searchsorted(starts, np.arange(len(articles)), side="right") - 1] + 1
        return Timeline("place", _count(period, articles["split"], pd.Index(starts + 1)), 0)
    unit: Unit = "day" if (dated.max() - dated.min()).days <= MAX_DAYS else "month"
    periods = dated.dt.to_period("D" if unit == "day" else "M")
    every = pd.period_range(periods.min(), periods.max(), freq=periods.dt.freq).to_timestamp()
    counts = _count(periods.dt.to_timestamp().to_numpy(), articles["split"][dates.notna()], every)
    return Timeline(unit, counts, int(dates.isna().sum()))


def _count(period: np.ndarray, split: pd.Series, every: pd.Index) -> pd.DataFrame:
    """Count the articles of each split in each period, including empty periods."""
    counts = pd.crosstab(period, split.to_numpy())
    return counts.reindex(index=every, columns=list(SPLITS), fill_value=0)
