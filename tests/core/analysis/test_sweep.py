"""Reading grids of α, and the two tables that a sweep leaves."""

import numpy as np
import pytest

from core.analysis.metrics import metrics_of
from core.analysis.sweep import parse_alphas, sweep
from core.errors import InputError


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
    "text", ["", "a", "0:1", "0:1:0", "0:1:-0.1", "1:0:0.1", "0,,1", "0:1:0.1:2", "nan", "0:1:nan", "0:1:inf"]
)
def test_what_is_no_grid_is_refused_with_an_example(text):
    with pytest.raises(InputError, match="--alphas"):
        parse_alphas(text)


@pytest.mark.parametrize("text", ["-0.1,0.5", "0,1.01", "0:1.2:0.4", "inf"])
def test_an_alpha_outside_the_unit_interval_is_refused(text):
    with pytest.raises(InputError, match=r"outside 0 to 1|expected"):
        parse_alphas(text)


def test_a_sweep_keeps_each_rank_with_its_article_and_alpha():
    ranks = {0.0: [1, 2, 3], 0.5: [4, 5, 6], 1.0: [7, 8, 9]}
    swept = sweep(
        "val",
        tuple(ranks),
        ["a", "b", "c"],
        lambda alpha: (np.array(ranks[alpha], dtype=np.int32), np.array(ranks[alpha], dtype=np.int32) + 10),
    )
    table = swept.table()
    assert len(table) == 9
    for alpha, expected in ranks.items():
        rows = table[table["alpha"] == alpha]
        assert dict(zip(rows["article_id"], rows["rank"], strict=True)) == dict(zip("abc", expected, strict=True))
        assert (rows["reverse_rank"] == rows["rank"] + 10).all()
        assert (rows["split"] == "val").all()
    curve = swept.curve()
    assert list(curve["alpha"]) == list(ranks)
    assert list(curve["mrr@100"]) == [metrics_of(np.array(row)).mrr_100 for row in ranks.values()]
