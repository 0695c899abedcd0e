"""Gains along time: a planted fade is found with its slope, none is found where there is none."""

import numpy as np
import pandas as pd
import pytest

from core.analysis.drift import last_date, since_training, trend

END = pd.Timestamp("2022-06-01", tz="UTC")


def _dates(days: list[float]) -> pd.Series:
    return pd.Series(END + pd.to_timedelta(days, unit="D"))


def test_dates_are_days_after_the_end_of_training_in_weeks():
    passed = since_training(_dates([0.5, 3, 9, 20]), END)
    assert passed.unit == "week"
    np.testing.assert_allclose(passed.since, [0.5, 3, 9, 20])
    assert passed.labels == ("2022-05-30", "2022-06-06", "2022-06-20")
    np.testing.assert_array_equal(passed.period, [0, 0, 1, 2])


def test_longer_spans_are_months():
    passed = since_training(_dates([1, 40, 200]), END)
    assert passed.unit == "month"
    assert passed.labels == ("2022-06", "2022-07", "2022-12")


def test_without_dates_articles_are_in_blocks_of_equal_size():
    passed = since_training(pd.Series([pd.NaT] * 20), None)
    assert passed.unit == "block"
    assert passed.labels[0] == "1–3"
    assert passed.labels[-1].endswith("–20")
    assert set(np.bincount(passed.period)) == {2, 3}


def test_fewer_articles_than_blocks_have_one_each():
    assert since_training(pd.Series([pd.NaT] * 3), None).labels == ("1–1", "2–2", "3–3")


def test_a_planted_fade_is_found_with_its_slope():
    n = 400
    generator = np.random.default_rng(0)
    zero_shot = np.full(n, 60)
    chance = np.linspace(0.9, 0.1, n)  # of being among the first ten after fine-tuning
    tuned = np.where(generator.random(n) < chance, 5, 60)
    found = trend("fine-tuned", zero_shot, tuned, since_training(pd.Series([pd.NaT] * n), None), "recall@10")

    assert found.slope == pytest.approx(np.polyfit(np.arange(n), tuned <= 10, 1)[0])
    assert found.slope_interval.high < 0
    assert found.slope_interval.low <= -0.8 / n <= found.slope_interval.high
    assert found.periods[0].value > found.periods[-1].value
    assert sum(one.n for one in found.periods) == n


def test_an_even_gain_has_no_slope():
    generator = np.random.default_rng(1)
    tuned = np.where(generator.random(300) < 0.5, 5, 60)
    found = trend("x", np.full(300, 60), tuned, since_training(pd.Series([pd.NaT] * 300), None), "recall@10")
    assert not found.slope_interval.excludes_zero
    assert found.gain_interval.low < 0.5 < found.gain_interval.high


def test_articles_of_one_moment_have_no_slope():
    ranks = np.array([1, 2, 3])
    found = trend("x", ranks, ranks, since_training(_dates([1, 1, 1]), END), "mrr@100")
    assert (found.slope, found.span) == (0, 0)


def test_training_ends_with_its_newest_article_if_all_are_dated():
    assert last_date(_dates([3, 1])) == END + pd.Timedelta(days=3)
    assert last_date(pd.Series([END, pd.NaT])) is None
    assert last_date(pd.Series([], dtype=object)) is None
