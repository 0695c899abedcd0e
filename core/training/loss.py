"""CLIP's symmetric contrastive loss (Radford et al. 2021, section 2.3, figure 3)."""

import math

import torch
from torch import Tensor
from torch.nn import functional

#: The temperature may not fall below 1/100, "to prevent scaling the logits by more than 100" (ibid., 2.5).
MAX_LOG_SCALE = math.log(100.0)


def contrastive_loss(images: Tensor, texts: Tensor, log_scale: Tensor) -> Tensor:
    """Mean cross-entropy of picking one's own partner out of the batch, both ways; a scalar.

    images, texts: [b, d], of length one, row i of both belonging together. log_scale: log of the inverse temperature.
    """
    logits = log_scale.clamp(max=MAX_LOG_SCALE).exp() * images @ texts.T
    own = torch.arange(len(logits), device=logits.device)
    return (functional.cross_entropy(logits, own) + functional.cross_entropy(logits.T, own)) / 2
