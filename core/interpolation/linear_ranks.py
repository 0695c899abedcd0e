"""Ranks and first images at many α from a few matrix products, for embeddings that are linear in α.

With t(α) = t₀ + α·Δt and i(α) = i₀ + β·Δi, the product of a text and an image is p₀₀ + α·p₁₀ + β·p₀₁ + αβ·p₁₁. The four
products are computed once for a block of queries; each point (α, β) then costs a few passes over the block. A query's
own length is the same for all that it is compared with, so it is left out. Multiplication and addition are rounded
one by one (no fused operations), so equal rows have equal scores wherever they stand.

It runs on the CPU in NumPy, a block per thread. An accelerator multiplies the embeddings of each α instead, which is
faster there.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch

from core.interpolation.alpha_path import TowerPath
from core.progress import progress
from core.retrieval.ranking import ranks_of_scores

#: Scores of a block, 2 MB in float32: smaller ones cost more calls, larger ones leave the processor's cache.
BLOCK_SCORES = 2**19
#: Words of 8 booleans that can be added before the sum of a byte overflows.
_WORDS_AT_ONCE = 255

#: (α of the queries' tower, α of the gallery's tower).
Point = tuple[float, float]


@dataclass(frozen=True)
class RanksAlong:
    """Results at each point. ranks: int32 [P, N]; first: int32 [P, N, K], gallery rows of a query's first items."""

    ranks: np.ndarray
    first: np.ndarray


