"""Audit: intervals, tests, corrections and power, each recomputed by scipy's or statsmodels' own functions."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import tt_solve_power
from statsmodels.stats.weightstats import ttost_paired

from core.analysis.alpha_choice import is_equivalent
from core.analysis.bootstrap import Resamples, interval
from core.analysis.cross_fit import CrossFit
from core.analysis.drift import Passed, trend
from core.analysis.significance import curve_bands, differences, holm, permutation_p
from core.analysis.slices import shuffled_p
from core.evaluation.metrics import values_of

N = 240


@pytest.fixture(scope="module")
def ranks() -> tuple[np.ndarray, np.ndarray]:
    """Return the ranks of the same articles under two models, the second slightly better, int [N] each."""
    generator = np.random.default_rng(2)
    before = np.exp(generator.uniform(0, np.log(400), N))
    after = before * np.exp(generator.normal(-0.1, 0.6, N))
    return tuple(np.clip(each, 1, 400).astype(np.int64) for each in (before, after))


def _gained(ranks: tuple[np.ndarray, np.ndarray], metric: str) -> np.ndarray:
    return values_of(ranks[1], metric) - values_of(ranks[0], metric)


@pytest.mark.parametrize("metric", ["mrr@100", "recall@10", "mean_rank"])
def test_an_interval_is_scipys_bootstrap_widened_for_small_n(ranks, metric: str) -> None:
    gained = _gained(ranks, metric)
    found = interval(Resamples(N, draws=9999).means(gained), N)
    theirs = stats.bootstrap((gained,), np.mean, n_resamples=9999, method="percentile", rng=1).confidence_interval
    width = stats.t.ppf(0.975, N - 1) / stats.norm.ppf(0.975) * np.sqrt(N / (N - 1))
    assert found.high - found.low == pytest.approx((theirs.high - theirs.low) * width, rel=0.05)
    assert found.low == pytest.approx(theirs.low, abs=0.05 * (theirs.high - theirs.low))


def test_a_band_is_as_wide_as_scipys_t_interval(ranks) -> None:
    low, high = curve_bands(np.stack(ranks), "mrr@100")
    for place, model in enumerate(ranks):
        values = values_of(model, "mrr@100")
        theirs = stats.t.interval(0.95, N - 1, values.mean(), stats.sem(values))
        assert high[place] - low[place] == pytest.approx(theirs[1] - theirs[0], rel=0.05)


@pytest.mark.parametrize("metric", ["recall@1", "recall@10", "recall@100"])
def test_p_of_a_recall_is_mcnemars(ranks, metric: str) -> None:
    a, b = (values_of(model, metric).astype(int) for model in ranks)
    table = [[np.sum((a == i) & (b == j)) for j in (0, 1)] for i in (0, 1)]
    assert permutation_p(*ranks, metric) == pytest.approx(mcnemar(table, exact=True).pvalue)


@pytest.mark.parametrize("metric", ["mrr@100", "mean_rank"])
def test_p_of_a_mean_is_near_the_t_tests(ranks, metric: str) -> None:
    theirs = stats.ttest_1samp(_gained(ranks, metric), 0).pvalue
    assert permutation_p(*ranks, metric) == pytest.approx(theirs, rel=0.25, abs=0.005)


@pytest.mark.parametrize("seed", range(5))
def test_holm_is_statsmodels(seed: int) -> None:
    p = np.random.default_rng(seed).random(9) ** 3
    assert holm(p.tolist()) == pytest.approx(multipletests(p, method="holm")[1])


def test_a_detectable_difference_has_the_power_that_statsmodels_gives_it(ranks) -> None:
    models = {"before": ranks[0], "after": ranks[1]}
    [found] = differences(models, [("before", "after")], ["mrr@100"]).differences
    spread = _gained(ranks, "mrr@100").std(ddof=1)
    assert found.detectable == pytest.approx(spread * tt_solve_power(nobs=N, alpha=0.05, power=0.8), rel=0.05)


@pytest.mark.parametrize("margin", [0.5, 1.5, 4.0])
def test_equivalence_is_statsmodels_tost(ranks, margin: float) -> None:
    generator = np.random.default_rng(0)
    near = np.maximum(1, ranks[0] + generator.integers(-1, 2, N))
    a, b = (values_of(model, "mrr@100") for model in (ranks[0], near))
    theirs = ttost_paired(a, b, -margin / N, margin / N)[0]
    assert is_equivalent(b - a, margin / N) == (theirs < 0.05)


def test_where_every_fold_chooses_the_same_alpha_the_t_test_is_scipys(ranks) -> None:
    curve = np.stack([ranks[0], np.minimum(ranks[1], ranks[0]), ranks[0] * 2])
    fit = CrossFit(curve, "mean_rank")
    [found] = differences({"a": curve[0], "b": fit}, [("a", "b")], ["mrr@100"]).differences
    gained = values_of(curve[1], "mrr@100") - values_of(curve[0], "mrr@100")
    theirs = stats.ttest_1samp(gained, 0)
    assert set(fit.places) == {1}
    assert found.value == pytest.approx(gained.mean())
    bounds = theirs.confidence_interval(0.95)
    assert (found.interval.low, found.interval.high) == pytest.approx((bounds.low, bounds.high), rel=0.06)
    assert stats.norm.isf(found.p / 2) == pytest.approx(stats.norm.isf(theirs.pvalue / 2), rel=0.06)


def test_the_slope_over_time_is_scipys(ranks) -> None:
    days = np.sort(np.random.default_rng(1).uniform(0, 90, N))
    passed = Passed("week", days, (days // 7).astype(int), tuple(map(str, range(13))))
    found = trend("b", *ranks, passed, "mrr@100")
    theirs = stats.linregress(days, _gained(ranks, "mrr@100"))
    assert found.slope == pytest.approx(theirs.slope)
    width = 2 * theirs.stderr * stats.t.ppf(0.975, N - 2)
    assert found.slope_interval.high - found.slope_interval.low == pytest.approx(width, rel=0.2)


def test_p_of_a_slice_is_near_welchs(ranks) -> None:
    gained = _gained(ranks, "mrr@100")
    inside = np.arange(N) % 3 == 0
    theirs = stats.ttest_ind(gained[inside], gained[~inside], equal_var=False).pvalue
    assert shuffled_p(gained, {"third": inside})["third"] == pytest.approx(theirs, abs=0.03)
