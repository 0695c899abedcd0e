"""Ranks of a split at many α from the path of its embeddings: in one go where the path is linear, else α by α."""

from collections.abc import Iterator, Sequence

import numpy as np

from core.evaluation.overtakings import Overtakings
from core.evaluation.sweep import SHOWN, Ranked
from core.experiment.experiment import SplitRanker
from core.interpolation.alpha_path import AlphaPath, TowerPath
from core.interpolation.find_overtakings import find_overtakings
from core.interpolation.linear_ranks import ranks_along
from core.progress import progress
from core.retrieval.choices import BY_COSINE


def ranked_along(path: AlphaPath, view: SplitRanker, alphas: Sequence[float]) -> Iterator[Ranked]:
    """Yield the ranks in both directions and the first images at each of `alphas`."""
    if not _is_fast(path, view):
        yield from (view.ranked(*path.at(alpha, alpha)) for alpha in progress(alphas, "Ranking along alpha"))
        return
    points, target = [(alpha, alpha) for alpha in alphas], view.gallery.target
    found = ranks_along(path.text, path.image, target, view.gallery.tie_order, points, SHOWN)
    own = TowerPath(path.image.nodes, path.image.values[:, target], is_linear=True)
    label = "Ranking articles along alpha"
    reverse = ranks_along(own, path.text, np.arange(len(target)), view.article_ties, points, label=label)
    yield from map(Ranked, found.ranks, reverse.ranks, found.first)


def overtakings_along(path: AlphaPath, view: SplitRanker) -> Overtakings | None:
    """Return the overtakings of the view's articles; None if it re-ranks, which changes with α, too."""
    if view.reranking != BY_COSINE:
        return None
    return find_overtakings(path, view.gallery.target, view.gallery.tie_order)


def plane_along(path: AlphaPath, view: SplitRanker, grid: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return the ranks int32 [P, P, N] and first images int32 [P, P, N, K] at each (α_image, α_text) of `grid`."""
    label = "Ranking the plane of both towers' alpha"
    if _is_fast(path, view):
        points = [(alpha_text, alpha_image) for alpha_image in grid for alpha_text in grid]
        gallery = view.gallery
        found = ranks_along(path.text, path.image, gallery.target, gallery.tie_order, points, SHOWN, label)
        square = len(grid), len(grid)
        return found.ranks.reshape(*square, -1), found.first.reshape(*square, *found.first.shape[1:])
    texts = [path.text.at(alpha) for alpha in grid]
    ranks, top_images = [], []
    for alpha_image in progress(grid, label):
        images = path.image.at(alpha_image)
        ranks.append([view.image_ranks(text, images) for text in texts])
        top_images.append([view.top_images(text, images) for text in texts])
    return np.array(ranks), np.array(top_images)


def _is_fast(path: AlphaPath, view: SplitRanker) -> bool:
    """Return whether `ranks_along` gives the view's ranks and is faster than a product for each α."""
    return path.is_linear and view.reranking == BY_COSINE and path.text.values.device.type == "cpu"