def ranks_along(
    queries: TowerPath,
    gallery: TowerPath,
    target: np.ndarray,
    tie_order: np.ndarray,
    points: Sequence[Point],
    shown: int = 0,
    label: str = "Ranking along alpha",
    block_scores: int = BLOCK_SCORES,
) -> RanksAlong:
    """Return the rank of each query's own item, and the first `shown` items, at each of `points`.

    queries: N rows; gallery: G rows; both linear. target: int64 [N], the own item's row. tie_order: int64 [G]. Ties are
    as in `core.retrieval.ranking`. Points with the same α of the gallery should follow each other. label: of the
    progress that is shown.
    """
    shape = len(points), len(target), min(shown, len(tie_order))
    result = RanksAlong(np.empty(shape[:2], dtype=np.int32), np.empty(shape, dtype=np.int32))
    products = Products.of(queries, gallery, sorted({alpha for _, alpha in points}))

    def fill(rows: slice) -> None:
        own = target[rows]
        compared = Comparisons(len(own), len(tie_order)), Comparisons(len(own), len(tie_order))
        first = None
        for index, scores in enumerate(products.scores(rows, points)):
            result.ranks[index, rows] = ranks_within(scores, own, tie_order, *compared)
            if shape[2]:
                first = _first(scores, first, tie_order, shape[2])
                result.first[index, rows] = first

    size = max(1, block_scores // len(tie_order))
    blocks = [slice(start, min(start + size, shape[1])) for start in range(0, shape[1], size)]
    with ThreadPoolExecutor(torch.get_num_threads()) as pool:
        for _ in progress(pool.map(fill, blocks), label, len(blocks)):
            pass
    return result


@dataclass(frozen=True)
class Products:
    """Factors of the four products. query_start, query_change: float32 [N, d]; gallery_start, gallery_change: [d, G].

    scale: α of the gallery → 1 / length of each item, float32 [G].
    """

    query_start: np.ndarray
    query_change: np.ndarray
    gallery_start: np.ndarray
    gallery_change: np.ndarray
    scale: dict[float, np.ndarray]

    @classmethod
    def of(cls, queries: TowerPath, gallery: TowerPath, alphas: Sequence[float]) -> "Products":
        """Return the factors for all queries, with the lengths of the gallery's items at each of `alphas`."""
        query_start, query_change = _start_and_change(queries)
        start, change = _start_and_change(gallery)
        scale = {alpha: 1 / np.linalg.norm(start + np.float32(alpha) * change, axis=1) for alpha in alphas}
        return cls(query_start, query_change, start.T.copy(), change.T.copy(), scale)

    def scores(self, rows: slice, points: Sequence[Point]) -> Iterator[np.ndarray]:
        """Yield the scores of some queries at each point, float32 [b, G], times the query's length.

        The next scores overwrite the last ones.
        """
        start, change = self.query_start[rows], self.query_change[rows]
        constant, of_query = start @ self.gallery_start, change @ self.gallery_start
        of_gallery, of_both = start @ self.gallery_change, change @ self.gallery_change
        of_one = of_query + of_gallery
        scores, base, slope = (np.empty_like(constant) for _ in range(3))
        for gallery_alpha, group in groupby(points, key=lambda point: point[1]):
            query_alphas, scale = [alpha for alpha, _ in group], self.scale[gallery_alpha]
            if query_alphas == [gallery_alpha]:
                _line(of_one, of_both, gallery_alpha, scores)
                scores *= np.float32(gallery_alpha)
                scores += constant
                scores *= scale
                yield scores
                continue
            np.multiply(_line(constant, of_gallery, gallery_alpha, base), scale, out=base)
            np.multiply(_line(of_query, of_both, gallery_alpha, slope), scale, out=slope)
            for alpha in query_alphas:
                yield _line(base, slope, alpha, scores)


def _start_and_change(tower: TowerPath) -> tuple[np.ndarray, np.ndarray]:
    """Return the embeddings at α = 0 and their change up to α = 1, float32 [n, d] each, not normalised."""
    start, end = (tower.values[place].float().cpu().numpy() for place in (0, -1))
    return start, end - start


def _line(base: np.ndarray, slope: np.ndarray, alpha: float, out: np.ndarray) -> np.ndarray:
    """Write base + alpha · slope into `out` and return it."""
    np.multiply(slope, np.float32(alpha), out=out)
    out += base
    return out


class Comparisons:
    """Results of a comparison, bool [rows, columns], and their counts. Eight are added at once, as a word of bytes."""

    def __init__(self, rows: int, columns: int) -> None:
        self._words = np.zeros((rows, -(-columns // 8)), dtype=np.uint64)
        self.mask = self._words.view(np.bool_)[:, :columns]

    def counts(self) -> np.ndarray:
        """Return the number of true values of `mask` in each row, int64 [rows]."""
        parts = range(0, self._words.shape[1], _WORDS_AT_ONCE)
        sums = [
            self._words[:, part : part + _WORDS_AT_ONCE].sum(axis=1, keepdims=True).view(np.uint8) for part in parts
        ]
        return np.concatenate(sums, axis=1).sum(axis=1, dtype=np.int64)


def ranks_within(
    scores: np.ndarray, own: np.ndarray, tie_order: np.ndarray, ahead: Comparisons, not_lower: Comparisons
) -> np.ndarray:
    """Return the ranks of the items `own` [b] among `scores` [b, G], int64 [b].

    ahead, not_lower: overwritten with the items that score higher than the own one, or not lower.
    """
    reference = np.take_along_axis(scores, own[:, None], axis=1)
    np.greater(scores, reference, out=ahead.mask)
    np.greater_equal(scores, reference, out=not_lower.mask)
    higher = ahead.counts()
    ranks = 1 + higher
    # Few queries have another item with the own one's score; only these need the fixed order.
    tied = np.flatnonzero(not_lower.counts() - higher > 1)
    ranks[tied] = ranks_of_scores(scores[tied], own[tied], tie_order)
    return ranks


def _first(scores: np.ndarray, near: np.ndarray | None, tie_order: np.ndarray, count: int) -> np.ndarray:
    """Return the columns of the `count` highest `scores` [b, G] of each row in rank order, int64 [b, count].

    near: any `count` columns of each row, best those of a near α: the lowest of their scores bounds the candidates from
    below, so that few are left to sort.
    """
    if near is None:
        near = np.argpartition(scores, -count, axis=1)[:, -count:]
    lowest = np.take_along_axis(scores, near, axis=1).min(axis=1, keepdims=True)
    row, column = np.divmod(np.flatnonzero(scores >= lowest), scores.shape[1])
    order = np.lexsort((tie_order[column], -scores[row, column], row))
    starts = np.searchsorted(row, np.arange(len(scores)))  # `row` rises, and sorting keeps it
    return column[order][starts[:, None] + np.arange(count)]
