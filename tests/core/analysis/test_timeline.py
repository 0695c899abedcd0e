"""Counting articles along time."""

import pandas as pd
import pytest

from core.analysis.timeline import timeline


def articles(dates: list[str | None], splits: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"published_at": pd.to_datetime(pd.Series(dates), utc=True, format="mixed"), "split": splits})


def test_months_without_articles_are_there_with_none():
    line = timeline(articles(["2022-01-31T23:30Z", "2022-02-01", "2022-05-20"], ["train", "train", "val"]))
    assert line.unit == "month"
    assert [f"{start:%Y-%m}" for start in line.counts.index] == ["2022-01", "2022-02", "2022-03", "2022-04", "2022-05"]
    assert line.counts["train"].tolist() == [1, 1, 0, 0, 0]
    assert line.counts["val"].tolist() == [0, 0, 0, 0, 1]
    assert line.counts["test"].tolist() == [0] * 5


def test_a_short_time_is_counted_by_day_and_missing_dates_are_said():
    line = timeline(articles(["2022-01-01", None, "2022-01-03"], ["train", "val", "val"]))
    assert (line.unit, line.undated) == ("day", 1)
    assert line.counts["train"].tolist() == [1, 0, 0]
    assert line.counts["val"].tolist() == [0, 0, 1]


@pytest.mark.parametrize("n", [3, 20, 101])
def test_without_dates_it_is_the_place_in_the_order_of_the_table(n):
    line = timeline(articles([None] * n, ["train"] * (n - 1) + ["val"]))
    assert line.unit == "place"
    assert line.counts.index[0] == 1
    assert len(line.counts) == min(n, 20)
    assert line.counts.to_numpy().sum() == n
    assert line.counts["val"].tolist()[-1] == 1
