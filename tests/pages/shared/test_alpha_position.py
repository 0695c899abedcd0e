"""Where α stands: what the browser last said goes before the address, and nothing odd gets through."""

import pytest

from pages.shared.alpha_position import Position, position_of
from pages.shared.session import ALPHA


def test_the_hand_goes_before_the_address():
    moved = {"alphas": [0.25], "settled": False, "time": 1}
    assert position_of(moved, [0.9], 0.5) == Position((0.25,), settled=False)


def test_without_a_hand_the_address_counts_and_then_the_run():
    assert position_of(None, [0.9], 0.5) == Position((0.9,))
    assert position_of(None, [None, 0.1], 0.5) == Position((0.5, 0.1))


def test_what_was_said_for_one_tower_is_not_taken_for_two():
    moved = {"alphas": [0.25], "settled": True, "time": 1}
    assert position_of(moved, [0.9, 0.8], 0.5) == Position((0.9, 0.8))


@pytest.mark.parametrize("said", ["abc", "nan", "inf", "7", "-1", "", [], None])
def test_odd_values_fall_back(said):
    assert ALPHA.parse(said) is None
    assert position_of({"alphas": [said], "settled": True}, [0.9], 0.5) == Position((0.5,))
