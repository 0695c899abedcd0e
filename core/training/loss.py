"""CLIP's symmetric contrastive loss (Radford et al. 2021, section 2.3, figure 3), without false negatives."""

import math

import torch
from torch import Tensor
from torch.nn import functional

#: The temperature may not fall below 1/100, "to prevent scaling the logits by more than 100" (ibid., 2.5).
MAX_LOG_SCALE = math.log(100.0)


def contrastive_loss(images: Tensor, texts: Tensor, log_scale: Tensor, same: Tensor | None = None) -> Tensor:
    """Mean cross-entropy of picking one's own partner out of the batch, both ways; a scalar.

    images, texts: [b, d], of length one, row i of both belonging together. log_scale: log of the inverse temperature.
    same: bool [b, b], True where two pairs share picture or text; None: no two do. Those are left out of each other's
    candidates, as a gallery holds each picture once: "elimination" of false negatives (Huynh et al. 2022). Making them
    targets as well (UniCL, Yang et al. 2022) would draw texts to pictures they were not published with.
    """
    logits = log_scale.clamp(max=MAX_LOG_SCALE).exp() * images @ texts.T
    own = torch.arange(len(logits), device=logits.device)
    if same is not None:
        logits = logits.masked_fill(same & (own[:, None] != own), -torch.inf)
    return (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2
