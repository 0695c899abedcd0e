"""Trajectories: the rank of an article over α, and the shape of that curve.

Ranks are compared by their ratio, because the step from 2 to 1 matters as much as the step from 200 to 100. Changes by
less than a factor of two do not count: they are a place or two at the top, or noise further down.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

Shape = Literal["gains all the way", "loses all the way", "best in the middle", "worst in the middle", "flat"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
#: log2 of the least ratio at which two ranks differ.
DOUBLING = 1.0


@dataclass(frozen=True)
class ShapeCount:
    """Number of articles with a shape. zero_shot, best, fine_tuned: median ranks at α = 0, their best α, and α = 1."""

    shape: Shape
    n: int
    zero_shot: float | None
    best: float | None
    fine_tuned: float | None


def shapes_of(ranks: np.ndarray) -> np.ndarray:
    """Return the shape of each article, object [n], from ranks int [A, n], α rising from 0 to 1.

    Best in the middle: at some α at least a factor of two better than at both ends. Worst in the middle: a factor of
    two worse than at both. If both hold, the larger wins. Otherwise the ends decide: gains, loses, or flat.
    """
    curve = np.log2(ranks)
    start, end = curve[0], curve[-1]
    better = np.minimum(start, end) - curve.min(axis=0)
    worse = curve.max(axis=0) - np.maximum(start, end)
    conditions = [
        (better >= DOUBLING) & (better >= worse),
        worse >= DOUBLING,
        start - end >= DOUBLING,
        end - start >= DOUBLING,
    ]
    names: list[Shape] = ["best in the middle", "worst in the middle", "gains all the way", "loses all the way"]
    return np.select(conditions, np.array(names, dtype=object), "flat")


def count_shapes(ranks: np.ndarray) -> tuple[ShapeCount, ...]:
    """Count the articles of each of SHAPES, with their median ranks."""
    shapes, counts = shapes_of(ranks), []
    for shape in SHAPES:
        members = ranks[:, shapes == shape]
        if members.shape[1] == 0:
            counts.append(ShapeCount(shape, 0, None, None, None))
        else:
            medians = (np.median(row) for row in (members[0], members.min(axis=0), members[-1]))
            counts.append(ShapeCount(shape, members.shape[1], *(float(median) for median in medians)))
    return tuple(counts)


def by_shape(ranks: np.ndarray) -> np.ndarray:
    """Return the order of articles in a heat map, int64 [n]: by shape as in SHAPES, then by the change end to end."""
    shapes = shapes_of(ranks)
    number = np.array([SHAPES.index(shape) for shape in shapes], dtype=np.int64)
    change = np.log2(ranks[-1]) - np.log2(ranks[0])
    return np.lexsort((np.arange(len(number)), ranks[0], change, number))
