"""Hubs: images that come up for too many articles, whatever these are about.

The k-occurrence N_k of an image is how many articles have it among their first k. The skewness of N_k over the
gallery says how far a few images take the places of the others (Radovanović, Nanopoulos and Ivanović 2010): near 0
if all come up about equally often, large where there are hubs.
"""

from dataclasses import dataclass

import numpy as np

from core.analysis.bootstrap import Interval, Resamples, interval

#: k of the k-occurrence: what the paper's tables call the first ten.
FIRST = 10
_NO_SPREAD = 1e-12  # but for rounding


@dataclass(frozen=True)
class Hubs:
    """skewness: of N_10 over the gallery. never: share of images that no article has among its first ten.

    most: rows of the images that come up most often, and for how many articles; the worst first. images: how many
    come up for 0, 1, 2, … articles.
    """

    skewness: float
    never: float
    most: tuple[tuple[int, int], ...]
    images: tuple[int, ...]


def hubs(top_images: np.ndarray, gallery: int, shown: int = 5) -> Hubs:
    """top_images: int [N, k], each article's first images rows of a gallery of that size; k at least FIRST or all."""
    counts = occurrences(top_images, gallery)
    worst = np.argsort(-counts, kind="stable")[:shown]
    most = tuple((int(row), int(counts[row])) for row in worst)
    return Hubs(float(_skewness(counts)), float((counts == 0).mean()), most, tuple(np.bincount(counts).tolist()))


def occurrences(top_images: np.ndarray, gallery: int) -> np.ndarray:
    """N_10 of each image, int64 [G]."""
    return np.bincount(top_images[:, :FIRST].ravel(), minlength=gallery)


def skewness_change(before: np.ndarray, after: np.ndarray, gallery: int) -> Interval:
    """By how much the skewness changes between two models' lists [N, k] of the same articles, drawn anew.

    Drawing articles twice makes every gallery a little uneven, so where skewness falls the interval lies a little
    nearer to no change than it should (up to 0.2 seen): it does not overstate.
    """
    drawn = [_drawn_skewness(listed, gallery) for listed in (before, after)]
    return interval(drawn[1] - drawn[0], len(before))


def _drawn_skewness(top_images: np.ndarray, gallery: int) -> np.ndarray:
    """The skewness over the articles of each draw, [draws]."""
    listed = np.zeros((len(top_images), gallery))
    np.put_along_axis(listed, top_images[:, :FIRST].astype(np.int64), 1.0, axis=1)
    return _skewness(Resamples(len(top_images)).means(listed))


def _skewness(counts: np.ndarray) -> np.ndarray:
    """Of the last axis, [..., G] → [...]: the third standardised moment; 0 where all come up equally often."""
    apart = counts - counts.mean(axis=-1, keepdims=True)
    variance = (apart**2).mean(axis=-1)
    spread = np.where(variance > _NO_SPREAD, variance, np.inf)
    return np.asarray((apart**3).mean(axis=-1) / spread**1.5)
