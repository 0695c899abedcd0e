"""CLIP's symmetric contrastive loss (Radford et al. 2021, section 2.3, figure 3), without false negatives.

It equals open_clip's `ClipLoss`, the default there for every model. The bias of models trained with a sigmoid loss
(`logit_bias` of SigLIP) is omitted: a constant added to all logits cancels in the softmax and has no gradient, so it
stays as loaded.
"""

import math
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

#: The scale is at most 100, "to prevent scaling the logits by more than 100" (ibid., 2.5).
MAX_LOG_SCALE = math.log(100.0)


@torch.no_grad()
def clamp_scale(log_scale: Tensor) -> None:
    """Clamp the log of the scale to [0, log 100] in place, as open_clip does after each optimiser step.

    A clamp inside the loss would have no gradient at the cap, where OpenAI's weights start; the scale could not move.
    """
    log_scale.clamp_(0.0, MAX_LOG_SCALE)


def contrastive_loss(
    images: Tensor,
    texts: Tensor,
    log_scale: Tensor,
    same: Tensor | None = None,
    reduction: Literal["mean", "none"] = "mean",
) -> Tensor:
    """Return the mean cross-entropy of finding the partner in the batch, image to text and text to image; a scalar.

    images, texts: [b, d], of length one; row i of both is a pair. log_scale: log of the inverse temperature. same: bool
    [b, b], True if two pairs share image or text; None if no two do. Such pairs are removed from each other's
    candidates, as a gallery holds each image once: "elimination" of false negatives (Huynh et al. 2022). Using them as
    targets (UniCL, Yang et al. 2022) would train texts towards images they were not published with. reduction: "none"
    for the loss of each pair, [b].
    """
    logits = log_scale.exp() * images @ texts.T
    partner = torch.arange(len(logits), device=logits.device)
    if same is not None:
        logits = logits.masked_fill(same & (partner[:, None] != partner), -torch.inf)
    to_text = functional.cross_entropy(logits, partner, reduction=reduction)
    return (to_text + functional.cross_entropy(logits.T, partner, reduction=reduction)) / 2
