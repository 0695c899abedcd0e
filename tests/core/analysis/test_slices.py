"""Slices against the articles outside: planted effects are found, nulls are not, fast ways are the plain ones."""

import numpy as np
import pytest
from scipy import stats

from core.analysis import slices
from core.analysis.bootstrap import Resamples, interval
from core.analysis.slices import against_others, compare_slices, shuffled_p
from core.evaluation.metrics import values_of

PAIRS = (("old", "new"),)


def _ranks(n: int, seed: int) -> np.ndarray:
    return np.exp(np.random.default_rng(seed).uniform(0, np.log(300), size=n)).astype(np.int32)


def _some(n: int, k: int, seed: int) -> np.ndarray:
    inside = np.zeros(n, dtype=bool)
    inside[np.random.default_rng(seed).permutation(n)[:k]] = True
    return inside


def test_p_is_that_of_scipys_permutation_test_with_welchs_t() -> None:
    generator = np.random.default_rng(0)
    gain = generator.normal(size=60)
    inside = _some(60, 20, 1)
    gain[inside] += 0.5

    def welch(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
        return stats.ttest_ind(x, y, axis=axis, equal_var=False).statistic

    plain = stats.permutation_test((gain[inside], gain[~inside]), welch, n_resamples=9999, vectorized=True, rng=1)
    assert shuffled_p(gain, {"a": inside})["a"] == pytest.approx(plain.pvalue, abs=0.01)


def test_blocks_of_shuffles_are_the_shuffles_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "SHUFFLES", 99)
    gain, members = np.random.default_rng(0).normal(size=40), {"a": _some(40, 9, 1), "b": _some(40, 30, 2)}
    whole = shuffled_p(gain, members)
    monkeypatch.setattr(slices, "_AT_ONCE", 100)  # two at once

    assert shuffled_p(gain, members) == whole


def test_a_gain_that_all_articles_share_is_no_slices_own() -> None:
    before = np.random.default_rng(0).integers(20, 60, 200)
    found = compare_slices({"old": before, "new": np.full(200, 2)}, PAIRS, {"a": _some(200, 50, 1)})[0].effects[0]

    assert found.value > 0.4
    assert found.interval.excludes_zero
    assert not found.is_significant
    assert not found.against_interval.excludes_zero


def test_a_planted_slice_is_found_and_only_that() -> None:
    before, planted = _ranks(300, 0), _some(300, 40, 1)
    after = np.where(planted, np.maximum(1, before // 8), before)
    members = {f"other {seed}": _some(300, 60, seed) for seed in range(2, 10)} | {"planted": planted}
    found = compare_slices({"old": before, "new": after}, PAIRS, members)

    assert [one.name for one in found if one.effects[0].is_significant] == ["planted"]
    assert found[0].name == "planted"  # the largest first
    assert found[0].n == 40
    assert found[0].reached["new"] == pytest.approx(values_of(after, "mrr@100")[planted].mean())


@pytest.mark.parametrize("wide", [False, True])
def test_a_slice_with_no_effect_is_rarely_called_one(wide: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the slice varies three times as much as the others, which shuffled means alone would call real."""
    monkeypatch.setattr(slices, "SHUFFLES", 399)
    called = 0
    for seed in range(300):
        gain = np.random.default_rng(seed).normal(size=120)
        inside = _some(120, 25, seed)
        if wide:
            gain[inside] *= 3
        called += shuffled_p(gain, {"a": inside})["a"] < 0.05
    assert called / 300 <= 0.085  # 0.05 and three standard errors


def test_the_interval_of_a_difference_of_differences_covers_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(300):
        generator = np.random.default_rng(seed)
        gain, inside = generator.normal(size=150) * 0.3, _some(150, 40, seed)
        gain[inside] += 0.1
        between = against_others(gain, inside)[3]
        covered += between.low <= 0.1 <= between.high
    assert 0.91 <= covered / 300 <= 0.985


def test_the_parts_of_an_effect_are_those_of_plain_means() -> None:
    gain, inside = np.random.default_rng(0).normal(size=80), _some(80, 30, 1)
    value, own, against, _ = against_others(gain, inside)

    assert value == pytest.approx(gain[inside].mean())
    assert own == interval(Resamples(30).means(gain[inside]), 30)
    assert against == pytest.approx(gain[inside].mean() - gain[~inside].mean())


def test_slices_that_are_too_small_or_leave_too_few_outside_are_left_out() -> None:
    members = {"few": _some(50, 4, 0), "most": _some(50, 46, 0), "some": _some(50, 5, 0)}
    found = compare_slices({"old": _ranks(50, 0), "new": _ranks(50, 1)}, PAIRS, members)

    assert [one.name for one in found] == ["some"]


def test_models_that_agree_leave_nothing_to_find() -> None:
    ranks = _ranks(50, 0)
    effect = compare_slices({"old": ranks, "new": ranks}, PAIRS, {"a": _some(50, 20, 0)})[0].effects[0]

    assert (effect.value, effect.against, effect.p, effect.is_significant) == (0, 0, 1, False)
