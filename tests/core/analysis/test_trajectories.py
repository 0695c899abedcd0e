"""Shapes of rank over α, by hand."""

import numpy as np
import pytest

from core.analysis.trajectories import SHAPES, by_shape, count_shapes, shapes_of


@pytest.mark.parametrize(
    ("curve", "shape"),
    [
        ([8, 4, 2], "gains all the way"),
        ([8, 8, 4], "gains all the way"),
        ([2, 1, 1], "gains all the way"),
        ([2, 3, 4], "loses all the way"),
        ([8, 2, 8], "best in the middle"),
        ([8, 2, 4], "best in the middle"),
        ([8, 3, 4], "gains all the way"),
        ([3, 9, 4], "worst in the middle"),
        ([8, 1, 8], "best in the middle"),
        ([300, 290, 200], "flat"),
        ([1, 1, 1], "flat"),
    ],
)
def test_shapes_by_hand(curve, shape):
    assert shapes_of(np.array(curve)[:, None]).tolist() == [shape]


def test_of_a_dip_and_a_hump_the_larger_counts():
    assert shapes_of(np.array([[8], [1], [20], [8]])).tolist() == ["best in the middle"]
    assert shapes_of(np.array([[8], [4], [64], [8]])).tolist() == ["worst in the middle"]


def test_counts_are_of_all_shapes_and_add_up():
    ranks = np.exp(np.random.default_rng(0).uniform(0, 6, (7, 200))).astype(int)
    counts = count_shapes(ranks)
    assert [one.shape for one in counts] == list(SHAPES)
    assert sum(one.n for one in counts) == 200
    for one in counts:
        own = ranks[:, shapes_of(ranks) == one.shape]
        assert one.fine_tuned == (float(np.median(own[-1])) if one.n else None)


def test_the_order_of_a_heat_map_goes_by_shape_then_by_change():
    ranks = np.array([[8, 64, 2, 8], [8, 8, 8, 8], [8, 1, 16, 2]])  # flat, gains much, loses, gains less
    assert by_shape(ranks).tolist() == [1, 3, 2, 0]
