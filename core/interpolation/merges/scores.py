"""A mix of the two models' scores instead of their weights."""

from typing import TYPE_CHECKING

from core.interpolation.merges.merge import Merge, over_alphas

if TYPE_CHECKING:
    from torch import Tensor


def mixed_scores(zero_shot: "Tensor", fine_tuned: "Tensor", alpha: float) -> "Tensor":
    """Return vectors [n, 2d] with cosines (1 − α)·zero-shot's + α·fine-tuned's, from [n, d] each, of length one."""
    import torch

    return torch.cat([(1 - alpha) ** 0.5 * zero_shot, alpha**0.5 * fine_tuned], dim=1)


SCORES = Merge(
    "scores",
    "scores, not weights",
    "both models score, and α mixes their similarities, which doubles the cost of every query",
    lambda search: over_alphas(search, "scores"),
    combine=mixed_scores,
)
