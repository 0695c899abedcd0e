"""Contrastive fine-tuning of an encoder on a domain's train split (paper, section 3.1).

What is frozen is encoded once: each epoch starts from the activations in front of the first tuned stage. Under
torchrun all processes take every step together (`core.training.distributed`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from core.analysis.metrics import metrics_of
from core.encoders.base import Encoder, TowerName
from core.encoders.embedding import Activations, forward
from core.errors import RematchError
from core.progress import progress
from core.training.distributed import average_gradients, by_main, in_shares, process_number
from core.training.loss import contrastive_loss
from core.training.settings import Settings


@dataclass(frozen=True)
class Pairs:
    """Pairs by their rows in the activations: images, texts int64 [n]."""

    images: np.ndarray
    texts: np.ndarray


@dataclass(frozen=True)
class Epoch:
    """One line of history.csv. loss: mean over the epoch's batches, None before training (epoch 0)."""

    epoch: int
    loss: float | None
    val_mrr: float
    val_recall_1: float
    logit_scale: float


def finetune(
    encoder: Encoder,
    activations: dict[TowerName, Activations],
    train: Pairs,
    val_ranks: Callable[[Encoder], np.ndarray],
    settings: Settings,
    on_epoch: Callable[[Epoch], None],
) -> dict[str, Tensor]:
    """Train `encoder` in place and return the tensors that changed (on the CPU).

    activations: in front of the first tuned stage of each tower. val_ranks: ranks of the validation articles
    with the encoder's weights of now. Same seed and same machine: same weights; on several processes too, but for
    rounding and the noise of dropout. Raises RematchError if the loss is not finite.
    """
    torch.manual_seed(settings.seed + process_number())  # dropout's noise: of each process its own
    shuffle = np.random.default_rng(settings.seed)
    before = {key: tensor.detach().clone() for key, tensor in encoder.state_dict().items()}
    heads, backbone = _trainable(encoder, activations)
    optimiser = torch.optim.AdamW(
        _decay_groups(heads, settings.lr, settings.weight_decay)
        + _decay_groups(backbone, settings.lr * settings.backbone_lr_ratio, settings.weight_decay)
    )
    steps_per_epoch = math.ceil(len(train.images) / settings.batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, warmup_cosine(settings.warmup, settings.epochs * steps_per_epoch)
    )
    on_epoch(_measured(encoder, 0, None, val_ranks))
    for epoch in range(1, settings.epochs + 1):
        encoder.train()
        losses = []
        order = shuffle.permutation(len(train.images))
        batches = np.array_split(order, steps_per_epoch)  # of equal size, so that no batch has few negatives
        for batch in progress(batches, f"Epoch {epoch} of {settings.epochs}"):
            loss = _batch_loss(encoder, activations, train, batch)
            if not loss.isfinite():
                raise RematchError(
                    f"the loss became {loss.item()} in epoch {epoch}; try a smaller --lr than {settings.lr:g}."
                )
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            average_gradients(heads + backbone)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        on_epoch(_measured(encoder, epoch, float(np.mean(losses)), val_ranks))
    encoder.requires_grad_(False)
    after = encoder.state_dict()
    return {key: after[key].detach().cpu().clone() for key in after if not torch.equal(after[key], before[key])}


def warmup_cosine(warmup: float, steps: int) -> Callable[[int], float]:
    """Factor on the learning rate at each step: linear up over the first share, then half a cosine to zero."""
    rising = max(1, round(warmup * steps))

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / rising
        return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))

    return factor


def _trainable(
    encoder: Encoder, activations: dict[TowerName, Activations]
) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Switch gradients on for the tuned stages and the temperature; return (heads and temperature, the rest)."""
    encoder.requires_grad_(False)
    heads: list[nn.Parameter] = [encoder.logit_scale]
    backbone: list[nn.Parameter] = []
    named = dict(encoder.named_parameters())
    for tower, tuned in activations.items():
        for stage in encoder.stages(tower)[tuned.start :]:
            for key, parameter in named.items():
                if key.startswith(stage.keys):
                    (heads if stage.kind == "head" else backbone).append(parameter)
    for parameter in heads + backbone:
        parameter.requires_grad_()
    return heads, backbone


def _decay_groups(parameters: list[nn.Parameter], lr: float, weight_decay: float) -> list[dict]:
    """Weight decay for matrices only: biases, norms and the temperature have no business at zero."""
    matrices = [parameter for parameter in parameters if parameter.ndim >= 2]
    others = [parameter for parameter in parameters if parameter.ndim < 2]
    groups = [
        {"params": matrices, "lr": lr, "weight_decay": weight_decay},
        {"params": others, "lr": lr, "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def _batch_loss(encoder: Encoder, activations: dict[TowerName, Activations], pairs: Pairs, batch: np.ndarray) -> Tensor:
    images = in_shares(lambda rows: forward(encoder, activations["image"], rows), pairs.images[batch])
    texts = in_shares(lambda rows: forward(encoder, activations["text"], rows), pairs.texts[batch])
    return contrastive_loss(images, texts, encoder.logit_scale)


def _measured(encoder: Encoder, epoch: int, loss: float | None, val_ranks: Callable[[Encoder], np.ndarray]) -> Epoch:
    """The encoder of now on val.

    The main process measures alone while the others wait: a fifth of the domain without gradients takes about a
    twelfth of what one process takes for an epoch, too little to cut embedding and ranking into shares.
    """
    encoder.eval()
    measured = metrics_of(by_main(lambda: val_ranks(encoder)))
    return Epoch(epoch, loss, measured.mrr_100, measured.recall_1, float(encoder.logit_scale.detach().exp()))
