"""Criteria that choose α without ground truth, and their regret, against loops and planted answers."""

import numpy as np
import pytest

from core.analysis.label_free import EARLIER, HALF, MEAN_WEIGHT, SHARP_WEIGHT, backtest, recommend
from core.analysis.rolling_origin import NextAlphas, OriginRanks

ALPHAS = tuple(step / 10 for step in range(11))


def _origin(ranks: np.ndarray, earlier: float, recommended: dict[str, float]) -> OriginRanks:
    return OriginRanks(0, 80, 20, earlier, np.arange(3), np.ones(3), {}, NextAlphas(ALPHAS, ranks, recommended))


def test_each_criterion_recommends_its_alpha() -> None:
    generator = np.random.default_rng(0)
    entropies, highest, margin = generator.random((11, 2, 9)), generator.random((11, 9)), generator.random((11, 9))
    entropies[4, 0], highest[7], margin[2] = 0.0, 2.0, 2.0
    found = recommend(ALPHAS, entropies, highest, margin)
    assert found["lowest mean entropy"] == 0.4
    assert found["highest mean best score"] == 0.7
    assert found["largest mean margin"] == 0.2
    assert found[HALF] == 0.5
    for name, row in ((MEAN_WEIGHT, 0), (SHARP_WEIGHT, 1)):
        zero_shot, fine_tuned = np.exp(-entropies[0, row]), np.exp(-entropies[-1, row])
        assert found[name] == pytest.approx((fine_tuned / (zero_shot + fine_tuned)).mean())


def test_regret_is_what_the_best_alpha_of_the_period_would_have_given() -> None:
    generator = np.random.default_rng(1)
    periods = [generator.integers(1, 20, (11, n)) for n in (40, 60, 50)]
    earlier, free = (0.3, 0.0, 1.0), (0.52, 0.9, 0.1)
    origins = [
        _origin(ranks, *alphas) for ranks, *alphas in zip(periods, earlier, ({"free": a} for a in free), strict=True)
    ]
    of_labels, of_free = backtest(origins)
    assert (of_labels.name, of_free.name) == (EARLIER, "free")
    for found, chosen in ((of_labels, earlier), (of_free, free)):
        lost = []
        for ranks, alpha in zip(periods, chosen, strict=True):
            means = [np.mean([1 / rank for rank in row]) for row in ranks]
            lost.append(max(means) - means[round(alpha * 10)])
        assert found.regrets == pytest.approx(lost)
        assert found.regret == pytest.approx(np.average(lost, weights=[40, 60, 50]))
        assert found.share_small == np.mean(np.array(lost) <= 0.005)
    assert of_labels.p_holm is None
    assert of_free.difference == pytest.approx(of_labels.regret - of_free.regret)


def test_a_criterion_that_finds_the_best_alpha_is_better_than_one_that_does_not() -> None:
    ranks = np.full((11, 100), 5)
    ranks[8] = 1
    [labels, free] = backtest([_origin(ranks, 0.2, {"free": 0.8})])
    assert (free.regret, free.share_small) == (0.0, 1.0)
    assert labels.regret == pytest.approx(0.8)
    assert free.p_holm < 0.05
    assert backtest([]) == ()
