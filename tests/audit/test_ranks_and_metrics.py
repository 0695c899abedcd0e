"""Audit: ranks, metrics, re-ranking and hubs, each recomputed by a library that others wrote."""

import numpy as np
import pytest
import pytrec_eval
import torch
from ir_measures import RR, Success, calc_aggregate
from scipy import special, stats
from sklearn.neighbors import NearestNeighbors

from core.analysis.hubs import hubs
from core.evaluation.metrics import metrics_of
from core.retrieval.choices import Reranking
from core.retrieval.ranking import ranks_of, top_k
from core.retrieval.reranking import reranked

N = 150
DUAL, CSLS = Reranking("dual-softmax", 0.05), Reranking("csls")


@pytest.fixture(scope="module")
def embeddings() -> tuple[np.ndarray, np.ndarray]:
    """Return texts and images of length one, float32 [N, 32] each; row i of both is a pair."""
    generator = np.random.default_rng(3)
    texts, noise = generator.normal(size=(N, 32)), generator.normal(size=(N, 32))
    images = texts + 2 * noise + generator.normal(size=32)
    return tuple((rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32) for rows in (texts, images))


def _ranks(embeddings: tuple[np.ndarray, np.ndarray], how: Reranking = Reranking()) -> np.ndarray:
    queries, gallery = reranked(*map(torch.from_numpy, embeddings), how)
    return ranks_of(queries, gallery, np.arange(N), np.arange(N))


def _by_scipy(scores: np.ndarray) -> np.ndarray:
    """Return the rank of column i in row i of scores [N, N], by scipy."""
    return stats.rankdata(-scores, method="min", axis=1).diagonal().astype(int)


def test_ranks_are_scipys(embeddings) -> None:
    texts, images = (rows.astype(np.float64) for rows in embeddings)
    np.testing.assert_array_equal(_ranks(embeddings), _by_scipy(texts @ images.T))


def test_metrics_are_trec_evals_from_the_scores(embeddings) -> None:
    scores = embeddings[0].astype(np.float64) @ embeddings[1].T.astype(np.float64)
    run = {str(i): {str(j): float(scores[i, j]) for j in range(N)} for i in range(N)}
    truth = {str(i): {str(i): 1} for i in range(N)}
    found = pytrec_eval.RelevanceEvaluator(truth, {"recip_rank", "success.1,5,10"}).evaluate(run)
    measured = metrics_of(_ranks(embeddings))
    for k in (1, 5, 10):
        assert measured[f"recall@{k}"] == pytest.approx(np.mean([each[f"success_{k}"] for each in found.values()]))
    others = calc_aggregate([RR @ 100, Success @ 50, Success @ 100], truth, run)
    assert {str(measure): value for measure, value in others.items()} == pytest.approx(
        {"RR@100": measured["mrr@100"], "Success@50": measured["recall@50"], "Success@100": measured["recall@100"]}
    )
    ranks = [round(1 / each["recip_rank"]) for each in found.values()]
    assert (measured["mean_rank"], measured["median_rank"]) == (np.mean(ranks), np.median(ranks))


def test_dual_softmax_is_the_product_of_scipys_softmaxes(embeddings) -> None:
    cosine = embeddings[0].astype(np.float64) @ embeddings[1].T.astype(np.float64) / DUAL.temperature
    product = special.softmax(cosine, axis=0) * special.softmax(cosine, axis=1)
    np.testing.assert_array_equal(_ranks(embeddings, DUAL), _by_scipy(product))


def test_csls_uses_the_neighbours_that_scikit_learn_finds(embeddings) -> None:
    texts, images = embeddings
    nearest = NearestNeighbors(n_neighbors=10, metric="cosine", algorithm="brute").fit(texts)
    closeness = 1 - nearest.kneighbors(images)[0].mean(axis=1)
    np.testing.assert_array_equal(_ranks(embeddings, CSLS), _by_scipy(2 * texts @ images.T - closeness))


def test_hubs_have_scipys_skewness(embeddings) -> None:
    rows, _ = top_k(*map(torch.from_numpy, embeddings), np.arange(N), 10)
    scores = embeddings[0] @ embeddings[1].T
    listed = (stats.rankdata(-scores, method="min", axis=1) <= 10).sum(axis=0)
    found = hubs(rows, N)
    assert found.skewness == pytest.approx(stats.skew(listed))
    assert found.most[0][1] == listed.max()
    assert found.never == (listed == 0).mean()
