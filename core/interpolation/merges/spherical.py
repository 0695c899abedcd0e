"""Spherical interpolation (slerp; Shoemake 1985, "Animating rotation with quaternion curves") of the embeddings.

Embeddings have length one, so the shortest way between those of both models is an arc. Slerp of the weights, the other
use of the name, is no merge here: training turned the text head of the built-in encoder by 7 to 9 degrees, where arc
and WiSE-FT's line differ by less than 0.4 % of its length, and its image head starts at zero, which has no direction.
"""

from typing import TYPE_CHECKING

from core.interpolation.merges.merge import Merge, over_alphas

if TYPE_CHECKING:
    from torch import Tensor

#: Below this angle (radians) the line replaces the arc, whose formula would divide by zero.
SMALL = 1e-3


def slerp(zero_shot: "Tensor", fine_tuned: "Tensor", alpha: float) -> "Tensor":
    """Return the points at α of the arcs between rows of length one: [n, d], exact at both ends."""
    import torch
    from torch.nn import functional

    if alpha in (0.0, 1.0):
        return fine_tuned if alpha else zero_shot
    # atan2 stays precise where the rows are almost equal, unlike the inverse cosine.
    angle = 2 * torch.atan2((fine_tuned - zero_shot).norm(dim=1), (fine_tuned + zero_shot).norm(dim=1))[:, None]
    is_line = angle < SMALL
    safe = torch.where(is_line, torch.ones_like(angle), angle)
    start = torch.where(is_line, 1 - alpha, ((1 - alpha) * safe).sin() / safe.sin())
    end = torch.where(is_line, alpha, (alpha * safe).sin() / safe.sin())
    return functional.normalize(start * zero_shot + end * fine_tuned, dim=1)


SPHERICAL = Merge(
    "spherical",
    "spherical",
    "each embedding moves along the arc between both models' (slerp, Shoemake 1985), which doubles the cost of every "
    "query",
    lambda search: over_alphas(search, "spherical"),
    combine=slerp,
)
