"""The paper's table 4 on a case small enough to do by hand."""

import numpy as np

from core.analysis.changes import Table4, table_4


def test_table_4_by_hand():
    zero_shot = np.array([20, 30, 50, 10, 5, 200, 150, 9], dtype=np.int32)
    fine_tuned = np.array([10, 20, 40, 10, 8, 110, 90, 8], dtype=np.int32)
    wise_ft = np.array([4, 23, 40, 1, 1, 50, 101, 6], dtype=np.int32)
    # Counted: the 1st (+6), 2nd (−3), 3rd (0) and 8th (+2). Not: the 4th and 5th, which fine-tuning did not improve,
    # the 6th, fine-tuned after place 100, and the 7th, after 100 with WiSE-FT.
    assert table_4(zero_shot, fine_tuned, wise_ft) == Table4(
        n=4, n_improved=2, n_decreased=1, improvement=4.0, decrease=3.0
    )


def test_place_100_is_still_in_the_list():
    counted = table_4(np.array([300, 300]), np.array([100, 100]), np.array([100, 99]))
    assert (counted.n, counted.n_improved, counted.n_decreased) == (2, 1, 0)


def test_nobody_moved_has_no_mean():
    same = np.array([3, 4])
    assert table_4(same, same, same) == Table4(0, 0, 0, None, None)


def test_unsigned_and_small_types_do_not_wrap():
    counted = table_4(np.array([9], dtype=np.uint8), np.array([2], dtype=np.uint8), np.array([5], dtype=np.uint8))
    assert (counted.improvement, counted.decrease) == (None, 3.0)
