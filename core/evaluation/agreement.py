"""How far two sets of ranks of the same articles are apart, and when that is too little to matter.

One tolerance for everything that is quicker than the reference: interpolation along α, half precision.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.evaluation.metrics import metrics_of


@dataclass(frozen=True)
class Disagreement:
    """mrr_100: absolute difference. top10_flip_rate: share of articles among the first ten in only one of the two."""

    mrr_100: float
    top10_flip_rate: float

    def is_within(self, n: int) -> bool:
        """True if both are small for `n` articles: mrr@100 by 0.001 or one article, recall@10 by 0.5 % or one."""
        return self.mrr_100 <= max(0.001, 1 / n) and self.top10_flip_rate <= max(0.005, 1 / n)

    def __str__(self) -> str:
        return f"mrr@100 ±{self.mrr_100:.4f}, first ten {self.top10_flip_rate:.1%}"


def disagreement(ranks: np.ndarray, reference: np.ndarray) -> Disagreement:
    """Between two rankings, int32 [N] each."""
    mrr = abs(metrics_of(ranks)["mrr@100"] - metrics_of(reference)["mrr@100"])
    return Disagreement(mrr, float(((ranks <= 10) != (reference <= 10)).mean()))


def worst(disagreements: Iterable[Disagreement]) -> Disagreement:
    """The largest of each number. Raises ValueError if there is none."""
    each = list(disagreements)
    return Disagreement(max(one.mrr_100 for one in each), max(one.top10_flip_rate for one in each))
