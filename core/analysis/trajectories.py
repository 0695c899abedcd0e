"""The life of an article along α: its rank at every α, and a name for the shape of that curve.

Ranks are compared by their factor, since from 2 to 1 is as much of a change as from 200 to 100. One doubling is the
least that counts: less is a place or two at the top, or noise further down.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

Shape = Literal["gains all the way", "loses all the way", "best in the middle", "worst in the middle", "flat"]
SHAPES: tuple[Shape, ...] = get_args(Shape)
#: log2 of the factor from which on two ranks are told apart.
DOUBLING = 1.0


@dataclass(frozen=True)
class ShapeCount:
    """How many articles have a shape; zero_shot, best, fine_tuned: their median ranks at α = 0, their best α, α = 1."""

    shape: Shape
    n: int
    zero_shot: float | None
    best: float | None
    fine_tuned: float | None


def shapes_of(ranks: np.ndarray) -> np.ndarray:
    """The shape of each article, object [n], from ranks int [A, n], α rising from 0 to 1.

    Best in the middle: somewhere a doubling better than at both ends; worst in the middle: a doubling worse than at
    both; where both hold, the larger. Otherwise the ends decide: gains, loses, or flat if they differ by less.
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
    """All SHAPES with how often each occurs, and where its articles stand."""
    shapes, counts = shapes_of(ranks), []
    for shape in SHAPES:
        own = ranks[:, shapes == shape]
        if own.shape[1] == 0:
            counts.append(ShapeCount(shape, 0, None, None, None))
        else:
            medians = (np.median(row) for row in (own[0], own.min(axis=0), own[-1]))
            counts.append(ShapeCount(shape, own.shape[1], *(float(median) for median in medians)))
    return tuple(counts)


def by_shape(ranks: np.ndarray) -> np.ndarray:
    """Order of the articles for a heat map, int64 [n]: by shape as in SHAPES, within one by the change end to end."""
    shapes = shapes_of(ranks)
    number = np.array([SHAPES.index(shape) for shape in shapes], dtype=np.int64)
    change = np.log2(ranks[-1]) - np.log2(ranks[0])
    return np.lexsort((np.arange(len(number)), ranks[0], change, number))
