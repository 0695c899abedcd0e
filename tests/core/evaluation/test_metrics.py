"""Metrics against ir_measures, the field's own."""

import statistics

import ir_measures
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import RR, R, Success

from core.evaluation.metrics import METRICS, metrics_of

RECALL_AT = (1, 5, 10, 50, 100)


def measured_by_others(ranks: list[int]) -> dict[str, float]:
    """One relevant image per article, found at its rank in a list of the best 200."""
    qrels = [ir_measures.Qrel(str(query), "own", 1) for query in range(len(ranks))]
    run = [
        ir_measures.ScoredDoc(str(query), "own" if place == rank else f"other{place}", -float(place))
        for query, rank in enumerate(ranks)
        for place in range(1, 201)
    ]
    measures = [RR @ 100, *(Success @ k for k in RECALL_AT), *(R @ k for k in RECALL_AT)]
    return {str(measure): value for measure, value in ir_measures.calc_aggregate(measures, qrels, run).items()}


@pytest.mark.parametrize("seed", range(3))
def test_metrics_agree_with_ir_measures(seed):
    ranks = np.random.default_rng(seed).geometric(0.02, 60)
    ranks[:7] = [1, 5, 10, 50, 100, 101, 199]
    measured, theirs = metrics_of(ranks), measured_by_others(ranks.tolist())
    assert measured["mrr@100"] == pytest.approx(theirs["RR@100"], abs=1e-12)
    for k in RECALL_AT:
        assert measured[f"recall@{k}"] == pytest.approx(theirs[f"Success@{k}"], abs=1e-12)
        assert measured[f"recall@{k}"] == pytest.approx(theirs[f"R@{k}"], abs=1e-12)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=50))
def test_metrics_are_their_definitions(ranks):
    measured = metrics_of(np.array(ranks, dtype=np.int32))
    assert measured["n"] == len(ranks)
    assert measured["mrr@100"] == pytest.approx(sum(1 / rank for rank in ranks if rank <= 100) / len(ranks))
    assert measured["mean_rank"] == pytest.approx(statistics.mean(ranks))
    assert measured["median_rank"] == statistics.median(ranks)


def test_an_article_found_after_place_100_counts_as_not_found():
    assert metrics_of(np.array([100]))["mrr@100"] == 0.01
    assert metrics_of(np.array([101]))["mrr@100"] == 0.0
    assert metrics_of(np.array([101]))["recall@100"] == 0.0


def test_no_articles_have_no_metrics():
    with pytest.raises(ValueError, match="at least one article"):
        metrics_of(np.array([], dtype=np.int32))


def test_records_use_the_names_of_files():
    assert list(metrics_of(np.array([1]))) == ["n", *METRICS]
