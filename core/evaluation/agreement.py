"""Agreement of two sets of ranks of the same articles, with the tolerance for approximations.

The same tolerance applies to every approximation of the reference: interpolation over α and half precision.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.evaluation.metrics import metrics_of


@dataclass(frozen=True)
class Disagreement:
    """Disagreement of two rankings.

    mrr_100, recall_1: absolute differences; recall_1 is None in sweeps of early versions. top10_flip_rate: share of
    articles among the first ten in only one ranking.
    """

    mrr_100: float
    top10_flip_rate: float
    recall_1: float | None = None

    def is_within(self, n: int) -> bool:
        """Return whether mrr@100 is within 0.001 or one of `n` articles, and the flip rate within 0.5 % or one."""
        return self.mrr_100 <= max(0.001, 1 / n) and self.top10_flip_rate <= max(0.005, 1 / n)

    def __str__(self) -> str:
        recall = "" if self.recall_1 is None else f"recall@1 ±{self.recall_1:.4f}, "
        return f"mrr@100 ±{self.mrr_100:.4f}, {recall}first ten {self.top10_flip_rate:.1%}"


def disagreement(ranks: np.ndarray, reference: np.ndarray) -> Disagreement:
    """Compare two rankings, int32 [N] each."""
    found, expected = metrics_of(ranks), metrics_of(reference)
    mrr, recall = (abs(found[metric] - expected[metric]) for metric in ("mrr@100", "recall@1"))
    return Disagreement(mrr, float(((ranks <= 10) != (reference <= 10)).mean()), recall)


def worst(disagreements: Iterable[Disagreement]) -> Disagreement:
    """Return the largest of each number. Raises ValueError if there is none."""
    compared = list(disagreements)
    recalls = [item.recall_1 for item in compared if item.recall_1 is not None]
    return Disagreement(
        max(item.mrr_100 for item in compared),
        max(item.top10_flip_rate for item in compared),
        max(recalls) if recalls else None,
    )
