"""The current α: the slider comes before the URL, and invalid values are ignored."""

import pytest

from pages.shared.alpha_position import Position, position_of
from pages.shared.session import ALPHA


def test_the_slider_comes_before_the_url():
    moved = {"alphas": [0.25], "settled": False, "time": 1}
    assert position_of(moved, [0.9], [0.5]) == Position((0.25,), settled=False)


def test_without_a_slider_the_url_counts_and_then_the_run():
    assert position_of(None, [0.9], [0.5]) == Position((0.9,))
    assert position_of(None, [None, 0.1], [0.5, 0.5]) == Position((0.5, 0.1))


def test_an_alpha_for_both_towers_is_not_used_for_two_sliders():
    moved = {"alphas": [0.25], "settled": True, "time": 1}
    assert position_of(moved, [0.9, 0.8], [0.5, 0.5]) == Position((0.9, 0.8))


@pytest.mark.parametrize("value", ["abc", "nan", "inf", "7", "-1", "", [], None])
def test_odd_values_fall_back(value):
    assert ALPHA.parse(value) is None
    assert position_of({"alphas": [value], "settled": True}, [0.9], [0.5]) == Position((0.5,))
