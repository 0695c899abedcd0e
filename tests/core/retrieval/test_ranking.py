"""Ranks counted in blocks against a stable sort of the full matrix."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.data.domain import tie_order
from core.errors import RematchError
from core.evaluation.metrics import metrics_of
from core.retrieval import ranking
from core.retrieval.ranking import ranks_of, ranks_of_scores, top_k


def full_matrix_order(queries: torch.Tensor, gallery: torch.Tensor, ties: np.ndarray) -> np.ndarray:
    """Sort the rows of the gallery, best first, int64 [N, G]: columns in tie order, then a stable sort."""
    by_tie = np.argsort(ties)
    scores = (queries.double() @ gallery.double().T).numpy()[:, by_tie]
    return by_tie[np.argsort(-scores, axis=1, kind="stable")]


def full_matrix_ranks(queries: torch.Tensor, gallery: torch.Tensor, target: np.ndarray, ties: np.ndarray) -> np.ndarray:
    order = full_matrix_order(queries, gallery, ties)
    return np.array([list(row).index(own) + 1 for row, own in zip(order, target, strict=True)])


def problem(
    n: int, g: int, seed: int, levels: int = 3, dim: int = 2
) -> tuple[torch.Tensor, torch.Tensor, np.ndarray, np.ndarray]:
    """Make embeddings of small integers: products are exact in any order of summing, ties and shared targets many."""
    rng = np.random.default_rng(seed)
    queries = torch.from_numpy(rng.integers(-levels, levels + 1, (n, dim)).astype(np.float32))
    gallery = torch.from_numpy(rng.integers(-levels, levels + 1, (g, dim)).astype(np.float32))
    return queries, gallery, rng.integers(0, g, n), rng.permutation(g)


@pytest.mark.parametrize(("n", "g"), [(1, 1), (1, 7), (7, 1), (2, 3), (13, 5), (17, 31), (33, 64)])
def test_ranks_equal_a_full_sort_whatever_the_block(n, g):
    queries, gallery, target, ties = problem(n, g, seed=n * 100 + g)
    expected = full_matrix_ranks(queries, gallery, target, ties)
    for rows_at_once in range(1, n + 2):
        ranks = ranks_of(queries, gallery, target, ties, rows_at_once * g)
        assert ranks.dtype == np.int32
        np.testing.assert_array_equal(ranks, expected)


sizes = st.integers(1, 40)
blocks = st.integers(1, 2000)


@given(sizes, sizes, blocks, st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_ranks_equal_a_full_sort_for_any_size(n, g, block, levels, seed):
    queries, gallery, target, ties = problem(n, g, seed, levels)
    expected = full_matrix_ranks(queries, gallery, target, ties)
    np.testing.assert_array_equal(ranks_of(queries, gallery, target, ties, block), expected)


@pytest.mark.parametrize("compared", [1, 30, 31, 32, 62, 100])
def test_ranks_do_not_depend_on_how_many_scores_are_compared_at_once(compared, monkeypatch):
    queries, gallery, target, ties = problem(17, 31, seed=3)
    expected = full_matrix_ranks(queries, gallery, target, ties)
    monkeypatch.setattr(ranking, "COMPARED_SCORES", compared)
    np.testing.assert_array_equal(ranks_of(queries, gallery, target, ties, 4 * 31), expected)


@given(sizes, sizes, blocks, st.integers(1, 50), st.integers(0, 2**32 - 1))
def test_the_list_is_the_full_sort_cut_at_k(n, g, block, k, seed):
    queries, gallery, _, ties = problem(n, g, seed)
    rows, scores = top_k(queries, gallery, ties, k, block)
    assert rows.shape == scores.shape == (n, min(k, g))
    np.testing.assert_array_equal(rows, full_matrix_order(queries, gallery, ties)[:, :k])
    np.testing.assert_array_equal(scores, np.take_along_axis((queries @ gallery.T).numpy(), rows, axis=1))


@pytest.mark.parametrize("k", [1, 2, 36, 37, 38])
def test_where_all_scores_are_equal_the_list_is_the_fixed_order(k):
    same = torch.ones(37, 4)
    ties = np.random.default_rng(0).permutation(37)
    rows, _ = top_k(same, same, ties, k)
    np.testing.assert_array_equal(rows, np.tile(np.argsort(ties)[:k], (37, 1)))


def test_no_query_has_no_list_and_no_rank():
    _, gallery, _, ties = problem(1, 6, seed=0)
    none = torch.empty(0, 2)
    assert top_k(none, gallery, ties, 3)[0].shape == (0, 3)
    assert ranks_of(none, gallery, np.empty(0, dtype=np.int64), ties).shape == (0,)


@given(sizes, sizes, blocks, st.integers(1, 50), st.booleans(), st.integers(0, 2**32 - 1))
def test_the_target_is_in_the_list_at_its_rank(n, g, block, k, rough, seed):
    """Rough: integers. Otherwise scores differ in their last bits only, which depend on the block."""
    queries, gallery, target, ties = problem(n, g, seed)
    if not rough:
        rng = torch.Generator().manual_seed(seed % 2**31)
        queries, centre = torch.randn(n, 96, generator=rng), torch.randn(1, 96, generator=rng)
        gallery = centre + 1e-7 * torch.randn(g, 96, generator=rng)
    ranks = ranks_of(queries, gallery, target, ties, block)
    rows, _ = top_k(queries, gallery, ties, k, block)
    for rank, own, listed in zip(ranks, target, rows, strict=True):
        if rank <= k:
            assert listed[rank - 1] == own
        else:
            assert own not in listed


def test_a_model_that_scores_everything_alike_finds_one_in_g():
    ids = [f"image-{number}" for number in range(37)]
    same = torch.ones(37, 4)
    ranks = ranks_of(same, same, np.arange(37), tie_order(ids))
    assert sorted(ranks) == list(range(1, 38))
    assert metrics_of(ranks)["recall@1"] == 1 / 37


def test_the_order_of_the_gallery_changes_no_rank():
    queries, gallery, target, _ = problem(50, 29, seed=4)
    ids = np.array([f"image-{number}" for number in range(29)])
    expected = ranks_of(queries, gallery, target, tie_order(list(ids)))
    moved = np.random.default_rng(1).permutation(29)
    new_place = np.argsort(moved)
    ranks = ranks_of(queries, gallery[torch.from_numpy(moved)], new_place[target], tie_order(list(ids[moved])))
    np.testing.assert_array_equal(ranks, expected)


def test_tie_order_is_a_permutation_that_does_not_follow_the_ids():
    order = tie_order([str(number) for number in range(1000)])
    assert sorted(order) == list(range(1000))
    assert abs(np.corrcoef(order, np.arange(1000))[0, 1]) < 0.1


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("side", ["query", "gallery item"])
@pytest.mark.parametrize("block", [1, 12, 1000])
def test_an_embedding_that_is_not_finite_has_no_rank(value, side, block):
    queries, gallery, target, ties = problem(5, 6, seed=0)
    {"query": queries, "gallery item": gallery}[side][3, 1] = value
    with pytest.raises(RematchError, match=f"{side} 3 .*finite"):
        ranks_of(queries, gallery, target, ties, block)
    with pytest.raises(RematchError, match=f"{side} 3 .*finite"):
        top_k(queries, gallery, ties, 2, block)


def test_minus_zero_and_zero_are_one_score():
    queries = torch.tensor([[1.0, 0.0]])
    gallery = torch.tensor([[0.0, 1.0], [-0.0, -1.0], [0.0, 0.5]])
    assert torch.signbit(queries @ gallery.T).any() or torch.signbit(gallery).any()
    ties = np.array([2, 0, 1])
    for target, rank in enumerate((3, 1, 2)):
        assert ranks_of(queries, gallery, np.array([target]), ties).tolist() == [rank]
    assert top_k(queries, gallery, ties, 3)[0].tolist() == [[1, 2, 0]]
    batch = queries.repeat(5, 1)  # several queries are computed by another function
    assert ranks_of(batch, gallery, np.zeros(5, dtype=np.int64), ties).tolist() == [3] * 5


@pytest.mark.parametrize("count", [1, 9])
def test_numbers_below_the_smallest_normal_one_still_differ(count):
    """Processors can be set to treat them as zero; then all would tie."""
    tiny = 2.0**-140
    queries = torch.ones(count, 1)
    gallery = torch.tensor([[1.0], [3.0], [2.0], [-1.0]]) * tiny
    ties = np.arange(4)
    for target, rank in enumerate((3, 1, 2, 4)):
        assert set(ranks_of(queries, gallery, np.full(count, target), ties)) == {rank}
    assert top_k(queries, gallery, ties, 4)[0][0].tolist() == [1, 2, 0, 3]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("count", [1, 7])
def test_embeddings_in_half_precision_rank_by_their_exact_values(dtype, count):
    """Scores summed in half precision would create ties, so embeddings are converted first."""
    draw = torch.Generator().manual_seed(0)
    queries, gallery = torch.randn(count, 96, generator=draw).to(dtype), torch.randn(31, 96, generator=draw).to(dtype)
    target, ties = np.arange(count), np.random.default_rng(0).permutation(31)
    expected = full_matrix_ranks(queries, gallery, target, ties)
    np.testing.assert_array_equal(ranks_of(queries, gallery, target, ties), expected)
    np.testing.assert_array_equal(top_k(queries, gallery, ties, 40)[0], full_matrix_order(queries, gallery, ties))


def test_ranks_of_given_scores_are_those_of_a_sort_by_score_then_place() -> None:
    generator = np.random.default_rng(3)
    scores, target, positions = (
        generator.integers(5, size=(40, 30)).astype(np.float32),
        generator.integers(30, size=40),
        generator.permutation(30),
    )
    for row, rank in enumerate(ranks_of_scores(scores, target, positions)):
        order = sorted(range(30), key=lambda column: (-scores[row, column], positions[column]))
        assert order.index(target[row]) + 1 == rank
