"""Which α is chosen, ties included."""

from typing import get_args

import pandas as pd
import pytest

from core.evaluation.alpha_selection import Criterion, select_alpha


def curve(**columns: list[float]) -> pd.DataFrame:
    count = len(columns["alpha"])
    return pd.DataFrame({name: [0.0] * count for name in get_args(Criterion)} | columns)


def test_the_highest_recall_at_1_is_chosen():
    chosen = select_alpha(curve(alpha=[0, 0.5, 1], **{"recall@1": [0.1, 0.3, 0.2], "mrr@100": [0.9, 0.1, 0.9]}))
    assert (chosen.alpha, chosen.criterion) == (0.5, "recall@1")


def test_ties_go_by_mrr():
    assert (
        select_alpha(curve(alpha=[0, 0.5, 1], **{"recall@1": [0.1, 0.3, 0.3], "mrr@100": [0.9, 0.4, 0.5]})).alpha == 1
    )


@pytest.mark.parametrize("alphas", [[0, 0.4, 0.6, 1], [1, 0.6, 0.4, 0]])
def test_ties_of_mrr_too_go_to_the_smaller_alpha(alphas):
    tied = curve(alpha=alphas, **{"recall@1": [0.1, 0.3, 0.3, 0.1], "mrr@100": [0.5, 0.4, 0.4, 0.5]})
    assert select_alpha(tied).alpha == 0.4


@pytest.mark.parametrize("criterion", ["mean_rank", "median_rank"])
def test_of_ranks_the_lowest_is_chosen(criterion):
    assert select_alpha(curve(alpha=[0, 0.5, 1], **{criterion: [9.0, 4.0, 6.0]}), criterion).alpha == 0.5


@pytest.mark.parametrize("criterion", [name for name in get_args(Criterion) if "rank" not in name])
def test_of_the_other_metrics_the_highest_is_chosen(criterion):
    assert select_alpha(curve(alpha=[0, 0.5, 1], **{criterion: [0.1, 0.2, 0.3]}), criterion).alpha == 1


def test_the_row_labels_of_a_filtered_curve_do_not_matter():
    both = curve(alpha=[0, 1, 0, 1], **{"recall@1": [0.9, 0.9, 0.2, 0.7]})
    assert select_alpha(both.iloc[2:]).alpha == 1
