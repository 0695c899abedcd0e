"""CLIP's symmetric contrastive loss (Radford et al. 2021, section 2.3, figure 3), without false negatives.

It is open_clip's `ClipLoss`, its default for every model. The bias of a model that was trained with a sigmoid loss
(`logit_bias`, as SigLIP has) is left out: a constant added to all logits cancels in the softmax and has no gradient,
so it stays as loaded.
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

#: The scale may not exceed 100, "to prevent scaling the logits by more than 100" (ibid., 2.5).
MAX_LOG_SCALE = math.log(100.0)


@torch.no_grad()
def clamp_scale(log_scale: Tensor) -> None:
    """Put the log of the scale back into [0, log 100] in place, as open_clip does after each optimiser step.

    A clamp inside the loss would have no gradient at the cap, where OpenAI's weights start: the scale could not move.
    """
    log_scale.clamp_(0.0, MAX_LOG_SCALE)


def contrastive_loss(images: Tensor, texts: Tensor, log_scale: Tensor, same: Tensor | None = None) -> Tensor:
    """Mean cross-entropy of picking one's own partner out of the batch, both ways; a scalar.

    images, texts: [b, d], of length one, row i of both belonging together. log_scale: log of the inverse temperature.
    same: bool [b, b], True where two pairs share image or text; None: no two do. Those are left out of each other's
    candidates, as a gallery holds each image once: "elimination" of false negatives (Huynh et al. 2022). Making them
    targets as well (UniCL, Yang et al. 2022) would draw texts to images they were not published with.
    """
    logits = log_scale.exp() * images @ texts.T
    own = torch.arange(len(logits), device=logits.device)
    if same is not None:
        logits = logits.masked_fill(same & (own[:, None] != own), -torch.inf)
    return (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2
