"""How much each weight matters to a model: the diagonal of the Fisher information, estimated on train pairs.

Matena and Raffel 2022, "Merging models with Fisher-weighted averaging": the mean of squared gradients of
the log-likelihood. The likelihood of contrastive learning is of a batch, that each of its pairs finds its partner, so
one small batch is one observation; its own pairing stands for draws from the model (the "empirical" Fisher).
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
    """Importance of each number in the parameters `keys` to the encoder with its weights of now, without dropout.

    Float32 of their shapes on the encoder's device, divided by the mean over all of them: importances of two models
    compare, and equal ones mix as WiSE-FT does. The same pairs whenever asked.
    """
    named = dict(encoder.named_parameters())
    parameters = {key: named[key] for key in keys}
    order = np.random.default_rng(0).permutation(len(train))
    cut = np.array_split(order, max(1, len(train) // BATCH))[:BATCHES]
    encoder.eval()
    found = {key: torch.zeros_like(tensor, dtype=torch.float32) for key, tensor in parameters.items()}
    for parameter in parameters.values():
        parameter.requires_grad_()
    for batch in progress(cut, "Weighing the weights"):
        gradients = torch.autograd.grad(
            _loss(encoder, activations, train, batch), list(parameters.values()), materialize_grads=True
        )
        for key, gradient in zip(found, gradients, strict=True):
            found[key] += gradient.float() ** 2
    encoder.requires_grad_(False)
    mean = sum(float(each.sum()) for each in found.values()) / sum(each.numel() for each in found.values())
    return {key: each / mean if mean else each for key, each in found.items()}


def _loss(encoder: Encoder, activations: Mapping[TowerName, Activations], train: Pairs, batch: np.ndarray) -> Tensor:
    images = forward(encoder, activations["image"], train.images[batch])
    texts = forward(encoder, activations["text"], train.texts[batch])
    same = torch.from_numpy(train.same(batch)).to(images.device)
    return contrastive_loss(images, texts, encoder.logit_scale, same)
