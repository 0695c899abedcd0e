"""Ranks in bins, against counting one by one."""

import numpy as np
import pytest

from core.evaluation.histogram import BIN_NAMES, rank_histogram
from core.evaluation.metrics import metrics_of


@pytest.mark.parametrize("shape", [(1,), (7,), (3, 50), (2, 3, 40)])
def test_each_rank_is_in_the_bin_that_names_it(shape):
    ranks = np.random.default_rng(0).integers(1, 140, shape)
    counts = rank_histogram(ranks)
    assert counts.shape == (*shape[:-1], len(BIN_NAMES))
    bounds = [(1, 1), (2, 5), (6, 10), (11, 50), (51, 100), (101, 10**9)]
    for place in np.ndindex(shape[:-1]):
        assert counts[place].tolist() == [sum(low <= r <= high for r in ranks[place]) for low, high in bounds]


def test_recalls_are_sums_of_the_first_bins():
    ranks = np.array([1, 5, 6, 10, 11, 50, 51, 100, 101, 999])
    counts = rank_histogram(ranks).cumsum() / len(ranks)
    metrics = metrics_of(ranks)
    assert counts[:5].tolist() == [
        metrics["recall@1"],
        metrics["recall@5"],
        metrics["recall@10"],
        metrics["recall@50"],
        metrics["recall@100"],
    ]
