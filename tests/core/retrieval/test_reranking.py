"""Re-ranked scores against the matrices of the papers, and agreement of their ranks and lists."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RematchError
from core.retrieval.choices import BY_COSINE, Reranking
from core.retrieval.ranking import ranks_of, top_k
from core.retrieval.reranking import as_gallery, as_queries, reranked

CSLS, DUAL, SINKHORN = Reranking("csls"), Reranking("dual-softmax", 0.1), Reranking("sinkhorn", 0.1)
ALL = [CSLS, DUAL, SINKHORN]


def problem(n: int, g: int, seed: int, dim: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    both = (torch.randn(count, dim, generator=rng) for count in (n, g))
    queries, gallery = (torch.nn.functional.normalize(embeddings, dim=1) for embeddings in both)
    return queries, gallery


def full_matrix(queries: torch.Tensor, gallery: torch.Tensor, how: Reranking) -> np.ndarray:
    """Compute the scores by the papers' formulas, float64 [N, G], each on its scale."""
    cosine = (queries.double() @ gallery.double().T).numpy()
    if how.method == "csls":
        nearest_items = np.sort(cosine, axis=1)[:, -10:].mean(axis=1, keepdims=True)
        nearest_queries = np.sort(cosine, axis=0)[-10:].mean(axis=0, keepdims=True)
        return 2 * cosine - nearest_items - nearest_queries
    weights = np.exp(cosine / how.temperature)
    return np.log(weights / weights.sum(axis=1, keepdims=True) * (weights / weights.sum(axis=0, keepdims=True)))


@pytest.mark.parametrize("how", [CSLS, DUAL], ids=lambda how: how.method)
@pytest.mark.parametrize(("n", "g"), [(1, 1), (1, 7), (9, 5), (13, 31), (40, 64)])
def test_items_are_ordered_as_by_the_full_matrix_whatever_the_block(how, n, g):
    queries, gallery = problem(n, g, seed=n * 100 + g)
    expected = np.argsort(-full_matrix(queries, gallery, how), axis=1, kind="stable")
    for items_at_once in range(1, g + 2):
        scores = as_queries(queries, how) @ as_gallery(gallery, queries, how, items_at_once * n).T
        np.testing.assert_array_equal(np.argsort(-scores.numpy(), axis=1, kind="stable"), expected)


@pytest.mark.parametrize("how", [CSLS, DUAL], ids=lambda how: how.method)
def test_scores_differ_from_the_papers_by_a_constant_of_each_query(how):
    queries, gallery = problem(20, 30, seed=1)
    ours = (as_queries(queries, how) @ as_gallery(gallery, queries, how).T).double().numpy()
    apart = ours - full_matrix(queries, gallery, how) / 2 * (how.temperature or 1)
    np.testing.assert_allclose(apart, np.repeat(apart[:, :1], 30, axis=1), atol=1e-6)


@pytest.mark.parametrize("how", ALL, ids=lambda how: how.method)
def test_a_hub_falls_behind(how):
    """Each query is nearest to the hub, which is as near to all queries, and second nearest to its target."""
    gallery = torch.eye(31)
    queries = 0.8 * gallery[:1] + 0.6 * gallery[1:]
    target, ties = np.arange(1, 31), np.arange(31)
    assert set(ranks_of(queries, gallery, target, ties)) == {2}
    assert set(ranks_of(*reranked(queries, gallery, how), target, ties)) == {1}


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 400), st.sampled_from(ALL), st.integers(0, 999))
def test_the_target_is_in_the_list_at_its_rank(n, g, block, how, seed):
    rng = torch.Generator().manual_seed(seed)
    queries, centre = torch.randn(n, 96, generator=rng), torch.randn(1, 96, generator=rng)
    gallery = centre + 1e-7 * torch.randn(g, 96, generator=rng)  # scores differ in their last bits only
    target, ties = np.random.default_rng(seed).integers(0, g, n), np.random.default_rng(seed).permutation(g)
    scored = reranked(queries / 10, gallery / 10, how)
    ranks, (rows, _) = ranks_of(*scored, target, ties, block), top_k(*scored, ties, g, block)
    assert [list(row).index(own) + 1 for row, own in zip(rows, target, strict=True)] == ranks.tolist()


@pytest.mark.parametrize("how", ALL, ids=lambda how: how.method)
def test_where_all_scores_are_equal_the_fixed_order_decides(how):
    same, ties = torch.ones(37, 4), np.random.default_rng(0).permutation(37)
    rows, _ = top_k(*reranked(same, same, how), ties, 37)
    np.testing.assert_array_equal(rows, np.tile(np.argsort(ties), (37, 1)))


def test_without_re_ranking_nothing_is_touched():
    queries, gallery = problem(3, 4, seed=0)
    assert reranked(queries, gallery, BY_COSINE) == (queries, gallery)


def test_nearness_is_measured_by_the_bank():
    queries, gallery = problem(12, 9, seed=4)
    whole = as_gallery(gallery, queries, CSLS)
    np.testing.assert_array_equal(as_gallery(gallery, queries[:10], CSLS)[:, :-1], whole[:, :-1])
    mean = (gallery @ queries[:10].T).mean(dim=1)  # all ten are the nearest ten
    torch.testing.assert_close(as_gallery(gallery, queries[:10], CSLS)[:, -1], -mean / 2)


@pytest.mark.parametrize("side", ["query", "gallery item"])
def test_an_embedding_that_is_not_finite_is_named(side):
    queries, gallery = problem(5, 6, seed=0)
    {"query": queries, "gallery item": gallery}[side][3, 1] = float("nan")
    with pytest.raises(RematchError, match=f"{side} 3 .*finite"):
        reranked(queries, gallery, CSLS)
