"""Cross-fitting: by an obvious loop, without the luck of the choice, and with intervals that cover."""

from functools import partial

import numpy as np
import pytest

from core.analysis.bootstrap import Resamples
from core.analysis.cross_fit import FOLDS, CrossFit, chosen_place
from core.analysis.significance import differences, permutation_p
from core.evaluation.metrics import METRICS, metrics_of, values_of
from core.evaluation.models import Model

PAIR = (Model.FINE_TUNED, Model.WISE_FT)
ALPHAS = 21


def _collection(n: int, seed: int = 0) -> np.ndarray:
    """Ranks at each α that rise and fall along α in every article, int [A, n]; no α is better than another."""
    generator = np.random.default_rng(seed)
    waves = generator.integers(1, 6, n) * np.linspace(0, 2 * np.pi, ALPHAS, endpoint=False)[:, None]
    along = waves + generator.uniform(0, 2 * np.pi, n)
    level = generator.uniform(0, np.log(300), n)
    return np.exp(np.clip(level + generator.uniform(0, 2, n) * np.sin(along), 0, None)).astype(np.int32)


@pytest.mark.parametrize("criterion", ["recall@1", "mrr@100", "mean_rank", "median_rank"])
@pytest.mark.parametrize("n", [1, 3, 47])
def test_each_article_is_judged_at_the_alpha_that_the_other_folds_choose(criterion: str, n: int) -> None:
    fit = CrossFit(_collection(n), criterion)
    for fold in range(min(FOLDS, n)):
        inside = fit.folds == fold
        assert abs(inside.sum() - n / min(FOLDS, n)) < 1
        expected = chosen_place(fit.curve[:, ~inside], criterion) if n > 1 else 0
        np.testing.assert_array_equal(fit.ranks[inside], fit.curve[expected, inside])


@pytest.mark.parametrize("criterion", ["recall@1", "mean_rank"])
def test_the_choice_is_made_again_in_every_draw(criterion: str) -> None:
    n, fit = 31, CrossFit(_collection(31), criterion)
    drawn = fit.drawn(Resamples(n, draws=60), tuple(METRICS))
    rows = np.random.default_rng(0).integers(n, size=(60, n))
    for place, articles in enumerate(rows):
        ranks = np.concatenate(
            [
                fit.curve[chosen_place(fit.curve[:, articles[fit.folds[articles] != fold]], criterion)][
                    articles[fit.folds[articles] == fold]
                ]
                for fold in range(FOLDS)
            ]
        )
        expected = metrics_of(ranks)
        assert {metric: drawn[metric][place] for metric in METRICS} == pytest.approx(
            {metric: expected[metric] for metric in METRICS}
        )


def test_over_random_halves_the_gain_is_that_on_the_half_that_did_not_choose() -> None:
    collection, generator = _collection(240), np.random.default_rng(1)
    gains = []
    for _ in range(400):
        order = generator.permutation(240)
        here, there = collection[:, order[:120]], collection[:, order[120:]]
        chosen = chosen_place(here, "recall@1")
        gains.append(
            [_gain(here, here[chosen]), _gain(there, there[chosen]), _gain(here, CrossFit(here, "recall@1").ranks)]
        )
    chosen_here, honest, cross_fitted = np.mean(gains, axis=0)
    error = np.std([gain[2] - gain[1] for gain in gains]) / 20

    assert chosen_here - honest > 10 * error  # what the audit found
    assert abs(cross_fitted - honest) < 3 * error


def _gain(ranks: np.ndarray, judged: np.ndarray) -> float:
    return float((values_of(judged, "mrr@100") - values_of(ranks[-1], "mrr@100")).mean())


def test_no_gain_is_claimed_where_no_alpha_is_better(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.analysis.significance.PERMUTATIONS", 399)
    monkeypatch.setattr("core.analysis.significance.Resamples", partial(Resamples, draws=400))
    claims = []
    for seed in range(150):
        ranks = _collection(100, seed)
        fit = CrossFit(ranks, "recall@1")
        [found] = differences({PAIR[0]: ranks[-1], PAIR[1]: fit}, [PAIR], ["mrr@100"]).differences
        naive = permutation_p(ranks[-1], ranks[chosen_place(ranks, "recall@1")], "mrr@100")
        claims.append([found.p < 0.05, naive < 0.05, found.interval.low <= 0 <= found.interval.high])
    cross_fitted, at_alpha, covered = np.mean(claims, axis=0)

    assert at_alpha > 0.1
    assert cross_fitted < 0.09  # 0.05 and two standard errors
    assert covered > 0.91
