"""Ranks and first images at one α, or at one α for each tower.

Between the exact points of a sweep they are interpolated first; the model worker then computes them exactly.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np

from core.evaluation.sweep import Ranked
from core.jobs.rank_task import rank_exactly
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from pages.shared.cached_results import stamp_of
from pages.shared.worker import submit_once


@dataclass(frozen=True)
class Point:
    """Ranks and first images at the position of the slider.

    name: its α, or both. ranks: int [N]. top_images: int [N, K], rows of the gallery. is_exact: not interpolated.
    """

    name: str
    ranks: np.ndarray
    top_images: np.ndarray
    is_exact: bool

    def replaced_by(self, exact: Ranked) -> "Point":
        """Return the same point with exact ranks and images."""
        return Point(self.name, exact.ranks, exact.top_images, True)


def point_at(results: Results, alphas: Sequence[float]) -> Point:
    """Look up the nearest point of the sweep: one α on the curve, or two (image, text tower) on the plane."""
    if len(alphas) == 1 or results.plane is None:
        place = results.nearest_index(alphas[0])
        name = f"{results.alphas[place]:.2f}"
        return Point(name, results.ranks[place], results.top_images[place], not results.interpolated[place])
    plane = results.plane
    image, text = (int(np.abs(np.array(plane.alphas) - alpha).argmin()) for alpha in alphas)
    is_corner = image in (0, len(plane.alphas) - 1) and text in (0, len(plane.alphas) - 1)
    name = f"{plane.alphas[image]:.2f} (image), {plane.alphas[text]:.2f} (text)"
    return Point(
        name, plane.ranks[image, text], plane.top_images[image, text], is_corner or results.info.has_exact_plane
    )


@dataclass(frozen=True)
class Positions:
    """Ranks and first images at all positions of the slider; of both sliders, the image tower's is the outer one.

    ranks: int [P, N]. top_images: int [P, N, K], rows of the gallery.
    """

    ranks: np.ndarray
    top_images: np.ndarray


def positions_of(results: Results, towers: bool) -> Positions:
    """Return all points of the curve, or of the plane with an α for each tower."""
    if not towers or results.plane is None:
        return Positions(results.ranks, results.top_images)
    ranks, images = results.plane.ranks, results.plane.top_images
    return Positions(ranks.reshape(-1, *ranks.shape[2:]), images.reshape(-1, *images.shape[2:]))


def submit_exact(workspace: Workspace, results: Results, alphas: Sequence[float]) -> Future[Ranked]:
    """Submit the exact evaluation at one α, or at one α for the image and one for the text tower."""
    info, split = results.run.info, results.split
    towers = round(alphas[0], 6), round(alphas[-1], 6)
    key = (*stamp_of(results.run), split, *towers)
    return submit_once("exact ranks", key, rank_exactly, workspace, info.domain, info.name, split, *towers)
