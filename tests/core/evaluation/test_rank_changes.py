"""The paper's table 4 on a case small enough to do by hand."""

import numpy as np

from core.evaluation.rank_changes import CASES, READINGS, Table4, in_case, places_gained, table_4


def test_table_4_by_hand():
    zero_shot = np.array([20, 30, 50, 10, 5, 200, 150, 9], dtype=np.int32)
    fine_tuned = np.array([10, 20, 40, 10, 8, 110, 90, 8], dtype=np.int32)
    wise_ft = np.array([4, 23, 40, 1, 1, 50, 101, 6], dtype=np.int32)
    # Counted: the 1st (+6), 2nd (−3), 3rd (0) and 8th (+2). Not: the 4th and 5th, which fine-tuning did not improve,
    # the 6th, fine-tuned after place 100, and the 7th, after 100 with WiSE-FT.
    assert table_4(zero_shot, fine_tuned, wise_ft) == Table4(
        n=4, n_improved=2, n_decreased=1, improvement=4.0, decrease=3.0
    )


def test_each_reading_of_table_4_counts_the_articles_that_its_models_find():
    zero_shot = np.array([50, 300, 300, 300, 150])
    fine_tuned = np.array([40, 90, 90, 200, 120])
    wise_ft = np.array([30, 95, 101, 80, 110])
    counts = {reading: table_4(zero_shot, fine_tuned, wise_ft, reading) for reading in READINGS}
    assert {reading: counted.n for reading, counted in counts.items()} == {
        "fine-tuned and WiSE-FT": 2,
        "all three models": 1,
        "zero-shot": 1,
        "fine-tuned": 3,
        "WiSE-FT": 3,
        "no model": 5,
    }
    assert (counts["fine-tuned"].decrease, counts["WiSE-FT"].improvement) == (8.0, 65.0)


def test_place_100_is_still_in_the_list():
    counted = table_4(np.array([300, 300]), np.array([100, 100]), np.array([100, 99]))
    assert (counted.n, counted.n_improved, counted.n_decreased) == (2, 1, 0)


def test_nobody_moved_has_no_mean():
    same = np.array([3, 4])
    assert table_4(same, same, same) == Table4(0, 0, 0, None, None)


def test_unsigned_and_small_types_do_not_wrap():
    counted = table_4(np.array([9], dtype=np.uint8), np.array([2], dtype=np.uint8), np.array([5], dtype=np.uint8))
    assert (counted.improvement, counted.decrease) == (None, 3.0)


def test_the_two_cases_of_the_papers_figures():
    zero_shot, fine_tuned, wise_ft = (np.array(row) for row in ([5, 5, 5, 5, 5], [9, 2, 9, 2, 5], [3, 4, 9, 1, 1]))
    assert in_case(CASES[0], zero_shot, fine_tuned, wise_ft).tolist() == [True, False, False, False, False]
    assert in_case(CASES[1], zero_shot, fine_tuned, wise_ft).tolist() == [False, True, False, False, False]


def test_places_gained_do_not_wrap_around():
    before, after = np.array([1, 3], dtype=np.uint16), np.array([4, 1], dtype=np.uint16)
    assert places_gained(before, after).tolist() == [-3, 2]
