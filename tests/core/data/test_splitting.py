"""The order in time, and the cut at 80 %."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.splitting import split_in_time, time_order


def test_dates_come_first():
    order = time_order(pd.Series(["1", "2", "3"]), pd.Series(["2023-03-01", "2022-01-31", "2022-02-01"]))
    assert (order.by, order.note) == ("published_at", "")
    assert list(order.order) == [1, 2, 0]


def test_dates_of_several_spellings_and_zones_are_one_time():
    dates = pd.Series(["2023-01-01T12:00:00+05:00", "2023-01-01 08:00", "2023-01-01T06:59:00Z", "Jan 1 2022"])
    assert list(time_order(pd.Series(list("abcd")), dates).order) == [3, 2, 0, 1]


@pytest.mark.parametrize("missing", ["", "soon", None])
def test_incomplete_dates_do_not_count_and_are_noted(missing):
    order = time_order(pd.Series(["30", "4", "100"]), pd.Series(["2023-01-01", missing, "2022-01-01"]))
    assert order.by == "article_id"
    assert order.note == "1 of 3 articles have no readable date"
    assert list(order.order) == [1, 0, 2]


def test_ids_are_ordered_as_numbers_not_as_words():
    order = time_order(pd.Series(["10", "9", "0100", "1"]), None)
    assert (order.by, order.note) == ("article_id", "no date column")
    assert list(order.order) == [3, 1, 0, 2]


@pytest.mark.parametrize("odd", ["a7", "-1", "1.5", "", "1" * 19, "²", "٣"])
def test_one_id_that_is_no_number_leaves_the_order_of_the_file(odd):
    order = time_order(pd.Series(["9", odd, "1"]), None)
    assert order.by == "file order"
    assert "ids are not all numbers" in order.note
    assert list(order.order) == [0, 1, 2]


@pytest.mark.parametrize("number", [str, "a{:02}".format])
def test_articles_of_one_day_go_by_id_whatever_the_order_of_the_file(number):
    ids = pd.Series([number(each) for each in range(1, 61)])
    dates = pd.Series(["2023-01-02", "2023-01-01"] * 30)
    in_time = [*ids[1::2], *ids[0::2]]
    assert ids[time_order(ids, dates).order].tolist() == in_time
    shuffled = np.random.default_rng(0).permutation(60)
    ids, dates = ids[shuffled].reset_index(drop=True), dates[shuffled].reset_index(drop=True)
    assert ids[time_order(ids, dates).order].tolist() == in_time


@given(st.permutations(range(37)))
def test_the_first_80_percent_in_time_are_train(order):
    splits = split_in_time(np.array(order))
    assert list(splits[order[:29]]) == ["train"] * 29
    assert list(splits[order[29:]]) == ["val"] * 8


@pytest.mark.parametrize(("count", "train"), [(20, 16), (21, 16), (24, 19), (2834, 2267), (1523, 1218)])
def test_the_cut_is_rounded_down(count, train):
    assert (split_in_time(np.arange(count)) == "train").sum() == train
