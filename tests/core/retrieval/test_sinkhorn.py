"""Sinkhorn's scaling against a dense computation in float64, and in the limit against scipy's best assignment."""

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment
from scipy.special import logsumexp

from core.retrieval.choices import Reranking
from core.retrieval.ranking import ranks_of
from core.retrieval.reranking import reranked
from core.retrieval.sinkhorn import TOLERANCE, log_scaling, score_blocks

#: Of a mass of 1: the last step was at most TOLERANCE, the sum of all that would follow is larger.
CLOSE = 50 * TOLERANCE
SIZES = [(1, 1), (1, 7), (7, 1), (9, 5), (13, 13), (13, 31), (31, 13), (30, 31)]


def problem(n: int, g: int, seed: int = 0, dim: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    queries, items = (torch.nn.functional.normalize(torch.randn(c, dim, generator=rng), dim=1) for c in (n, g))
    return queries, items


def dense_plan(queries: torch.Tensor, items: torch.Tensor, temperature: float) -> np.ndarray:
    """Return the plan [N, G], float64, by alternating over the whole matrix until nothing moves."""
    log_p = queries.double().numpy() @ items.double().numpy().T / temperature
    (n, g), log_v, before = log_p.shape, np.zeros(len(items)), np.inf
    while np.abs(log_v - before).max() > 1e-11:
        before = log_v
        log_u = -logsumexp(log_p + log_v, axis=1)
        log_v = np.log(max(1, n / g)) - logsumexp(log_p + log_u[:, None], axis=0)
        log_v = np.minimum(log_v, 0) if n < g else log_v
    return np.exp(log_p + log_u[:, None] + log_v)


def plan(queries: torch.Tensor, items: torch.Tensor, log_v: torch.Tensor, temperature: float) -> np.ndarray:
    return (queries.double() @ items.double().T / temperature + log_v).softmax(dim=1).numpy()


@pytest.mark.parametrize(("n", "g"), SIZES)
def test_the_plan_is_the_dense_one_whatever_the_block(n, g):
    queries, items = problem(n, g, seed=n * 100 + g)
    expected = dense_plan(queries, items, 0.1)
    for items_at_once in {1, 2, g // 2 + 1, g}:
        found = plan(queries, items, log_scaling(items, queries, 0.1, items_at_once * n), 0.1)
        np.testing.assert_allclose(found, expected, atol=CLOSE)


@pytest.mark.parametrize(("n", "g"), SIZES)
def test_no_item_receives_more_than_its_share(n, g):
    queries, items = problem(n, g)
    received = plan(queries, items, log_scaling(items, queries, 0.05, 1 << 20), 0.05).sum(axis=0)
    assert received.max() <= max(1, n / g) + CLOSE
    if n >= g:
        np.testing.assert_allclose(received, n / g, atol=CLOSE)


@pytest.mark.parametrize(("n", "g"), [(7, 7), (9, 14), (12, 40)])
def test_at_a_low_temperature_the_first_items_are_scipys_best_assignment(n, g):
    hub = torch.nn.functional.normalize(torch.ones(1, 8), dim=1)
    queries, items = (torch.nn.functional.normalize(side + hub, dim=1) for side in problem(n, g, seed=5))
    cosine = (queries @ items.T).numpy()
    _, assigned = linear_sum_assignment(-cosine)
    assert (cosine.argmax(axis=1) != assigned).any()  # texts compete
    found = plan(queries, items, log_scaling(items, queries, 0.01, 1 << 20), 0.01)
    np.testing.assert_array_equal(found.argmax(axis=1), assigned)


def test_where_no_item_is_wanted_twice_cosines_are_unchanged():
    items = torch.eye(9)
    assert not log_scaling(items, items[2:5], 0.02, 1 << 20).any()


def test_equal_items_share_and_keep_the_fixed_order():
    queries, items = problem(6, 4)
    items = torch.cat([items, items])
    log_v = log_scaling(items, queries, 0.05, 1 << 20)
    torch.testing.assert_close(log_v[:4], log_v[4:])
    scored = reranked(torch.ones(5, 3), torch.ones(8, 3), Reranking("sinkhorn", 0.1))
    np.testing.assert_array_equal(ranks_of(*scored, np.array([3] * 5), np.arange(8)[::-1].copy()), [5] * 5)


def test_pairs_with_hubs_are_found_in_both_directions():
    """Queries and items share one direction to different degrees, so that some items are near to all queries."""
    rng = torch.Generator().manual_seed(1)
    pairs, common = torch.randn(60, 32, generator=rng), torch.randn(1, 32, generator=rng)
    nearer = torch.rand(60, 1, generator=rng) * 3
    sides = (pairs + 1.5 * torch.randn(60, 32, generator=rng) + nearer * common for _ in range(2))
    texts, images = (torch.nn.functional.normalize(side, dim=1) for side in sides)
    own, ties = np.arange(60), np.arange(60)
    for queries, gallery in ((texts, images), (images, texts)):
        before = ranks_of(queries, gallery, own, ties)
        after = ranks_of(*reranked(queries, gallery, Reranking("sinkhorn", 0.05)), own, ties)
        assert (after == 1).mean() > (before == 1).mean() + 0.1


def test_memory_is_bounded_by_the_block():
    queries, items = problem(10, 23)
    blocks = [scores for _, scores in score_blocks(items, queries, 40)]
    assert {scores.shape for scores in blocks} == {(4, 10), (3, 10)}
    assert sum(map(len, blocks)) == 23
