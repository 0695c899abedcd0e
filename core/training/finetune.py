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
from core.errors import InputError, RematchError
from core.progress import progress
from core.training.checkpoint import Checkpoint
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
    keep: Callable[[Checkpoint], None] = lambda checkpoint: None,
    resumed: Checkpoint | None = None,
) -> dict[str, Tensor]:
    """Train `encoder` in place and return the tensors that changed (on the CPU).

    activations: in front of the first tuned stage of each tower. val_ranks: ranks of the validation articles
    with the encoder's weights of now. keep: told after `on_epoch`; what it is given is of that moment and changes with
    the next step. resumed: go on after that epoch instead of from the start; `on_epoch` hears of the new ones only.
    Same seed and same machine: same weights, resumed or not; on several processes too, but for rounding and the noise
    of dropout. Raises RematchError if the loss is not finite, InputError if `resumed` is of another training.
    """
    before = {key: tensor.detach().clone() for key, tensor in encoder.state_dict().items()}
    training = Training(encoder, activations, train, settings, resumed)
    if resumed is None:
        on_epoch(_measured(encoder, 0, None, val_ranks))
    for epoch in range(training.first_epoch, settings.epochs + 1):
        loss = training.run_epoch(epoch)
        on_epoch(_measured(encoder, epoch, loss, val_ranks))
        keep(training.checkpoint(epoch))
    encoder.requires_grad_(False)
    after = encoder.state_dict()
    return {key: after[key].detach().cpu().clone() for key in after if not torch.equal(after[key], before[key])}


class Training:
    """An encoder on its way through the epochs, with all that moves along: optimiser, schedule, random numbers."""

    def __init__(
        self,
        encoder: Encoder,
        activations: dict[TowerName, Activations],
        train: Pairs,
        settings: Settings,
        resumed: Checkpoint | None = None,
    ) -> None:
        self._encoder, self._activations, self._train, self._settings = encoder, activations, train, settings
        torch.manual_seed(settings.seed + process_number())  # dropout's noise: of each process its own
        self._shuffle = np.random.default_rng(settings.seed)
        heads, backbone = _trainable(encoder, activations)
        self._parameters = heads + backbone
        self._names = {parameter: name for name, parameter in encoder.named_parameters()}
        self._optimiser = torch.optim.AdamW(
            _decay_groups(heads, settings.lr, settings.weight_decay)
            + _decay_groups(backbone, settings.lr * settings.backbone_lr_ratio, settings.weight_decay)
        )
        self._steps_per_epoch = math.ceil(len(train.images) / settings.batch_size)
        self.first_epoch = 1
        if resumed is not None:
            self._restore(resumed)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimiser,
            warmup_cosine(settings.warmup, settings.epochs * self._steps_per_epoch),
            last_epoch=(self.first_epoch - 1) * self._steps_per_epoch - 1,  # the last step taken; -1 before the first
        )

    def run_epoch(self, epoch: int) -> float:
        """All pairs once, in a new order; returns the mean loss of the batches."""
        self._encoder.train()
        losses = []
        order = self._shuffle.permutation(len(self._train.images))
        batches = np.array_split(order, self._steps_per_epoch)  # of equal size, so that no batch has few negatives
        for batch in progress(batches, f"Epoch {epoch} of {self._settings.epochs}"):
            loss = self.step(batch)
            if not math.isfinite(loss):
                raise RematchError(
                    f"the loss became {loss} in epoch {epoch}; try a smaller --lr than {self._settings.lr:g}."
                )
            losses.append(loss)
        return float(np.mean(losses))

    def step(self, batch: np.ndarray) -> float:
        """One step on the pairs `batch`, int64 [b]; returns the loss. No weights change if that is not finite."""
        loss = _batch_loss(self._encoder, self._activations, self._train, batch)
        value = loss.item()
        if math.isfinite(value):
            self._optimiser.zero_grad(set_to_none=True)
            loss.backward()
            average_gradients(self._parameters)
            self._optimiser.step()
            self._schedule.step()
        return value

    def checkpoint(self, epoch: int) -> Checkpoint:
        """The state after `epoch`, without copies."""
        device = self._encoder.logit_scale.device
        noise = {"cpu": torch.get_rng_state()}
        if device.type != "cpu":
            noise[device.type] = torch.get_device_module(device).get_rng_state()
        return Checkpoint(
            epoch,
            {self._names[parameter]: parameter.detach() for parameter in self._parameters},
            self._optimiser.state_dict()["state"],
            noise,
            self._shuffle.bit_generator.state,
        )

    def _restore(self, checkpoint: Checkpoint) -> None:
        shapes = {self._names[parameter]: parameter.shape for parameter in self._parameters}
        if {name: tensor.shape for name, tensor in checkpoint.weights.items()} != shapes:
            raise InputError("the checkpoint is of another encoder or other settings; discard the training.")
        device = self._encoder.logit_scale.device
        if device.type not in checkpoint.noise:
            raise InputError(f"the checkpoint is of a training on another kind of device than {device.type}.")
        self._encoder.set_weights(checkpoint.weights)
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": checkpoint.moments, "param_groups": groups})
        torch.set_rng_state(checkpoint.noise["cpu"])
        if device.type != "cpu":
            torch.get_device_module(device).set_rng_state(checkpoint.noise[device.type])
        self._shuffle.bit_generator.state = checkpoint.shuffle
        self.first_epoch = checkpoint.epoch + 1


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
    # The schedule reads its peak from here; it sets it by itself only before the very first step.
    return [group | {"initial_lr": lr} for group in groups if group["params"]]


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
