"""Embeddings at any α from a few exact ones (DESIGN, decision 2).

An article's embedding is a smooth function of α, so exact evaluations at Chebyshev–Lobatto nodes give every α between
by barycentric interpolation (Berrut and Trefethen 2004, *Barycentric Lagrange Interpolation*), renormalised. The towers
are independent: `at(alpha_image, alpha_text)` needs the nodes of each tower once. What comes from a path is marked
interpolated, carries the error measured while it was built, and is never what tables report.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.encoders.weights import load_cached_tensors, save_cached_tensors
from core.evaluation.agreement import Disagreement, disagreement, worst

#: Each grid holds the one before (5 → 9 → 17), so a finer path reuses what was computed.
NODE_COUNTS = (5, 9, 17)
#: A path is checked at the nodes of the next grid that lie nearest to these: all four new ones of 9 for 5. More lie
#: below a half, where the larger part of a tuned model's embeddings turns.
CHECKED_NEAR = (0.1, 0.25, 0.6, 0.9)
SAME = 1e-12  # two α's closer than this are one

#: Several α → one tower's exact embeddings [n, d] at each, of length one; several, so that machines can share them.
ExactAt = Callable[[Sequence[float]], Iterable[Tensor]]
#: (texts, images) → ranks, int32 [N].
Ranking = Callable[[Tensor, Tensor], np.ndarray]


@dataclass(frozen=True)
class TowerPath:
    """One tower's embeddings along α. nodes: float64 [K] of a Lobatto grid, or one for a tower that does not change.

    values: float32 [K, n, d], exact at each node, of length one.
    """

    nodes: np.ndarray
    values: Tensor

    def at(self, alpha: float) -> Tensor:
        """[n, d], of length one; exactly the computed values at a node. Raises ValueError outside [0, 1]."""
        coefficients = barycentric_coefficients(self.nodes, alpha)
        if coefficients.max() == 1.0:
            return self.values[int(coefficients.argmax())]
        mixed = torch.tensordot(torch.from_numpy(coefficients).to(self.values), self.values, dims=1)
        return functional.normalize(mixed, dim=-1)


@dataclass(frozen=True)
class AlphaPath:
    """Both towers along α. `build_path` makes one.

    error: how far interpolated ranks were off, at worst over the exact points it was checked at. checked_at: those α
    between the nodes; both towers there, and one tower at each with the other at the opposite one.
    """

    text: TowerPath
    image: TowerPath
    error: Disagreement
    checked_at: tuple[float, ...]

    @property
    def is_good(self) -> bool:
        """True if what it was off by is within the tolerance; where it is not, exact evaluation takes over."""
        return self.error.is_within(self.text.values.shape[1])

    @property
    def node_count(self) -> int:
        """Nodes of the tower that has more."""
        return max(len(self.text.nodes), len(self.image.nodes))

    def is_exact_at(self, alpha: float) -> bool:
        """True if `alpha` is a node of both towers."""
        return all(
            len(tower.nodes) == 1 or bool(np.abs(tower.nodes - alpha).min() < SAME) for tower in (self.text, self.image)
        )

    def at(self, alpha_image: float, alpha_text: float) -> tuple[Tensor, Tensor]:
        """(texts [N, d], images [G, d]), of length one."""
        return self.text.at(alpha_text), self.image.at(alpha_image)


def lobatto_nodes(count: int) -> np.ndarray:
    """½ − ½·cos(πj/(count−1)), j = 0 … count−1: float64 [count], rising from exactly 0 to exactly 1."""
    nodes = 0.5 - 0.5 * np.cos(np.pi * np.arange(count) / (count - 1))
    nodes[[0, count // 2, -1]] = 0.0, 0.5, 1.0
    return nodes


def barycentric_coefficients(nodes: np.ndarray, alpha: float) -> np.ndarray:
    """Weights [K] of the values at Chebyshev–Lobatto `nodes` in the value at `alpha`; they sum to one.

    A single node counts everywhere. Raises ValueError outside [0, 1], where a polynomial runs away.
    """
    if not 0.0 <= alpha <= 1.0:
        raise ValueError(f"alpha {alpha}: expected 0 to 1")
    if len(nodes) == 1:
        return np.ones(1)
    distance = alpha - nodes
    hit = np.flatnonzero(np.abs(distance) < SAME)
    if len(hit):
        return np.eye(len(nodes))[hit[0]]
    weights = (-1.0) ** np.arange(len(nodes))
    weights[[0, -1]] *= 0.5
    terms = weights / distance
    return terms / terms.sum()


def build_path(text_at: ExactAt, image_at: ExactAt, changes: Sequence[bool], ranks: Ranking) -> AlphaPath:
    """Add nodes until exact evaluation between them agrees with the path; look at `is_good` of what comes back.

    text_at, image_at: asked once for each α needed. changes: does the (text, image) tower change with α at all; one
    that does not is evaluated once. The points a path was checked at become its nodes where they complete the
    next grid, so its own error is then smaller than the one it carries.
    """
    text, image = (_Tower(exact_at, change) for exact_at, change in zip((text_at, image_at), changes, strict=True))
    for count in NODE_COUNTS:
        nodes, finer = lobatto_nodes(count), lobatto_nodes(2 * count - 1)
        fresh = finer[1::2]
        checks = np.array([fresh[np.abs(fresh - alpha).argmin()] for alpha in CHECKED_NEAR])
        on_nodes = text.path(nodes), image.path(nodes)
        error = _error(*on_nodes, checks, text, image, ranks)
        path = AlphaPath(*on_nodes, error, tuple(checks.tolist()))
        if path.is_good:
            return replace(path, text=text.path(finer), image=image.path(finer)) if len(checks) == len(fresh) else path
    return path


class _Tower:
    """Exact values of one tower, each α evaluated once; a tower that does not change counts as α = 0 everywhere."""

    def __init__(self, exact_at: ExactAt, changes: bool) -> None:
        self._exact_at, self._changes = exact_at, changes
        self._known: dict[float, Tensor] = {}

    def at(self, alphas: np.ndarray) -> Tensor:
        """[len(alphas), n, d]"""
        keys = [round(float(alpha), 12) if self._changes else 0.0 for alpha in alphas]
        unknown = sorted(set(keys) - self._known.keys())
        self._known.update(zip(unknown, self._exact_at(unknown), strict=True))
        return torch.stack([self._known[key] for key in keys])

    def path(self, nodes: np.ndarray) -> TowerPath:
        own = nodes if self._changes else nodes[:1]
        return TowerPath(own, self.at(own))


def _error(
    text_path: TowerPath, image_path: TowerPath, checks: np.ndarray, text: _Tower, image: _Tower, ranks: Ranking
) -> Disagreement:
    """The worst between path and exact evaluation, with both towers at a check and at opposite ones."""
    exact_texts, exact_images = text.at(checks), image.at(checks)
    places = range(len(checks))
    return worst(
        disagreement(
            ranks(text_path.at(checks[of_text]), image_path.at(checks[of_image])),
            ranks(exact_texts[of_text], exact_images[of_image]),
        )
        for of_text, of_image in [*zip(places, places, strict=True), *zip(places, reversed(places), strict=True)]
    )


def write_path(path: AlphaPath, file: Path) -> None:
    """Keep a path as one safetensors file."""
    tensors = {
        "text.nodes": torch.tensor(path.text.nodes),
        "text.values": path.text.values,
        "image.nodes": torch.tensor(path.image.nodes),
        "image.values": path.image.values,
        "error": torch.tensor([path.error.mrr_100, path.error.top10_flip_rate], dtype=torch.float64),
        "checked_at": torch.tensor(path.checked_at, dtype=torch.float64),
    }
    save_cached_tensors(file, tensors)


def read_path(file: Path) -> AlphaPath | None:
    """What `write_path` kept; None if it is not there or not what was written (to be made again)."""
    kept = load_cached_tensors(file)
    if kept is None:
        return None
    try:
        towers = {name: TowerPath(kept[f"{name}.nodes"].numpy(), kept[f"{name}.values"]) for name in ("text", "image")}
        mrr_100, top10_flip_rate = kept["error"].tolist()
        return AlphaPath(
            **towers, error=Disagreement(mrr_100, top10_flip_rate), checked_at=tuple(kept["checked_at"].tolist())
        )
    except (KeyError, TypeError, ValueError):  # of another version
        return None
