"""Hubs: images among the first ten of many articles, whatever these are about.

The k-occurrence N_k of an image is the number of articles that have it among their first k. The skewness of N_k over
the gallery measures hubs (Radovanović, Nanopoulos and Ivanović 2010): it is near 0 if all images are listed about
equally often and large if a few images take the places of the others.
"""

from dataclasses import dataclass

import numpy as np

from core.analysis.bootstrap import Interval, Resamples, interval

#: k of the k-occurrence, as recall@10 in the paper's tables.
FIRST = 10
_NO_SPREAD = 1e-12  # variance up to rounding errors


@dataclass(frozen=True)
class Hubs:
    """Distribution of N_10 over a gallery.

    skewness: of N_10. never: share of images that no article lists among its first ten. most: (row, number of articles)
    of the most listed images, in falling order. images: the number of images listed by 0, 1, 2, … articles.
    """

    skewness: float
    never: float
    most: tuple[tuple[int, int], ...]
    images: tuple[int, ...]


def hubs(top_images: np.ndarray, gallery: int, shown: int = 5) -> Hubs:
    """Return how unevenly images are listed.

    top_images: int [N, k], each article's first images as rows of a gallery of that size; k at least FIRST, or all.
    """
    counts = occurrences(top_images, gallery)
    worst = np.argsort(-counts, kind="stable")[:shown]
    most = tuple((int(row), int(counts[row])) for row in worst)
    return Hubs(float(_skewness(counts)), float((counts == 0).mean()), most, tuple(np.bincount(counts).tolist()))


def occurrences(top_images: np.ndarray, gallery: int) -> np.ndarray:
    """Return N_10 of each image, int64 [G]."""
    return np.bincount(top_images[:, :FIRST].ravel(), minlength=gallery)


def skewness_change(before: np.ndarray, after: np.ndarray, gallery: int) -> Interval:
    """Return the bootstrap interval of the change in skewness between two models' lists [N, k] of the same articles.

    Drawing articles with replacement makes the counts slightly more uneven. If skewness falls, the interval is
    therefore slightly too close to 0 (by up to 0.2, measured), so it does not overstate the change.
    """
    drawn = [_drawn_skewness(listed, gallery) for listed in (before, after)]
    return interval(drawn[1] - drawn[0], len(before))


def _drawn_skewness(top_images: np.ndarray, gallery: int) -> np.ndarray:
    """Return the skewness over the articles of each draw, [draws]."""
    listed = np.zeros((len(top_images), gallery))
    np.put_along_axis(listed, top_images[:, :FIRST].astype(np.int64), 1.0, axis=1)
    return _skewness(Resamples(len(top_images)).means(listed))


def _skewness(counts: np.ndarray) -> np.ndarray:
    """Return the third standardised moment of the last axis, [..., G] → [...]; 0 if all counts are equal."""
    apart = counts - counts.mean(axis=-1, keepdims=True)
    variance = (apart**2).mean(axis=-1)
    spread = np.where(variance > _NO_SPREAD, variance, np.inf)
    return np.asarray((apart**3).mean(axis=-1) / spread**1.5)
