"""Rules that give each article its own α, against loops and planted answers."""

import numpy as np
import pytest

from core.analysis.headroom import (
    BEST_OF_ALL,
    BEST_OF_ENDS,
    ONE_ALPHA,
    SHUFFLED,
    Signals,
    chosen_by_others,
    compare_rules,
    dawin,
    folds_of,
    luck_of,
    one_alpha,
    rows_at,
    rows_of_oracle,
    select,
)
from core.evaluation.metrics import values_of

ALPHAS = np.arange(101) / 100


def _planted(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return ranks [101, n] of articles that are right only near their own end, and which end: bool [n]."""
    fine = np.random.default_rng(seed).random(n) < 0.5
    distance = np.abs(ALPHAS[:, None] - fine)
    return (1 + np.floor(distance * 15)).astype(np.int32), fine


def _signals(fine: np.ndarray, seed: int = 0) -> Signals:
    """Return signals of which the entropies know the better end and all others are noise."""
    generator, n = np.random.default_rng(seed), len(fine)
    entropies = np.stack([np.where(fine, 5.0, 2.0), np.where(fine, 2.0, 5.0)])
    return Signals(np.stack([entropies, entropies]), generator.random((2, n)), generator.random((2, n)), None)


def test_the_nearest_swept_alpha_is_found() -> None:
    alphas = np.array([0.0, 0.2, 0.5, 0.9, 1.0])
    wanted = np.random.default_rng(0).uniform(-0.3, 1.3, 200)
    slow = [np.abs(alphas - min(max(alpha, 0), 1)).argmin() for alpha in wanted]
    assert rows_at(alphas, wanted).tolist() == slow


def test_each_fold_is_judged_by_the_candidate_that_the_others_choose() -> None:
    values = np.random.default_rng(1).random((7, 43))
    folds, found = folds_of(43), chosen_by_others(values)
    for article in range(43):
        means = [np.mean([row[j] for j in range(43) if folds[j] != folds[article]]) for row in values]
        assert found[article] == np.argmax(means)
    assert chosen_by_others(values[:, :1]).tolist() == [0]


def test_dawin_is_the_share_of_the_surer_model() -> None:
    zero_shot, fine_tuned = np.array([1.0, 3.0, 2.0]), np.array([1.0, 1.0, 5.0])
    surer = np.exp(-fine_tuned) / (np.exp(-zero_shot) + np.exp(-fine_tuned))
    assert dawin(zero_shot, fine_tuned) == pytest.approx(surer)
    assert dawin(zero_shot, fine_tuned)[0] == 0.5


def test_a_signal_that_knows_the_better_end_reaches_the_oracle_and_its_shuffle_does_not() -> None:
    ranks, fine = _planted(200)
    found = compare_rules(ranks, ALPHAS, _signals(fine))
    assert found.of(BEST_OF_ALL).value == found.of(BEST_OF_ENDS).value == 1.0
    assert found.of("DaWin").value > 0.9
    assert found.of("selector").value == 1.0
    assert found.of("DaWin").p_holm < 0.01
    assert found.of(SHUFFLED).difference < 0.05
    assert found.of("margin").difference < 0.05
    assert found.of(SHUFFLED).spread == pytest.approx(found.of("DaWin, centred").spread, rel=0.5)


def test_values_and_differences_are_those_of_the_ranks() -> None:
    ranks = np.random.default_rng(3).integers(1, 150, (101, 60)).astype(np.int32)
    found = compare_rules(ranks, ALPHAS, _signals(np.random.default_rng(4).random(60) < 0.5))
    gains = values_of(ranks, "mrr@100")
    single = gains[one_alpha(ranks), np.arange(60)]
    assert found.of(ONE_ALPHA).value == pytest.approx(single.mean())
    grid = rows_of_oracle(ALPHAS, one_alpha(ranks))
    assert found.of(BEST_OF_ALL).difference == pytest.approx((gains[grid].max(axis=0) - single).mean())
    for rule in found.rules:
        assert rule.difference == pytest.approx(rule.value - found.of(ONE_ALPHA).value)
        assert (rule.p is None) == (rule not in found.usable)
    assert len(found.usable) == 5  # VRF needs the failures of train


def test_the_selector_does_not_see_the_articles_that_it_judges() -> None:
    gains, features = np.random.default_rng(5).random((11, 40)), np.random.default_rng(6).normal(size=(40, 3))
    before, folds = select(gains, features), folds_of(40)
    changed = gains.copy()
    changed[:, folds == 2] = np.random.default_rng(7).random((11, (folds == 2).sum()))
    after = select(changed, features)
    assert (after[folds == 2] == before[folds == 2]).all()
    assert (after != before).any()


def test_curves_that_only_fluctuate_have_a_large_oracle_and_nothing_beyond_luck() -> None:
    generator, n = np.random.default_rng(8), 400
    own = generator.integers(1, 60, (21, n))
    single = np.full(n, 10)
    others = []
    for place in own[10]:  # unrelated images in the same place, of the same kind
        ranks = generator.integers(1, 60, (21, 4))
        ranks[10] = place
        others.append(ranks)
    ends, best = luck_of(own, single, others)
    assert (ends.oracle, best.oracle) == (BEST_OF_ENDS, BEST_OF_ALL)
    assert best.gain > 0.3
    for luck in (ends, best):
        assert luck.interval.low < 0 < luck.interval.high
        assert luck.beyond == pytest.approx(luck.gain - luck.by_chance)


def test_what_unrelated_images_do_not_gain_is_beyond_luck() -> None:
    own = np.full((21, 50), 10)
    own[3] = 1
    still = [np.full((21, 2), 10) if article else np.empty((21, 0), int) for article in range(50)]
    ends, best = luck_of(own, np.full(50, 10), still)
    assert ends.gain == 0.0  # the best α is between the ends
    assert (best.n, best.by_chance) == (49, 0.0)
    assert best.beyond == best.gain == pytest.approx(0.9)
    assert luck_of(own, np.full(50, 10), still[:1]) == ()
