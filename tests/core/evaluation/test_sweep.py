"""Reading grids of α, and the two tables that a sweep leaves."""

import numpy as np
import pytest

from core.errors import InputError
from core.evaluation.metrics import metrics_of
from core.evaluation.sweep import DENSE, Ranked, collect, parse_alphas, with_exact


def test_a_grid_has_both_ends_exactly():
    grid = parse_alphas("0:1:0.05")
    assert len(grid) == 21
    assert grid == tuple(number / 20 for number in range(21))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0,0.3,1", (0.0, 0.3, 1.0)),
        ("0.5", (0.0, 0.5, 1.0)),
        ("0.7, 0.2, 0.7", (0.0, 0.2, 0.7, 1.0)),
        ("0.2:0.6:0.2", (0.0, 0.2, 0.4, 0.6, 1.0)),
        ("0:1:0.3", (0.0, 0.3, 0.6, 0.9, 1.0)),
        ("0:1:2", (0.0, 1.0)),
        ("0:1:0.1", tuple(number / 10 for number in range(11))),
    ],
)
def test_grids_and_lists_are_sorted_without_doubles_and_hold_both_ends(text, expected):
    assert parse_alphas(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "0:1",
        "0:1:0",
        "0:1:-0.1",
        "1:0:0.1",
        "0,,1",
        "0:1:0.1:2",
        "nan",
        "0:1:nan",
        "0:1:inf",
        "nan:1:0.1",
        "0:1:1e-12",
        "0:0:inf",
    ],
)
def test_what_is_no_grid_is_refused_with_an_example(text):
    with pytest.raises(InputError, match="--alphas"):
        parse_alphas(text)


@pytest.mark.parametrize("text", ["-0.1,0.5", "0,1.01", "0:1.2:0.4", "inf", "0:inf:0.1", "0:1e9:0.001", "-inf:1:0.1"])
def test_an_alpha_outside_the_unit_interval_is_refused(text):
    with pytest.raises(InputError, match=r"--alphas .*(from 0|Give start:stop:step)"):
        parse_alphas(text)


def ranked(row: list[int]) -> Ranked:
    ranks = np.array(row, dtype=np.int32)
    return Ranked(ranks, ranks + 10, ranks[:, None] + 100)


def test_a_sweep_keeps_each_rank_with_its_article_and_alpha():
    ranks = {0.0: [1, 2, 3], 0.5: [4, 5, 6], 1.0: [7, 8, 9]}
    swept = collect("val", tuple(ranks), ["a", "b", "c"], [ranked(row) for row in ranks.values()])
    table = swept.table()
    assert len(table) == 9
    for alpha, expected in ranks.items():
        rows = table[table["alpha"] == alpha]
        assert dict(zip(rows["article_id"], rows["rank"], strict=True)) == dict(zip("abc", expected, strict=True))
        assert (rows["reverse_rank"] == rows["rank"] + 10).all()
        assert (rows["split"] == "val").all()
    curve = swept.curve()
    assert list(curve["alpha"]) == list(ranks)
    assert not curve["interpolated"].any()
    assert list(curve["mrr@100"]) == [metrics_of(np.array(row))["mrr@100"] for row in ranks.values()]


def test_an_exact_point_takes_the_place_of_an_interpolated_one():
    before = collect("val", (0.0, 0.5, 1.0), ["a", "b"], [ranked([row, row]) for row in (1, 2, 3)], [False, True, True])
    after = with_exact(before, {0.5: Ranked(np.array([7, 8]), np.array([9, 9]), np.array([[5], [6]]))})
    assert after.ranks.tolist() == [[1, 1], [7, 8], [3, 3]]
    assert after.reverse_ranks.tolist() == [[11, 11], [9, 9], [13, 13]]
    assert after.top_images.tolist() == [[[101], [101]], [[5], [6]], [[103], [103]]]
    assert after.interpolated.tolist() == [False, False, True]
    assert before.ranks.tolist() == [[1, 1], [2, 2], [3, 3]]
    assert after.curve()["interpolated"].tolist() == [False, False, True]


def test_the_continuous_curve_has_the_hundredths_as_they_are_written():
    assert len(DENSE) == 101
    assert [f"{alpha:g}" for alpha in DENSE] == [f"{step / 100:g}" for step in range(101)]
    assert set(parse_alphas("0:1:0.05")) <= set(DENSE)
