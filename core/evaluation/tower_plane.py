"""The plane α_image × α_text: metrics over a separate α for each tower."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.evaluation.alpha_selection import Criterion
from core.evaluation.metrics import metrics_of, oriented

#: The α of each axis, in the paper's step.
GRID = tuple(step / 20 for step in range(21))


@dataclass(frozen=True)
class Plane:
    """Results of val at each point. alphas: [P], of both axes.

    ranks: int32 [P, P, N] as [α_image, α_text, article]; top_images: int32 [P, P, N, K], each article's first images.
    """

    alphas: tuple[float, ...]
    ranks: np.ndarray
    top_images: np.ndarray

    def table(self) -> pd.DataFrame:
        """Return one row per point: alpha_image, alpha_text, n, and the metrics by their names in files."""
        return pd.DataFrame(
            {"alpha_image": alpha_image, "alpha_text": alpha_text} | metrics_of(self.ranks[row, column])
            for row, alpha_image in enumerate(self.alphas)
            for column, alpha_text in enumerate(self.alphas)
        )


def best_of_plane(table: pd.DataFrame, criterion: Criterion) -> pd.Series:
    """Return the row of `Plane.table` that is best by `criterion`; ties by mrr@100, then nearer to the diagonal."""
    better = oriented(table[criterion].to_numpy(), criterion)
    order = pd.DataFrame(
        {"criterion": better, "mrr": table["mrr@100"], "near": -(table["alpha_image"] - table["alpha_text"]).abs()}
    )
    return table.loc[order.sort_values(["criterion", "mrr", "near"]).index[-1]]
