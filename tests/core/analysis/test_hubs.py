"""k-occurrence and its skewness, against SciPy's and plain counts; planted hubs are found."""

import numpy as np
import pytest
from scipy import stats

from core.analysis.hubs import hubs, occurrences, skewness_change


def _lists(n: int, gallery: int, seed: int, hubs: int = 0) -> np.ndarray:
    """First tens drawn at random; the first `hubs` images are in every other one."""
    rng = np.random.default_rng(seed)
    best = np.stack([rng.permutation(np.arange(hubs, gallery))[:12] for _ in range(n)])
    best[::2, :hubs] = np.arange(hubs)
    return best


def test_occurrences_are_counted_in_the_first_ten_alone():
    best = _lists(50, 40, 0)
    expected = [sum(row in listed[:10] for listed in best.tolist()) for row in range(40)]
    assert occurrences(best, 40).tolist() == expected
    assert sum(times * count for times, count in enumerate(hubs(best, 40).images)) == 500


def test_skewness_is_scipys():
    best = _lists(50, 40, 1, hubs=2)
    assert hubs(best, 40).skewness == pytest.approx(stats.skew(occurrences(best, 40)))


def test_hubs_are_named_and_who_never_comes_up_is_counted():
    best = _lists(60, 30, 2, hubs=3)
    found = hubs(best, 35)
    assert {row for row, _ in found.most[:3]} == {0, 1, 2}
    assert {times for _, times in found.most[:3]} == {30}
    assert found.never == 5 / 35


def test_a_gallery_that_is_all_listed_has_no_hubs():
    best = np.tile(np.arange(8), (20, 1))
    assert hubs(best, 8).skewness == 0
    change = skewness_change(best, best, 8)
    assert (change.low, change.high) == (0, 0)


def test_a_change_is_that_of_the_articles_drawn():
    before, after = _lists(80, 60, 3, hubs=3), _lists(80, 60, 4)
    change = skewness_change(before, after, 60)
    assert change.high < 0
    assert change.low < hubs(after, 60).skewness - hubs(before, 60).skewness < change.high
    drawn = np.random.default_rng(0).integers(80, size=(2000, 80))  # as Resamples draws
    listed = [np.stack([np.isin(np.arange(60), row[:10]) for row in best]) for best in (before, after)]
    skewness = [stats.skew(each[drawn].sum(axis=1), axis=1) for each in listed]
    obvious = skewness[1] - skewness[0]
    assert (change.low, change.high) == pytest.approx(np.quantile(obvious, [0.025, 0.975]), abs=0.05)


def test_no_change_is_not_claimed_where_there_is_none():
    claimed = [skewness_change(_lists(60, 50, seed), _lists(60, 50, seed + 99), 50).excludes_zero for seed in range(30)]
    assert np.mean(claimed) <= 0.15
