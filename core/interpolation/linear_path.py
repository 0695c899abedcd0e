"""Embeddings at every α, exactly, where α changes only linear heads.

Behind frozen layers, a linear head with the weights θ(α) gives (1 − α)·u(0) + α·u(1): before normalisation an embedding
is linear in α. Two encodings per tower, not normalised, therefore give every α without an error. A score is then a
quadratic in α over the root of another (`core.interpolation.linear_ranks`).
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from core.evaluation.agreement import Disagreement
from core.interpolation.alpha_path import AlphaPath, TowerPath

#: Largest distance between the mean of both ends and the exact encoding at α = ½, relative to its length, that counts
#: as rounding. Linear heads in float32 stay below 1e-6; a head that is not linear in its weights is off by 1e-3.
LINEAR_WITHIN = 1e-5

#: α → one tower's embeddings [n, d] under θ(α), not normalised.
RawAt = Callable[[float], Tensor]


def linear_path(text_at: RawAt, image_at: RawAt, changes: tuple[bool, bool]) -> AlphaPath | None:
    """Return the path through the encodings at both ends, or None if the encoding at ½ is not their mean.

    changes: whether the (text, image) tower changes with α; one that does not is encoded once.
    """
    text = linear_tower(text_at, changes[0])
    image = text and linear_tower(image_at, changes[1])
    if text is None or image is None:
        return None
    return AlphaPath(text, image, Disagreement(0.0, 0.0), (0.5,))


def linear_tower(raw_at: RawAt, changes: bool = True) -> TowerPath | None:
    """Return one tower along α, or None if its embeddings are not linear in α."""
    start = raw_at(0.0)
    if not changes:
        return TowerPath(np.zeros(1), start[None], is_linear=True)
    end, middle = raw_at(1.0), raw_at(0.5)
    off = (start.lerp(end, 0.5) - middle).norm(dim=1) / middle.norm(dim=1)
    if not bool((off <= LINEAR_WITHIN).all()):
        return None
    return TowerPath(np.array([0.0, 1.0]), torch.stack([start, end]), is_linear=True)
