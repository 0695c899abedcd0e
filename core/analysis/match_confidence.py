"""How often the right item is among the first few, for queries whose best scores stand out as much as this one's.

The val articles are queries with a known answer. They are sorted by how far their first score stands out from the
scores of the places after it, and cut into groups of equal size. The share of a group whose own item is among the first
WITHIN is the estimate for a new query with such scores (histogram binning, Zadrozny and Elkan 2001). It holds for
queries like the articles' own, whose right item is in the gallery.
"""

from dataclasses import dataclass

import numpy as np

#: Places that a reader looks at.
WITHIN = 5
#: Place whose score the first is compared with. On three domains (n = 483 to 567), the first score minus the tenth
#: separates better than the first minus the second, and than the first alone.
COMPARED = 10
GROUPS = 5
#: Articles of a group; with fewer, the share says little.
FEWEST = 30


@dataclass(frozen=True)
class Calibration:
    """Shares by how much the first score stands out.

    edges: float64 [B + 1], rising, of `standing_out` of the val articles. hits, sizes: int64 [B], articles of a group
    whose own item is among the first WITHIN, and all of them.
    """

    edges: np.ndarray
    hits: np.ndarray
    sizes: np.ndarray


@dataclass(frozen=True)
class Estimate:
    """The share for a query: hits of n articles. where: within their range of scores, below or above it."""

    hits: int
    n: int
    where: str

    @property
    def share(self) -> float:
        """Return hits / n."""
        return self.hits / self.n


def standing_out(scores: np.ndarray) -> np.ndarray:
    """Return how far the first score stands out, from the highest COMPARED scores in descending order [..., K]."""
    difference: np.ndarray = scores[..., 0] - scores[..., -1]
    return difference


def calibrate(values: np.ndarray, ranks: np.ndarray) -> Calibration | None:
    """Return the shares of groups of articles. values: `standing_out` [N]; ranks: of the own item [N].

    None if there are too few articles for one group.
    """
    groups = min(GROUPS, len(values) // FEWEST)
    if groups < 1:
        return None
    order = np.argsort(values, kind="stable")
    parts = np.array_split(order, groups)
    edges = np.array([values[part[0]] for part in parts] + [values[order[-1]]])
    hits = np.array([int((ranks[part] <= WITHIN).sum()) for part in parts])
    return Calibration(edges, hits, np.array([len(part) for part in parts]))


def estimate(calibration: Calibration, value: float) -> Estimate:
    """Return the estimate for a query whose first score stands out by `value`."""
    edges = calibration.edges
    group = int(np.clip(np.searchsorted(edges, value, side="right") - 1, 0, len(calibration.hits) - 1))
    where = "below" if value < edges[0] else "above" if value > edges[-1] else "within"
    return Estimate(int(calibration.hits[group]), int(calibration.sizes[group]), where)
