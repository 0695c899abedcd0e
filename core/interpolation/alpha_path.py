"""Interpolation of embeddings over α from a few exact ones (docs/decisions/exact-and-interpolated-alpha.md).

An article's embedding is a smooth function of α. From exact embeddings at Chebyshev–Lobatto nodes, barycentric
interpolation (Berrut and Trefethen 2004, *Barycentric Lagrange Interpolation*) and renormalisation give every α
between. The towers are independent: `at(alpha_image, alpha_text)` needs the nodes of each tower once. Results of a path
are marked as interpolated and shown with the error measured while it was built; the paper's tables never use them.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from core.encoders.weights import load_cached_tensors, save_cached_tensors
from core.evaluation.agreement import Disagreement, disagreement, worst
from core.interpolation.barycentric import SAME, barycentric_coefficients, lobatto_nodes

#: The second grid holds the first, so a finer path reuses what was computed.
NODE_COUNTS = (9, 17)
#: `build_path` checks a path at the nodes of the next grid nearest to these, which never become nodes of the path: its
#: error there is not zero by construction. More are below 0.5, where the embeddings of tuned models change most.
CHECKED_NEAR = (0.1, 0.25, 0.6, 0.9)

#: Several α → one tower's exact embeddings [n, d] at each, of length one; several, so that processes can share them.
ExactAt = Callable[[Sequence[float]], Iterable[Tensor]]
#: (texts, images) → ranks, int32 [N].
Ranking = Callable[[Tensor, Tensor], np.ndarray]


@dataclass(frozen=True)
class TowerPath:
    """Embeddings of one tower over α. nodes: float64 [K] of a Lobatto grid; one node if the tower does not change.

    values: float32 [K, n, d], exact at each node; of length one, or not normalised if `is_linear`.
    is_linear: the values at the nodes 0 and 1 give every α without an error (core.interpolation.linear_path).
    """

    nodes: np.ndarray
    values: Tensor
    is_linear: bool = False

    def at(self, alpha: float) -> Tensor:
        """Return embeddings [n, d] of length one; at a node, the encoded ones. Raises ValueError outside [0, 1]."""
        coefficients = barycentric_coefficients(self.nodes, alpha)
        if coefficients.max() == 1.0:
            encoded = self.values[int(coefficients.argmax())]
            return functional.normalize(encoded, dim=-1) if self.is_linear else encoded
        mixed = torch.tensordot(torch.from_numpy(coefficients).to(self.values), self.values, dims=1)
        return functional.normalize(mixed, dim=-1)


@dataclass(frozen=True)
class AlphaPath:
    """Embeddings of both towers over α, as made by `build_path`.

    error: the largest disagreement of interpolated and exact ranks at the checked points. checked_at: the checked α
    between the nodes, with both towers at the same α and at opposite ones.
    """

    text: TowerPath
    image: TowerPath
    error: Disagreement
    checked_at: tuple[float, ...]

    @property
    def is_good(self) -> bool:
        """Return True if the error is within the tolerance; otherwise callers evaluate exactly."""
        return self.error.is_within(self.text.values.shape[1])

    @property
    def is_linear(self) -> bool:
        """Return whether both towers are linear in α, so that every α is exact."""
        return self.text.is_linear and self.image.is_linear

    @property
    def node_count(self) -> int:
        """The larger number of nodes of the two towers."""
        return max(len(self.text.nodes), len(self.image.nodes))

    def is_exact_at(self, alpha: float) -> bool:
        """Return whether the path has no error at `alpha`: everywhere, or at the nodes of both towers."""
        return all(
            tower.is_linear or len(tower.nodes) == 1 or bool(np.abs(tower.nodes - alpha).min() < SAME)
            for tower in (self.text, self.image)
        )

    def at(self, alpha_image: float, alpha_text: float) -> tuple[Tensor, Tensor]:
        """Return (texts [N, d], images [G, d]), of length one."""
        return self.text.at(alpha_text), self.image.at(alpha_image)


def build_path(text_at: ExactAt, image_at: ExactAt, changes: Sequence[bool], ranks: Ranking) -> AlphaPath:
    """Add nodes until exact evaluation between them agrees with the path; callers must check `is_good` of the result.

    text_at, image_at: called once for each α needed. changes: whether the (text, image) tower changes with α; a tower
    that does not is evaluated once. The error is that of the path as it is returned, at α that are not its nodes.
    """
    text, image = (_Tower(exact_at, change) for exact_at, change in zip((text_at, image_at), changes, strict=True))
    for count in NODE_COUNTS:
        nodes, fresh = lobatto_nodes(count), lobatto_nodes(2 * count - 1)[1::2]
        checks = np.array([fresh[np.abs(fresh - alpha).argmin()] for alpha in CHECKED_NEAR])
        on_nodes = text.path(nodes), image.path(nodes)
        error = _error(*on_nodes, checks, text, image, ranks)
        path = AlphaPath(*on_nodes, error, tuple(checks.tolist()))
        if path.is_good:
            return path
    return path


class _Tower:
    """Exact embeddings of one tower, each α evaluated once; a tower that does not change is evaluated at α = 0."""

    def __init__(self, exact_at: ExactAt, changes: bool) -> None:
        self._exact_at, self._changes = exact_at, changes
        self._known: dict[float, Tensor] = {}

    def at(self, alphas: np.ndarray) -> Tensor:
        """Return the embeddings [len(alphas), n, d]."""
        keys = [round(float(alpha), 12) if self._changes else 0.0 for alpha in alphas]
        unknown = sorted(set(keys) - self._known.keys())
        self._known.update(zip(unknown, self._exact_at(unknown), strict=True))
        return torch.stack([self._known[key] for key in keys])

    def path(self, nodes: np.ndarray) -> TowerPath:
        """Return the path through `nodes`, or through the first one if the tower does not change."""
        used = nodes if self._changes else nodes[:1]
        return TowerPath(used, self.at(used))


def _error(
    text_path: TowerPath, image_path: TowerPath, checks: np.ndarray, text: _Tower, image: _Tower, ranks: Ranking
) -> Disagreement:
    """Return the largest disagreement of path and exact evaluation, with the towers at equal and opposite checks."""
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
    """Write a path as one safetensors file."""
    tensors = {
        "text.nodes": torch.tensor(path.text.nodes),
        "text.values": path.text.values,
        "image.nodes": torch.tensor(path.image.nodes),
        "image.values": path.image.values,
        "error": torch.tensor(
            [path.error.mrr_100, path.error.top10_flip_rate, path.error.recall_1 or 0.0], dtype=torch.float64
        ),
        "checked_at": torch.tensor(path.checked_at, dtype=torch.float64),
    }
    save_cached_tensors(file, tensors)


def read_path(file: Path) -> AlphaPath | None:
    """Read a path written by `write_path`; None if the file is missing or invalid, so that callers build it again."""
    tensors = load_cached_tensors(file)
    if tensors is None:
        return None
    try:
        towers = {
            name: TowerPath(tensors[f"{name}.nodes"].numpy(), tensors[f"{name}.values"]) for name in ("text", "image")
        }
        mrr_100, top10_flip_rate, recall_1 = tensors["error"].tolist()
        error = Disagreement(mrr_100, top10_flip_rate, recall_1)
        return AlphaPath(**towers, error=error, checked_at=tuple(tensors["checked_at"].tolist()))
    except (KeyError, TypeError, ValueError):  # written by another version
        return None
