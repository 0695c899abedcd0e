"""Trade-off between a metric on a run's own articles and on those of another domain, the control.

Figure 1 of WiSE-FT (Wortsman et al. 2022) draws one against the other along α.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.analysis.bootstrap import bands
from core.analysis.significance import bootstrap_curve

_DIGITS = 9  # floats summed in another order differ behind them


def pareto(own: np.ndarray, control: np.ndarray) -> np.ndarray:
    """Return which points are Pareto-optimal, bool [m], from both metrics [m], higher is better.

    No other point is at least as high in both and higher in one.
    """
    own, control = np.round(own, _DIGITS), np.round(control, _DIGITS)
    as_high = (own[None] >= own[:, None]) & (control[None] >= control[:, None])
    higher = (own[None] > own[:, None]) | (control[None] > control[:, None])
    return ~np.any(as_high & higher, axis=1)


def with_intervals(curve: pd.DataFrame, ranks: np.ndarray, metrics: Sequence[str]) -> pd.DataFrame:
    """Return a curve with columns for each metric: {metric}_low, {metric}_high and {metric}_gain, all pointwise.

    low, high: the 95 % interval at each α. gain: above 0 where the metric is better than at both ends beyond the paired
    intervals of these differences; it is the lower of their low ends. curve: one row for each α, rising. ranks: int
    [A, n].
    """
    columns = {}
    for metric in metrics:
        drawn, n = bootstrap_curve(ranks, metric), ranks.shape[1]
        columns[f"{metric}_low"], columns[f"{metric}_high"] = bands(drawn, n)
        columns[f"{metric}_gain"] = np.minimum(*(bands(drawn - drawn[:, [end]], n)[0] for end in (0, -1)))
    return curve.assign(**columns)
