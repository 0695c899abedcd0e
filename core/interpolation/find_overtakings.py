"""Find each α at which an image passes an article's own image, or falls behind it.

The signs of the differences of scores are compared on a grid of α, and each change of sign is located by bisection in
float64. A pair's score at any α follows from the products of its embeddings at the nodes of the path, so no embedding
is computed again. Two scores that cross twice between neighbours of the grid are missed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from core.evaluation.overtakings import LIMIT, Overtakings
from core.interpolation.alpha_path import AlphaPath, TowerPath
from core.interpolation.barycentric import coefficients_at
from core.interpolation.linear_ranks import BLOCK_SCORES, Comparisons, Products, ranks_within
from core.progress import progress

#: Steps of the grid on which changes of sign are looked for.
GRID_STEPS = 128
#: Scores of a block on a path that is not linear, 16 MB: images are interpolated again for each block.
_CURVED_BLOCK_SCORES = 2**22
#: Halvings of a grid cell: 1.2 / 128 / 2²⁴ is 6e-10.
_BISECTIONS = 24
#: Share of a cell by which it is widened on both sides: in float32 a crossing near a grid point may show in the cell
#: next to its own.
_MARGIN = 0.1
#: Articles up to this many ranks above the limit at both ends of a cell are searched too: within the cell, their rank
#: may fall to the limit and rise again.
_RANKS_ABOVE = 25


def find_overtakings(
    path: AlphaPath, target: np.ndarray, tie_order: np.ndarray, limit: int = LIMIT, steps: int = GRID_STEPS
) -> Overtakings:
    """Return the overtakings of the articles whose own images are the rows `target` int64 [N] of the gallery.

    tie_order: int64 [G], as in `core.retrieval.ranking`. On a path that is not linear they are interpolated.
    """
    size = max(1, (BLOCK_SCORES if path.is_linear else _CURVED_BLOCK_SCORES) // len(tie_order))
    scan, located = _Scan(path, target, tie_order, limit, steps), _Locator(path, target, steps)
    start = np.empty(len(target), dtype=np.int32)
    parts = []
    for first in progress(range(0, len(target), size), "Finding overtakings"):
        rows = slice(first, min(first + size, len(target)))
        candidates, start[rows] = scan.candidates(rows)
        parts.append(located.overtakings(candidates))
    article, image, alpha, change, rank = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Overtakings(article, image, alpha, change, rank, start, limit).within(limit)


@dataclass(frozen=True)
class _Candidates:
    """Changes of sign on the grid, int64 [E] each: article, image, the cell of the grid, the rank at its start."""

    article: np.ndarray
    image: np.ndarray
    cell: np.ndarray
    rank: np.ndarray


class _Scan:
    """Comparison of scores on the grid, in float32."""

    def __init__(self, path: AlphaPath, target: np.ndarray, tie_order: np.ndarray, limit: int, steps: int) -> None:
        self._target, self._tie_order, self._limit = target, tie_order, limit
        self._grid = [step / steps for step in range(steps + 1)]
        self._path = path
        self._products = Products.of(path.text, path.image, self._grid) if path.is_linear else None

    def candidates(self, rows: slice) -> tuple[_Candidates, np.ndarray]:
        """Return the changes of sign of some articles, and their ranks at α = 0, int64 [b]."""
        own = self._target[rows]
        before, ahead, not_lower = (Comparisons(len(own), len(self._tie_order)) for _ in range(3))
        start = rank = np.empty(0)
        found = []
        for cell, scores in enumerate(self._scores(rows), start=-1):
            before, ahead, last_rank = ahead, before, rank
            rank = ranks_within(scores, own, self._tie_order, ahead, not_lower)
            if cell < 0:
                start = rank
                continue
            near = np.flatnonzero(np.minimum(rank, last_rank) <= self._limit + _RANKS_ABOVE)
            row, image = np.nonzero(ahead.mask[near] ^ before.mask[near])
            article = near[row]
            found.append((article + rows.start, image, np.full(len(row), cell), last_rank[article]))
        return _Candidates(*(np.concatenate(columns) for columns in zip(*found, strict=True))), start

    def _scores(self, rows: slice) -> Iterator[np.ndarray]:
        if self._products is not None:
            yield from self._products.scores(rows, [(alpha, alpha) for alpha in self._grid])
            return
        for alpha in self._grid:
            texts, images = self._path.at(alpha, alpha)
            yield (texts[rows] @ images.T).cpu().numpy()


class _Locator:
    """Location of changes of sign, in float64, from products of the embeddings at the nodes of the path.

    lengths: float64 [G, K, K], products of each image's embeddings at the nodes.
    """

    def __init__(self, path: AlphaPath, target: np.ndarray, steps: int) -> None:
        self._target, self._steps = target, steps
        self._nodes = path.text.nodes, path.image.nodes
        self._texts, self._images = _by_row(path.text), _by_row(path.image)
        self._lengths = self._images @ self._images.transpose(0, 2, 1)

    def overtakings(self, found: _Candidates) -> tuple[np.ndarray, ...]:
        """Return article, image, α, change and rank of each overtaking, sorted by article, then α."""
        difference = self._difference(found)
        low, high = (((found.cell + offset) / self._steps).clip(0.0, 1.0) for offset in (-_MARGIN, 1 + _MARGIN))
        at_low, at_high = difference(low) > 0, difference(high) > 0
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            left = (difference(middle) > 0) == at_low
            low, high = np.where(left, middle, low), np.where(left, high, middle)
        alpha, change = (low + high) / 2, at_high.astype(np.int8) - at_low.astype(np.int8)
        order = np.lexsort((alpha, found.cell, found.article))
        order = order[change[order] != 0]  # 0: float64 sees no crossing
        article, image, cell = found.article[order], found.image[order], found.cell[order]
        rank = found.rank[order] + _running_sum(change[order], article, cell)
        by_alpha = np.lexsort((alpha[order], article))
        columns = article.astype(np.int32), image.astype(np.int32), alpha[order], change[order], rank.astype(np.int32)
        return tuple(column[by_alpha] for column in columns)

    def _difference(self, found: _Candidates) -> Callable[[np.ndarray], np.ndarray]:
        """Return α [E] → score of the image minus score of the own image, float64 [E]."""
        own = self._target[found.article]
        products = np.empty((2, len(own), self._images.shape[1], self._texts.shape[1]))
        order = np.argsort(found.article, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(found.article[order])) + 1):
            for article in found.article[rows[:1]]:
                nodes = self._texts[article].T
                products[0, rows], products[1, rows] = (
                    self._images[found.image[rows]] @ nodes,
                    self._images[own[rows]] @ nodes,
                )
        lengths = self._lengths[np.stack([found.image, own])]

        def difference(alpha: np.ndarray) -> np.ndarray:
            text, image = (coefficients_at(nodes, alpha) for nodes in self._nodes)
            cosines = np.einsum("ek,sekl,el->se", image, products, text)
            image_score, own_score = cosines / np.sqrt(np.einsum("ek,sekl,el->se", image, lengths, image))
            return image_score - own_score

        return difference


def _by_row(tower: TowerPath) -> np.ndarray:
    """Return the embeddings at the nodes of each input, float64 [n, K, d]."""
    return np.ascontiguousarray(tower.values.double().cpu().numpy().transpose(1, 0, 2))


def _running_sum(change: np.ndarray, *groups: np.ndarray) -> np.ndarray:
    """Return the sum of `change` up to each place within its group; equal `groups` stand next to each other."""
    total = np.cumsum(change, dtype=np.int64)
    starts = np.flatnonzero(np.concatenate([[True], np.any([np.diff(group) != 0 for group in groups], axis=0)]))
    before = np.concatenate([[0], total])[starts]
    return total - np.repeat(before, np.diff([*starts, len(total)]))
