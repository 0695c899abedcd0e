"""The plane of both towers' α as a table, and its best point."""

import numpy as np
import pandas as pd
import pytest

from core.evaluation.metrics import metrics_of
from core.evaluation.tower_plane import Plane, best_of_plane


def test_a_row_for_each_point_with_the_image_tower_first():
    ranks = np.arange(1, 1 + 2 * 2 * 3).reshape(2, 2, 3)
    table = Plane((0.0, 1.0), ranks, ranks[..., None]).table()
    assert table[["alpha_image", "alpha_text"]].to_numpy().tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert table.loc[1, "mrr@100"] == metrics_of(ranks[0, 1])["mrr@100"]
    assert (table["n"] == 3).all()


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [("recall@1", (0.5, 0.4)), ("mean_rank", (0.0, 0.0))],
)
def test_the_best_point_by_the_criterion_then_mrr_then_nearness_to_one_alpha(criterion, expected):
    table = pd.DataFrame(
        {
            "alpha_image": [0.0, 0.9, 0.5, 0.9],
            "alpha_text": [0.0, 0.1, 0.4, 0.2],
            "recall@1": [0.1, 0.2, 0.2, 0.2],
            "mrr@100": [0.9, 0.3, 0.3, 0.2],
            "mean_rank": [3.0, 9.0, 9.0, 9.0],
        }
    )
    best = best_of_plane(table, criterion)
    assert (best["alpha_image"], best["alpha_text"]) == expected
