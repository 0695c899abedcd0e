"""Choosing α on validation data: the highest recall@1 (paper, section 3.2), or another metric."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from core.evaluation.metrics import lower_is_better

Criterion = Literal[
    "mrr@100", "recall@1", "recall@5", "recall@10", "recall@50", "recall@100", "mean_rank", "median_rank"
]


@dataclass(frozen=True)
class Selected:
    """The α chosen, and by what."""

    alpha: float
    criterion: Criterion


def select_alpha(curve: pd.DataFrame, criterion: Criterion = "recall@1") -> Selected:
    """Return the best row of `curve` (columns alpha and the metrics); ties by mrr@100, then the smaller α.

    For mean_rank and median_rank lower is better.
    """
    better = curve[criterion] * (-1 if lower_is_better(criterion) else 1)
    order = pd.DataFrame({"criterion": better, "mrr@100": curve["mrr@100"], "alpha": -curve["alpha"]})
    best = order.sort_values(["criterion", "mrr@100", "alpha"]).index[-1]
    return Selected(float(curve["alpha"].loc[best]), criterion)
