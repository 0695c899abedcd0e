"""The order in time, and the cut at 80 %."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.dates import read_dates
from core.data.time_split import own_split, split_in_time, time_order


def test_dates_come_first():
    order = time_order(pd.Series(["1", "2", "3"]), read_dates(pd.Series(["2023-03-01", "2022-01-31", "2022-02-01"])))
    assert (order.by, order.note) == ("published_at", "")
    assert list(order.order) == [1, 2, 0]


def test_dates_of_several_spellings_and_zones_are_one_time():
    dates = pd.Series(["2023-01-01T12:00:00+05:00", "2023-01-01 08:00", "2023-01-01T06:59:00Z", "Jan 1 2022"])
    assert list(time_order(pd.Series(list("abcd")), read_dates(dates)).order) == [3, 2, 0, 1]


@pytest.mark.parametrize("missing", ["", "soon", None])
def test_incomplete_dates_do_not_count_and_are_noted(missing):
    dates = read_dates(pd.Series(["2023-01-01", missing, "2022-01-01"]))
    order = time_order(pd.Series(["30", "4", "100"]), dates, "day")
    assert order.by == "article_id"
    assert order.note.startswith("column day: 1 of 3 ")
    assert ("'soon'" in order.note) == (missing == "soon")
    assert list(order.order) == [1, 0, 2]


def test_ids_are_ordered_as_numbers_not_as_words():
    order = time_order(pd.Series(["10", "9", "0100", "1"]), None)
    assert (order.by, order.note) == ("article_id", "no date column")
    assert list(order.order) == [3, 1, 0, 2]


@given(st.lists(st.integers(0, 10**40), min_size=1, max_size=9), st.integers(0, 3))
def test_ids_of_any_length_are_ordered_as_numbers(numbers, zeros):
    ids = [f"{'0' * (number % (zeros + 1))}{number}" for number in numbers]
    order = time_order(pd.Series(ids), None)
    assert order.by == "article_id"
    assert [int(ids[place]) for place in order.order] == sorted(numbers)


@pytest.mark.parametrize("odd", ["a7", "-1", "1.5", "", "²", "٣"])
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
    assert ids[time_order(ids, read_dates(dates)).order].tolist() == in_time
    shuffled = np.random.default_rng(0).permutation(60)
    ids, dates = ids[shuffled].reset_index(drop=True), dates[shuffled].reset_index(drop=True)
    assert ids[time_order(ids, read_dates(dates)).order].tolist() == in_time


@given(st.permutations(range(37)))
def test_the_first_80_percent_in_time_are_train(order):
    splits = split_in_time(np.array(order))
    assert list(splits[order[:29]]) == ["train"] * 29
    assert list(splits[order[29:]]) == ["val"] * 8


@pytest.mark.parametrize(("count", "train"), [(20, 16), (21, 16), (24, 19), (2834, 2267), (1523, 1218)])
def test_the_cut_is_rounded_down(count, train):
    assert (split_in_time(np.arange(count)) == "train").sum() == train


def test_articles_of_one_group_stand_on_one_side_of_the_cut():
    groups = np.array(["a", "b", "c", "d", "e", "f", "g", "h", "i", "a"])
    splits = split_in_time(np.arange(10), groups)
    assert splits[0] == splits[9] == "train"
    assert list(splits[7:9]) == ["val", "val"]
    assert (splits == "train").sum() == 8


@given(st.lists(st.integers(0, 6), min_size=2, max_size=40), st.randoms())
def test_no_group_is_cut_and_both_sides_have_articles(groups, random):
    order = np.array(random.sample(range(len(groups)), len(groups)))
    splits = split_in_time(order, np.array(groups))
    if len(set(groups)) > 1:
        assert all(len(set(splits[np.array(groups) == group])) == 1 for group in groups)
    assert set(splits) == {"train", "val"}


@given(st.permutations(range(37)))
def test_groups_of_one_change_nothing(order):
    order = np.array(order)
    assert list(split_in_time(order, np.arange(37))) == list(split_in_time(order))


@pytest.mark.parametrize(
    ("words", "splits"),
    [
        (["train", "restval", "Validation", "test "], ["train", "train", "val", "test"]),
        (["TRAIN", "dev", "dev", "testing"], ["train", "val", "val", "test"]),
        (["train"] * 5 + ["test"], ["train"] * 4 + ["val", "test"]),
    ],
)
def test_a_split_of_the_table_is_read_as_data_sets_call_theirs(words, splits):
    own = own_split(pd.DataFrame({"Split": words}), np.arange(len(words)))
    assert (list(own.splits), own.note) == (splits, "")


@pytest.mark.parametrize("words", [["train", "val", "fold 3"], ["train", ""], ["test", "val"], ["0", "1"]])
def test_a_split_that_cannot_be_used_says_why(words):
    assert own_split(pd.DataFrame({"split": words}), np.arange(len(words))).note


def test_no_split_is_no_split():
    assert own_split(pd.DataFrame({"title": ["a"]}), np.arange(1)) is None
    assert own_split(pd.DataFrame({"split": ["", ""]}), np.arange(2)) is None
