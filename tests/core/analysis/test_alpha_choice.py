"""Stability of α*: the choice against the sweep's, planted plateaus, and regret against plain counting."""

from typing import get_args

import numpy as np
import pytest

from core.analysis.alpha_choice import alpha_plateau, halves, judge_choice, spread_of_choice
from core.analysis.cross_fit import chosen_place
from core.evaluation.alpha_selection import Criterion, select_alpha
from core.evaluation.sweep import Sweep

ALPHAS = (0.0, 0.25, 0.5, 0.75, 1.0)


def _ranks(n: int, seed: int = 0) -> np.ndarray:
    return np.exp(np.random.default_rng(seed).uniform(0, np.log(200), (len(ALPHAS), n))).astype(np.int32)


@pytest.mark.parametrize("criterion", get_args(Criterion))
@pytest.mark.parametrize("seed", range(6))
def test_the_choice_is_the_sweeps(criterion, seed):
    ranks = _ranks(9, seed)  # few articles, so that recalls tie
    ids = [str(number) for number in range(9)]
    curve = Sweep("val", ALPHAS, ids, ranks, ranks, ranks[:, :, None], np.zeros(5, dtype=bool)).curve()
    assert ALPHAS[chosen_place(ranks, criterion)] == select_alpha(curve, criterion).alpha


def test_of_equal_alphas_the_smallest_is_chosen():
    assert chosen_place(np.ones((5, 4), dtype=int), "recall@1") == 0


def test_the_spread_is_the_choice_made_on_each_draw():
    ranks = _ranks(20, 3)
    spread = spread_of_choice(ranks, ALPHAS, "recall@1")
    drawn = np.random.default_rng(0).integers(20, size=(2000, 20))
    chosen = [ALPHAS[chosen_place(ranks[:, rows], "recall@1")] for rows in drawn[:300]]

    assert sum(spread.shares) == pytest.approx(1)
    for alpha, share in zip(spread.alphas, spread.shares, strict=True):
        assert share == pytest.approx(np.mean([choice == alpha for choice in chosen]), abs=0.08)
    assert spread.interval.low in ALPHAS
    assert spread.interval.low <= spread.interval.high


def test_where_one_alpha_is_clearly_best_the_region_is_that_alpha():
    ranks = np.full((5, 60), 50, dtype=np.int32)
    ranks[2] = 1
    flat = alpha_plateau(ranks, ALPHAS, 2, "recall@1")
    assert (flat.low, flat.best, flat.high) == (0.5, 0.5, 0.5)


def test_where_nothing_moves_the_region_is_all_of_alpha():
    flat = alpha_plateau(np.tile(_ranks(40)[0], (5, 1)), ALPHAS, 2, "mrr@100")
    assert (flat.low, flat.high) == (0.0, 1.0)


def test_a_few_articles_that_all_lose_are_still_noise_and_many_are_not():
    ranks = np.ones((5, 60), dtype=np.int32)
    ranks[3, :4] = 7  # four of sixty lost at 0.75: an exact test says 0.125
    ranks[4, :9] = 7
    flat = alpha_plateau(ranks, ALPHAS, 2, "recall@1")
    assert (flat.low, flat.high) == (0.0, 0.75)


def test_less_than_one_articles_worth_is_noise_however_consistent():
    ranks = np.full((5, 90), 60, dtype=np.int32)
    ranks[3] = 61  # all ninety lose one place: mrr@100 changes by 90 * (1/60 - 1/61) = 0.02 of one article
    flat = alpha_plateau(ranks, ALPHAS, 2, "mrr@100")
    assert flat.high == 1.0


def test_regret_is_what_the_best_in_hindsight_has_more():
    ranks = _ranks(80, 5)
    found = judge_choice(ranks, ALPHAS, 1, ("recall@10", "mrr@100"), ("here", 10), "there")
    recalls = (ranks <= 10).mean(axis=1)

    assert found.regrets[0].value == pytest.approx(recalls.max() - recalls[1])
    assert found.regrets[0].best == ALPHAS[int(recalls.argmax())]
    assert all(regret.value >= 0 for regret in found.regrets)
    assert (found.n_chosen, found.differences.n, found.alpha) == (10, 80, 0.25)


def test_halves_keep_the_order_of_time():
    earlier, later = halves(np.arange(10).reshape(2, 5))
    np.testing.assert_array_equal(earlier, [[0, 1], [5, 6]])
    np.testing.assert_array_equal(later, [[2, 3, 4], [7, 8, 9]])
