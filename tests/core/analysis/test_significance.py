"""Differences between models: planted ones are found, planted nulls are not, and every number against a plain way."""

import numpy as np
import pytest
from scipy import stats

from core.analysis.bootstrap import Resamples, interval
from core.analysis.significance import curve_bands, curve_significance, differences, holm, permutation_p
from core.evaluation.metrics import METRICS, metrics_of, values_of


def _ranks(n: int, seed: int, gallery: int = 300) -> np.ndarray:
    return np.exp(np.random.default_rng(seed).uniform(0, np.log(gallery), size=n)).astype(np.int32)


def _two_models_alike(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Two models whose ranks of an article differ, but neither of which is better: a null."""
    generator = np.random.default_rng(seed)
    a, b = _ranks(n, seed), np.maximum(1, _ranks(n, seed) + generator.integers(-9, 10, n))
    swapped = generator.random(n) < 0.5
    return np.where(swapped, a, b), np.where(swapped, b, a)


@pytest.mark.parametrize("metric", ["mrr@100", "recall@10", "mean_rank"])
def test_p_is_uniform_where_neither_model_is_better(metric: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.analysis.significance.PERMUTATIONS", 399)
    p = np.array([permutation_p(*_two_models_alike(80, seed), metric) for seed in range(250)])

    assert (p < 0.05).mean() <= 0.085  # 0.05 and two and a half standard errors
    if metric != "recall@10":  # few articles cross a threshold, so its p has few values and is cautious
        assert stats.kstest(p, "uniform").pvalue > 0.01


def test_p_is_that_of_every_swap() -> None:
    before, after = np.array([1, 4, 9, 30, 2, 8]), np.array([1, 2, 3, 10, 3, 4])
    gained = values_of(after, "mrr@100") - values_of(before, "mrr@100")
    signs = np.array(np.meshgrid(*[[-1, 1]] * 6)).reshape(6, -1).T
    every = (signs * gained).mean(axis=1)
    share = min((every >= gained.mean() - 1e-12).mean(), (every <= gained.mean() + 1e-12).mean())

    assert permutation_p(before, after, "mrr@100") == pytest.approx(min(1.0, 2 * share))


def test_models_that_agree_are_not_told_apart() -> None:
    ranks = _ranks(50, 0)
    found = differences({"a": ranks, "b": ranks}, [("a", "b")])

    for one in found.differences:
        assert (one.value, one.p, one.p_holm, one.is_significant) == (0, 1, 1, False)
        assert one.detectable is None
        assert (one.interval.low, one.interval.high) == (0, 0)


def test_a_planted_difference_is_found_with_its_sign() -> None:
    before = _ranks(200, 3)
    after = np.maximum(1, before // 2)
    found = differences({"old": before, "new": after}, [("old", "new")])

    assert found.of("mrr@100", "old", "new").value > 0
    assert found.of("mean_rank", "old", "new").value < 0
    assert all(one.is_significant for one in found.differences if one.metric in ("mrr@100", "mean_rank", "median_rank"))
    assert found.of("mrr@100", "old", "new").interval.excludes_zero


def test_values_are_those_of_the_metrics_to_the_last_digit() -> None:
    ranks = _ranks(123, 4)
    found = differences({"a": ranks, "b": ranks[::-1].copy()}, [("a", "b")])

    record = metrics_of(ranks)
    assert {one.metric: one.value for one in found.reached if one.model == "a"} == {
        name: value for name, value in record.items() if name != "n"
    }


def test_the_interval_of_a_difference_is_of_the_articles_differences() -> None:
    before, after = _ranks(90, 5), _ranks(90, 6)
    gained = values_of(after, "recall@10") - values_of(before, "recall@10")
    found = differences({"a": before, "b": after}, [("a", "b")]).of("recall@10", "a", "b")

    expected = interval(Resamples(90).means(gained), 90)
    assert found.interval.low == pytest.approx(expected.low)
    assert found.interval.high == pytest.approx(expected.high)


def test_holm_keeps_the_order_and_never_falls() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


@pytest.mark.parametrize("metric", ["recall@10", "mrr@100", "median_rank"])
def test_a_detectable_difference_is_found_in_four_of_five_cases(metric: str) -> None:
    generator = np.random.default_rng(9)
    before = _ranks(200, 7)
    after = np.maximum(1, before + generator.integers(-90, 91, 200)).astype(np.int32)
    detectable = differences({"a": before, "b": after}, [("a", "b")], [metric]).differences[0].detectable
    assert detectable is not None
    average = np.median if METRICS[metric].average == "median" else np.mean
    rows = generator.integers(200, size=(2000, 200))
    drawn = average(values_of(after, metric)[rows], axis=1) - average(values_of(before, metric)[rows], axis=1)
    found = np.abs(drawn - drawn.mean() + detectable) > 1.96 * drawn.std()

    assert 0.77 <= found.mean() <= 0.83 or (metric == "median_rank" and found.mean() > 0.7)  # a median has few values


def test_p_is_corrected_over_all_pairs_and_metrics_shown() -> None:
    models = {name: _ranks(60, seed) for seed, name in enumerate("abc")}
    pairs, metrics = [("a", "b"), ("a", "c"), ("b", "c")], ["mrr@100", "recall@10"]
    found = differences(models, pairs, metrics).differences

    assert len(found) == 6
    assert [one.p_holm for one in found] == pytest.approx(holm([one.p for one in found]))


def test_bands_of_a_curve_are_the_intervals_at_each_alpha() -> None:
    ranks = np.stack([_ranks(40, seed) for seed in range(3)])
    for metric in ("mrr@100", "median_rank"):
        low, high = curve_bands(ranks, metric)
        for place, row in enumerate(ranks):
            one = next(r for r in differences({"a": row}, []).reached if r.metric == metric)
            assert (low[place], high[place]) == pytest.approx((one.interval.low, one.interval.high))


def test_significance_along_a_curve_is_that_of_the_tests_at_each_alpha() -> None:
    ranks = np.stack([_ranks(120, 1), _ranks(120, 1), np.maximum(1, _ranks(120, 1) // 3)])
    metrics = ("mrr@100", "recall@10")
    found = curve_significance(ranks, metrics, (0, -1))
    for row in range(3):
        pairs = [(metric, other) for metric in metrics for other in (0, 2)]
        corrected = holm([permutation_p(ranks[other], ranks[row], metric) for metric, other in pairs])
        expected = [p < 0.05 for p in corrected]
        assert [bool(found[metrics.index(metric), other // 2, row]) for metric, other in pairs] == expected
    assert found[:, 0, 2].all()
    assert not found[:, 0, :2].any()
