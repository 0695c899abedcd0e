"""The bootstrap: equal draws for all models, against obvious loops, and the coverage of intervals."""

import numpy as np
import pytest

from core.analysis.bootstrap import Resamples, bands, interval
from core.evaluation.metrics import values_of


def _drawn_articles(n: int, draws: int) -> np.ndarray:
    """Draw articles in the obvious way: [draws, n]."""
    return np.random.default_rng(0).integers(n, size=(draws, n))


@pytest.mark.parametrize("n", [1, 2, 7, 30])
def test_means_and_medians_are_those_of_the_drawn_articles(n: int) -> None:
    values = np.random.default_rng(1).permutation(n) ** 2.0
    resamples, drawn = Resamples(n, draws=50), _drawn_articles(n, 50)

    np.testing.assert_allclose(resamples.means(values), values[drawn].mean(axis=1))
    np.testing.assert_allclose(resamples.medians(values), np.median(values[drawn], axis=1))


def test_blocks_of_draws_are_the_draws_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whole numbers, whose sums are exact: the last bit of a product of others depends on the block's size on some CPUs.
    values = np.random.default_rng(1).integers(0, 2**40, (20, 3)).astype(float)
    whole = Resamples(20, draws=30).means(values)
    monkeypatch.setattr("core.analysis.bootstrap._AT_ONCE", 45)  # two draws at once

    np.testing.assert_array_equal(Resamples(20, draws=30).means(values), whole)
    assert whole.shape == (30, 3)


def test_no_articles_cannot_be_drawn_from() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Resamples(0)


@pytest.mark.parametrize(("n", "metric"), [(60, "mrr@100"), (300, "recall@10"), (300, "mrr@100")])
def test_intervals_have_their_nominal_coverage(n: int, metric: str) -> None:
    generator = np.random.default_rng(5)
    ranks = np.exp(generator.uniform(0, np.log(300), size=200_000)).astype(int)
    truth = values_of(ranks, metric).mean()
    covered = []
    for trial in range(600):
        values = values_of(generator.choice(ranks, n), metric)
        found = interval(Resamples(n, draws=400, seed=trial).means(values), n)
        covered.append(found.low <= truth <= found.high)

    assert 0.925 <= np.mean(covered) <= 0.975  # 0.95 of 600 has a standard error of 0.009


def test_bands_are_the_intervals_of_each_column() -> None:
    drawn = np.random.default_rng(0).random((200, 3))
    low, high = bands(drawn, 40)

    for column in range(3):
        one = interval(drawn[:, column], 40)
        assert (one.low, one.high) == (low[column], high[column])


def test_small_samples_get_wider_intervals_than_plain_percentiles() -> None:
    drawn = np.random.default_rng(0).normal(size=5000)
    few, many = interval(drawn, 5), interval(drawn, 100_000)

    assert few.high - few.low > 1.3 * (many.high - many.low)
    assert many.high == pytest.approx(np.quantile(drawn, 0.975), abs=0.01)
