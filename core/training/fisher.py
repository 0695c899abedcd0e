"""Importance of each weight: the diagonal of the Fisher information, estimated on train pairs.

Matena and Raffel 2022, "Merging models with Fisher-weighted averaging": the mean of squared gradients of the
log-likelihood. This is an empirical batch Fisher and not the Fisher of that paper, in two respects. The likelihood of
contrastive learning belongs to a batch (the probability that each item finds its partner), so the squared gradient of a
batch of BATCH pairs is one observation, not that of an example. And the true pairing replaces draws from the model,
which makes it the "empirical" Fisher (Kunstner et al. 2019 on the difference).
"""

from collections.abc import Iterable, Mapping

import numpy as np
import torch
from torch import Tensor

from core.encoders.base import Encoder, TowerName
from core.encoders.embedding import Activations, forward
from core.progress import progress
from core.training.loss import contrastive_loss
from core.training.pairs import Pairs

BATCH = 16
BATCHES = 64  # about a thousand pairs: one epoch of a small domain


def diagonal_fisher(
    encoder: Encoder, activations: Mapping[TowerName, Activations], train: Pairs, keys: Iterable[str]
) -> dict[str, Tensor]:
    """Estimate the Fisher diagonal of the parameters `keys` at the encoder's current weights, without dropout.

    Returns float32 of the parameters' shapes on the encoder's device, divided by their common mean, so that two models
    are comparable and equal importances give the same mix as WiSE-FT. Uses the same pairs in every call.
    """
    named = dict(encoder.named_parameters())
    parameters = {key: named[key] for key in keys}
    order = np.random.default_rng(0).permutation(len(train))
    cut = np.array_split(order, max(1, len(train) // BATCH))[:BATCHES]
    encoder.eval()
    found = {key: torch.zeros_like(tensor, dtype=torch.float32) for key, tensor in parameters.items()}
    for parameter in parameters.values():
        parameter.requires_grad_()
    for batch in progress(cut, "Estimating Fisher information"):
        gradients = torch.autograd.grad(
            _loss(encoder, activations, train, batch), list(parameters.values()), materialize_grads=True
        )
        for key, gradient in zip(found, gradients, strict=True):
            found[key] += gradient.float() ** 2
    encoder.requires_grad_(False)
    mean = sum(float(fisher.sum()) for fisher in found.values()) / sum(fisher.numel() for fisher in found.values())
    return {key: fisher / mean if mean else fisher for key, fisher in found.items()}


def _loss(encoder: Encoder, activations: Mapping[TowerName, Activations], train: Pairs, batch: np.ndarray) -> Tensor:
    images = forward(encoder, activations["image"], train.images[batch])
    texts = forward(encoder, activations["text"], train.texts[batch])
    same = torch.from_numpy(train.same(batch)).to(images.device)
    return contrastive_loss(images, texts, encoder.logit_scale, same)
