"""Selection of α on validation data by the highest recall@1 (paper, section 3.2) or another metric."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from core.evaluation.metrics import METRICS, oriented

if TYPE_CHECKING:
    Criterion = str
else:  # Typer lists these as choices
    Criterion = Literal[tuple(METRICS)]


@dataclass(frozen=True)
class Selected:
    """The selected α and the metric that selected it.

    low, high: ends of the interval around `alpha` in which the metric has the same value; None if only single α were
    evaluated.
    """

    alpha: float
    criterion: Criterion
    low: float | None = None
    high: float | None = None


def best_range(selected: Selected) -> str:
    """Return " (best from 0.371 to 0.402)", or "" if only single α were evaluated."""
    if selected.low is None or selected.high is None:
        return ""
    low, high = (f"{edge:.3f}".rstrip("0").rstrip(".") for edge in (selected.low, selected.high))
    return f" (best from {low} to {high})" if low != high else ""


def select_alpha(curve: pd.DataFrame, criterion: Criterion = "recall@1") -> Selected:
    """Return the best row of `curve` (columns alpha and the metrics); ties by mrr@100, then the smaller α."""
    better = oriented(curve[criterion].to_numpy(), criterion)
    order = pd.DataFrame({"criterion": better, "mrr@100": curve["mrr@100"], "alpha": -curve["alpha"]})
    best = order.sort_values(["criterion", "mrr@100", "alpha"]).index[-1]
    return Selected(float(curve["alpha"].loc[best]), criterion)
