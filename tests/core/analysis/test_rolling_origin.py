"""Periods and origins, and what ranks of several origins say together, against loops and planted answers."""

import numpy as np
import pandas as pd
import pytest

from core.analysis.bootstrap import Resamples, interval
from core.analysis.rolling_origin import OriginRanks, Periods, by_age, fading, gains, next_period, periods_of
from core.evaluation.metrics import values_of
from core.evaluation.models import Model


def _dates(first: str, last: str, count: int) -> pd.Series:
    return pd.Series(pd.date_range(first, last, periods=count, tz="UTC"))


def test_a_year_is_cut_into_months() -> None:
    dates = _dates("2021-09-01", "2022-08-31", 100)
    periods = periods_of(dates, 100)
    assert periods.unit == "month"
    assert periods.labels == tuple(str(month) for month in pd.period_range("2021-09", "2022-08", freq="M"))
    assert [periods.labels[one] for one in periods.of] == dates.dt.strftime("%Y-%m").tolist()


def test_a_month_without_articles_keeps_its_place() -> None:
    dates = pd.concat([_dates("2021-01-01", "2021-03-20", 50), _dates("2021-05-02", "2021-07-01", 50)])
    periods = periods_of(dates, 100)
    assert len(periods.labels) == 7
    assert 3 not in periods.of


def test_two_months_are_cut_into_weeks() -> None:
    periods = periods_of(_dates("2022-03-07", "2022-05-08", 90), 90)
    assert (periods.unit, len(periods.labels)) == ("week", 9)
    assert periods.labels[0] == "2022-03-07"
    mondays = pd.to_datetime(list(periods.labels)).tz_localize("UTC")
    dates = _dates("2022-03-07", "2022-05-08", 90)
    assert all(
        pd.Timedelta(0) <= date - mondays[one] < pd.Timedelta(days=7)
        for date, one in zip(dates, periods.of, strict=True)
    )


def test_a_few_days_or_no_dates_are_cut_into_equal_blocks() -> None:
    for dates in (None, _dates("2022-03-07", "2022-03-09", 105)):
        periods = periods_of(dates, 105)
        assert periods.unit == "block"
        assert (periods.labels[0], periods.labels[-1]) == ("articles 1–10", "articles 95–105")
        for place, label in enumerate(periods.labels):
            first, last = (int(word) for word in label.removeprefix("articles ").split("–"))
            assert np.flatnonzero(periods.of == place).tolist() == list(range(first - 1, last))


def test_an_origin_has_enough_to_train_on_and_enough_to_be_judged_on() -> None:
    sizes = [60, 40, 29, 30, 200, 10]
    periods = Periods("month", np.repeat(np.arange(6), sizes), tuple("abcdef"))
    # Until b there are 100, but c has 29; f has 10.
    assert periods.origins(100) == [2, 3]
    assert periods.origins(150) == [3]


def test_a_window_is_a_share_of_all_articles_and_enough_to_train_on() -> None:
    assert periods_of(None, 1000).window == 300
    assert periods_of(None, 200).window == 100


def _origins(count: int = 4, size: int = 20, seed: int = 0) -> list[OriginRanks]:
    """Every origin with all later articles; ranks at random."""
    generator = np.random.default_rng(seed)
    of = np.repeat(np.arange(count + 1), size)
    found = []
    for origin in range(count):
        places = np.flatnonzero(of > origin)
        ranks = {
            model: generator.integers(1, 50, len(places))
            for model in (Model.ZERO_SHOT, Model.FINE_TUNED, Model.WISE_FT)
        }
        found.append(OriginRanks(origin, 80, 20, 0.5, places, of[places], ranks))
    return found


def test_gains_are_of_each_articles_difference() -> None:
    ranks = _origins()[0].ranks
    found = gains(ranks, "mrr@100")
    gained = values_of(ranks[Model.WISE_FT], "mrr@100") - values_of(ranks[Model.ZERO_SHOT], "mrr@100")
    assert found[Model.WISE_FT].value == pytest.approx(gained.mean())
    assert found[Model.WISE_FT].interval == interval(Resamples(len(gained)).means(gained), len(gained))


def test_the_next_period_has_each_article_once_under_the_training_before_it() -> None:
    origins = _origins()
    expected = [one.ranks[Model.FINE_TUNED][place] for one in origins for place in range(20)]
    assert next_period(origins)[Model.FINE_TUNED].tolist() == expected


def test_ages_pool_the_periods_that_lie_as_far_behind_their_training() -> None:
    origins = _origins()
    ages = by_age(origins, "recall@10")
    assert [(age.periods, age.n, age.origins) for age in ages] == [(1, 80, 4), (2, 60, 3), (3, 40, 2), (4, 20, 1)]
    gained = [
        float(one.ranks[Model.FINE_TUNED][place] <= 10) - float(one.ranks[Model.ZERO_SHOT][place] <= 10)
        for one in origins[:2]
        for place in range(len(one.articles))
        if one.periods[place] == one.origin + 3
    ]
    assert ages[2].gains[Model.FINE_TUNED].value == pytest.approx(np.mean(gained))


def _planted(slope: int) -> list[OriginRanks]:
    """Ranks that rise by `slope` with each period of age, from another level for each article."""
    return [
        OriginRanks(
            one.origin, 80, 20, 0.5, one.articles, one.periods,
            {Model.FINE_TUNED: 300 + one.articles + slope * (one.periods - one.origin)},
        )
        for one in _origins()
    ]  # fmt: skip


def test_fading_is_the_planted_slope_however_hard_the_articles_are() -> None:
    """Check that late articles, which are harder and alone have old trainings, do not count as fading."""
    slope = fading(_planted(3), Model.FINE_TUNED, "mean_rank")
    assert slope is not None
    assert slope.value == pytest.approx(3)
    assert slope.interval.excludes_zero
    none = fading(_planted(0), Model.FINE_TUNED, "mean_rank")
    assert none is not None
    assert none.value == pytest.approx(0)


def test_fading_is_not_seen_where_there_is_none() -> None:
    wrong = 0
    for seed in range(60):
        slope = fading(_origins(seed=seed), Model.FINE_TUNED, "mrr@100")
        assert slope is not None
        wrong += slope.interval.excludes_zero
    assert wrong <= 8  # 3 and two and a half standard errors, rounded up


def test_fading_is_the_slope_of_a_regression_with_a_level_for_each_article() -> None:
    origins = _origins(seed=3)
    values = np.concatenate([values_of(one.ranks[Model.WISE_FT], "mrr@100") for one in origins])
    age = np.concatenate([one.periods - one.origin for one in origins])
    level = np.concatenate([np.eye(100)[one.articles] for one in origins])
    coefficients = np.linalg.lstsq(np.column_stack([age, level]), values, rcond=None)[0]
    slope = fading(origins, Model.WISE_FT, "mrr@100")
    assert slope is not None
    assert slope.value == pytest.approx(coefficients[0])


def test_articles_judged_once_say_nothing_about_fading() -> None:
    assert fading(_origins(count=1), Model.FINE_TUNED, "mrr@100") is None
    assert fading([], Model.FINE_TUNED, "mrr@100") is None
