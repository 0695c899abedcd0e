"""Embeddings at any α from a few exact ones (DESIGN, decision 2).

An article's embedding is a smooth function of α, so exact evaluations at Chebyshev–Lobatto nodes give every α between
by barycentric interpolation (Berrut and Trefethen 2004, *Barycentric Lagrange Interpolation*), renormalised. The towers
are independent: `at(alpha_image, alpha_text)` needs the nodes of each tower once. What comes from a path is marked
interpolated, carries the error measured while it was built, and is never what tables report.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.analysis.metrics import metrics_of

#: Each grid holds the one before (5 → 9 → 17), so a finer path reuses what was computed.
NODE_COUNTS = (5, 9, 17)

#: α → (texts [N, d], images [G, d]), exact, of length one.
EmbeddingsAt = Callable[[float], tuple[Tensor, Tensor]]
#: (texts, images) → ranks, int32 [N].
Ranking = Callable[[Tensor, Tensor], np.ndarray]


@dataclass(frozen=True)
class PathError:
    """What interpolation was off by, at worst over the exact points it was checked at.

    mrr_100: absolute difference. recall_10: share of articles that enter or leave the first ten. checked_at: those α.
    """

    mrr_100: float
    recall_10: float
    checked_at: tuple[float, ...]

    def is_within(self, n: int) -> bool:
        """True if both are small: mrr@100 by 0.001 or one article's worth, recall@10 by 0.5 % or one article."""
        return self.mrr_100 <= max(0.001, 1 / n) and self.recall_10 <= max(0.005, 1 / n)


@dataclass(frozen=True)
class AlphaPath:
    """Exact embeddings at `nodes` [K]: texts [K, N, d], images [K, G, d]; error: as measured when it was built."""

    nodes: np.ndarray
    texts: Tensor
    images: Tensor
    error: PathError

    def at(self, alpha_image: float, alpha_text: float) -> tuple[Tensor, Tensor]:
        """(texts [N, d], images [G, d]), of length one; exactly the computed ones at a node."""
        return _interpolated(self.nodes, self.texts, alpha_text), _interpolated(self.nodes, self.images, alpha_image)


def lobatto_nodes(count: int) -> np.ndarray:
    """½ − ½·cos(πj/(count−1)), j = 0 … count−1: float64 [count], rising from exactly 0 to exactly 1."""
    nodes = 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / (count - 1))
    nodes[0], nodes[-1] = 0.0, 1.0
    return nodes


def barycentric_coefficients(nodes: np.ndarray, alpha: float) -> np.ndarray:
    """Weights [K] of the values at Chebyshev–Lobatto `nodes` in the value at `alpha`; they sum to one.

    Raises ValueError outside [0, 1], where a polynomial runs away.
    """
    if not 0.0 <= alpha <= 1.0:
        raise ValueError(f"alpha {alpha}: expected 0 to 1")
    distance = alpha - nodes
    hit = np.flatnonzero(np.abs(distance) < 1e-12)
    if len(hit):
        return np.eye(len(nodes))[hit[0]]
    weights = (-1.0) ** np.arange(len(nodes))
    weights[[0, -1]] *= 0.5
    terms = weights / distance
    return terms / terms.sum()


def _interpolated(nodes: np.ndarray, values: Tensor, alpha: float) -> Tensor:
    coefficients = barycentric_coefficients(nodes, alpha)
    if coefficients.max() == 1.0:
        return values[int(coefficients.argmax())]
    mixed = torch.einsum("k,knd->nd", torch.from_numpy(coefficients).to(values), values)
    return functional.normalize(mixed, dim=-1)


def build_path(embeddings_at: EmbeddingsAt, ranks: Ranking) -> AlphaPath | None:
    """Add nodes until the ones just added agree with the path before them; None if 17 do not get there.

    The path returned holds all nodes computed, so its own error is smaller than the one it carries.
    """
    exact: dict[float, tuple[Tensor, Tensor]] = {}
    path: AlphaPath | None = None
    for count in NODE_COUNTS:
        nodes = lobatto_nodes(count)
        for alpha in nodes:
            key = round(float(alpha), 12)
            if key not in exact:
                exact[key] = embeddings_at(float(alpha))
        at_nodes = [exact[round(float(alpha), 12)] for alpha in nodes]
        texts, images = (torch.stack(column) for column in zip(*at_nodes, strict=True))
        fresh = [alpha for alpha in nodes if path is not None and np.abs(path.nodes - alpha).min() > 1e-9]
        error = _error(path, fresh, exact, ranks) if path is not None else PathError(np.inf, np.inf, ())
        path = AlphaPath(nodes, texts, images, error)
        if error.is_within(texts.shape[1]):
            return path
    return None


def _error(
    path: AlphaPath, alphas: list[float], exact: dict[float, tuple[Tensor, Tensor]], ranks: Ranking
) -> PathError:
    """The worst difference between `path` and exact evaluation at `alphas`."""
    mrr, recall = [], []
    for alpha in alphas:
        true = ranks(*exact[round(float(alpha), 12)])
        interpolated = ranks(*path.at(alpha, alpha))
        mrr.append(abs(metrics_of(interpolated).mrr_100 - metrics_of(true).mrr_100))
        recall.append(float(((interpolated <= 10) != (true <= 10)).mean()))
    return PathError(max(mrr), max(recall), tuple(float(alpha) for alpha in alphas))
