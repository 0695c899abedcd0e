"""Ranks and overtakings along α for linear heads, against a product of embeddings at each α.

Embeddings are random, so that no encoding is measured: a text is nearer to its own image than to most others, and both
towers turn with α by about as much as tuned heads do.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch

from benchmarks.measuring import Line, Timed, compare, line_of, timed
from core.evaluation.agreement import Disagreement
from core.evaluation.overtakings import Overtakings
from core.evaluation.sweep import DENSE, SHOWN
from core.evaluation.tower_plane import GRID
from core.interpolation.alpha_path import AlphaPath, TowerPath
from core.interpolation.find_overtakings import GRID_STEPS, find_overtakings
from core.interpolation.linear_ranks import Point, ranks_along
from core.retrieval.ranking import ranks_of, top_k

DIM = 384
#: Standard deviation of what differs between a text and its image, and of the change from α = 0 to 1, per component.
NOISE, CHANGE = 4.0, 2.0


def lines(n: int) -> list[Line]:
    """Measure n articles against as many images: 101 α both ways, the plane of both towers, and all overtakings."""
    path, rows = _random_path(n), np.arange(n)
    ties = np.random.default_rng(0).permutation(n)
    diagonal = [(alpha, alpha) for alpha in DENSE]
    plane = [(text, image) for image in GRID for text in GRID]

    def ours(points: Sequence[Point], both_ways: bool) -> np.ndarray:
        found = [ranks_along(path.text, path.image, rows, ties, points, SHOWN).ranks]
        if both_ways:
            found.append(ranks_along(path.image, path.text, rows, ties, points).ranks)
        return np.stack(found)

    def products(points: Sequence[Point], both_ways: bool) -> np.ndarray:
        found = []
        for text, image in points:
            texts, images = path.text.at(text), path.image.at(image)
            ways = [ranks_of(texts, images, rows, ties)]
            top_k(texts, images, ties, SHOWN)
            if both_ways:
                ways.append(ranks_of(images, texts, rows, ties))
            found.append(ways)
        return np.array(found).transpose(1, 0, 2)

    def apart(theirs: np.ndarray, found: np.ndarray) -> str:
        return f"{(theirs != found).sum():,} of {found.size:,} ranks differ"

    size = f"{n:,} × {n:,}, {DIM}-d"
    return [
        compare("101 α, ranks both ways and first images", size,
                lambda: products(diagonal, True), lambda: ours(diagonal, True), apart),
        compare("plane of 21 × 21 α, ranks and first images", size,
                lambda: products(plane, False), lambda: ours(plane, False), apart),
        *_overtakings(path, rows, ties, size),
    ]  # fmt: skip


def _overtakings(path: AlphaPath, rows: np.ndarray, ties: np.ndarray, size: str) -> list[Line]:
    """Measure a grid eight times as fine, which misses less, against ours, for two limits of the rank."""
    measured = []
    for limit in (10, 100):
        fine, found = (
            timed(partial(find_overtakings, path, rows, ties, limit, steps)) for steps in (8 * GRID_STEPS, GRID_STEPS)
        )
        measured.append(line_of(f"overtakings within the first {limit}", size, fine, found, _missed(fine, found)))
    return measured


def _missed(fine: Timed[Overtakings], found: Timed[Overtakings]) -> str:
    return f"{len(found.answer):,} found, {len(fine.answer) - len(found.answer):,} more on the finer grid"


def _random_path(n: int) -> AlphaPath:
    draw = torch.Generator().manual_seed(0)
    shared = torch.randn(n, DIM, generator=draw)

    def tower() -> TowerPath:
        start = shared + NOISE * torch.randn(n, DIM, generator=draw)
        change = CHANGE * torch.randn(n, DIM, generator=draw)
        return TowerPath(np.array([0.0, 1.0]), torch.stack([start, start + change]), is_linear=True)

    return AlphaPath(tower(), tower(), Disagreement(0.0, 0.0), (0.5,))
