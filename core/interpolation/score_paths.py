"""Scores of one query with many items as functions of α, small enough to send to a browser.

Where embeddings are linear in α before normalisation (`core.interpolation.linear_path`), the score of a text
t(α) = t₀ + α·Δt and an image i(α) = i₀ + α·Δi is (a + bα + cα²) / √((d + eα + fα²)·(g + hα + iα²)), exactly: three
numbers for the query and six for each item. Elsewhere a score is a polynomial through its exact values at Chebyshev
nodes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.interpolation.barycentric import SAME, coefficients_at

#: Positions of an α slider.
POSITIONS: list[float] = np.round(np.linspace(0, 1, 101), 2).tolist()
#: Decimals of the stored numbers, which are of the order of one. Equal rows get equal numbers, so that they tie.
DECIMALS = 9
ROWS_AT_ONCE = 4096  # as float64, so that equal rows have equal products


@dataclass(frozen=True)
class LinearScores:
    """Scores that are exact at every α. Coefficients are of 1, α and α².

    query: float64 [3], squared length of the query. products: float64 [G, 3]. lengths: float64 [G, 3], squared.
    """

    query: np.ndarray
    products: np.ndarray
    lengths: np.ndarray

    def at(self, alpha: float) -> np.ndarray:
        """Return the cosines at `alpha`, float64 [G]."""
        powers = np.array([1.0, alpha, alpha * alpha])
        scores: np.ndarray = (self.products @ powers) / np.sqrt((self.query @ powers) * (self.lengths @ powers))
        return scores

    def of_rows(self, rows: np.ndarray) -> "LinearScores":
        """Return the scores of some items."""
        return LinearScores(self.query, self.products[rows], self.lengths[rows])

    def is_exact_at(self, alpha: float) -> bool:
        """Return True: there is no error at any α."""
        return True


@dataclass(frozen=True)
class NodeScores:
    """Scores at Chebyshev nodes, interpolated between them. nodes: float64 [K]; values: float64 [G, K]."""

    nodes: np.ndarray
    values: np.ndarray

    def at(self, alpha: float) -> np.ndarray:
        """Return the scores at `alpha`, float64 [G], interpolated unless it is a node."""
        scores: np.ndarray = self.values @ coefficients_at(self.nodes, np.array([alpha]))[0]
        return scores

    def of_rows(self, rows: np.ndarray) -> "NodeScores":
        """Return the scores of some items."""
        return NodeScores(self.nodes, self.values[rows])

    def is_exact_at(self, alpha: float) -> bool:
        """Return whether `alpha` is a node."""
        return bool(np.abs(self.nodes - alpha).min() < SAME)


ScorePath = LinearScores | NodeScores


@dataclass(frozen=True)
class LinearGallery:
    """Items along α, each divided by its length at α = 0, so that all numbers are of the order of one.

    start: float32 [G, d], at α = 0. change: float32 [G, d], to α = 1. lengths: as in LinearScores.
    """

    start: np.ndarray
    change: np.ndarray
    lengths: np.ndarray

    @classmethod
    def of(cls, start: np.ndarray, end: np.ndarray) -> "LinearGallery":
        """Return the gallery from its embeddings at α = 0 and 1, not normalised: float32 [G, d] each."""
        scale = 1 / np.linalg.norm(start, axis=1, keepdims=True)
        start, change = start * scale, (end - start) * scale
        lengths = np.stack([_dot(start, start), 2 * _dot(start, change), _dot(change, change)], axis=1)
        return cls(start, change, lengths.round(DECIMALS))

    def at(self, alpha: float) -> np.ndarray:
        """Return the embeddings at `alpha`, float32 [G, d], of length one."""
        embeddings = self.start + np.float32(alpha) * self.change
        embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
        return embeddings

    def scores(self, query: np.ndarray) -> LinearScores:
        """Return the scores of a query, float32 [2, d], its embeddings at α = 0 and 1, not normalised."""
        ends = query.astype(np.float64)
        ends /= np.linalg.norm(ends[0])
        start, change = ends[0], ends[1] - ends[0]
        both = np.stack([start, change], axis=1)
        parts = range(0, len(self.start), ROWS_AT_ONCE)
        by_start, by_change = (
            np.concatenate([rows[part : part + ROWS_AT_ONCE].astype(np.float64) @ both for part in parts])
            for rows in (self.start, self.change)
        )
        products = np.stack([by_start[:, 0], by_start[:, 1] + by_change[:, 0], by_change[:, 1]], axis=1)
        own = np.array([start @ start, 2 * start @ change, change @ change])
        return LinearScores(own.round(DECIMALS), products.round(DECIMALS), self.lengths)


def first_rows(scores: np.ndarray, tie_order: np.ndarray, k: int) -> np.ndarray:
    """Return the rows of the `k` highest `scores` [G], best first, ties in `tie_order`: int64 [k]."""
    k = min(k, len(scores))
    lowest = np.partition(scores, -k)[-k]
    rows = np.flatnonzero(scores >= lowest)
    return rows[np.lexsort((tie_order[rows], -scores[rows]))][:k]


def candidates(scores: ScorePath, tie_order: np.ndarray, k: int, alphas: Sequence[float]) -> np.ndarray:
    """Return the rows of all items among the first `k` at any of `alphas`, rising: int64 [C]."""
    return np.unique(np.concatenate([first_rows(scores.at(alpha), tie_order, k) for alpha in alphas]))


def ranks_along(scores: ScorePath, tie_order: np.ndarray, row: int, alphas: Sequence[float]) -> np.ndarray:
    """Return the rank of item `row` at each of `alphas`, int64 [A]."""

    def rank(values: np.ndarray) -> int:
        before = (values > values[row]) | ((values == values[row]) & (tie_order < tie_order[row]))
        return 1 + int(before.sum())

    return np.array([rank(scores.at(alpha)) for alpha in alphas])


def _dot(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the product of each pair of rows, float64."""
    return np.einsum("gd,gd->g", left, right, dtype=np.float64)
