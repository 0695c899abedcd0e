"""Contrastive fine-tuning of an encoder on a domain's train split (paper, section 3.1).

What is frozen is encoded once: each epoch starts from the activations in front of the first tuned stage. Under
torchrun all processes take every step together (`core.training.distributed`).

A step is open_clip's: AdamW with its constants for the model, no gradient clipping (its default), and the temperature
clamped after the step. `tests/core/training/test_open_clip_parity.py` compares the two.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from core.encoders.base import Encoder, TowerName
from core.encoders.embedding import Activations, forward
from core.encoders.resident import resident
from core.errors import InputError, RematchError
from core.evaluation.metrics import metrics_of
from core.progress import progress_reporter
from core.training.augmentation import random_crops
from core.training.checkpoint import Checkpoint
from core.training.distributed import all_gather_with_grad, average_gradients, on_main_process, process_number
from core.training.grad_cache import cached_gradients
from core.training.history import Epoch, best_epoch, should_stop
from core.training.lora import ADAPTER, add_adapters, lora_rank, merge_adapters
from core.training.loss import clamp_scale, contrastive_loss
from core.training.mixed_precision import loss_scaler, training_dtype
from core.training.pairs import Pairs
from core.training.param_groups import parameter_groups
from core.training.settings import Settings


def finetune(
    encoder: Encoder,
    activations: dict[TowerName, Activations],
    train: Pairs,
    val_ranks: Callable[[Encoder], np.ndarray],
    settings: Settings,
    on_epoch: Callable[[Epoch], None],
    keep: Callable[[Checkpoint], None] = lambda checkpoint: None,
    resumed: tuple[Checkpoint, Sequence[Epoch]] | None = None,
) -> dict[str, Tensor]:
    """Train `encoder` in place and return the tensors that changed (on the CPU).

    activations: in front of the first tuned stage of each tower. val_ranks: ranks of the validation articles
    with the encoder's weights of now. keep: told after `on_epoch`; what it is given is of that moment and changes with
    the next step. resumed: go on after that checkpoint and the epochs up to it instead of from the start; `on_epoch`
    hears of the new ones only. Same seed and same machine: same weights, resumed or not; on several processes too, but
    for rounding and the noise of dropout. Raises RematchError if the loss is not finite, InputError if `resumed` is of
    another training.
    """
    before = {key: tensor.detach().clone() for key, tensor in encoder.state_dict().items()}
    checkpoint, epochs = resumed or (None, ())
    training, history = Training(encoder, activations, train, settings, checkpoint), list(epochs)

    def measure(epoch: int, loss: float | None) -> None:
        history.append(_measured(encoder, epoch, loss, val_ranks))
        on_epoch(history[-1])

    if resumed is None:
        measure(0, None)
    while not should_stop(history, settings):
        epoch = history[-1].epoch + 1
        measure(epoch, training.run_epoch(epoch))
        if settings.patience is not None and best_epoch(history, settings) == epoch:
            training.save_best()
        keep(training.checkpoint(epoch))
    training.finish()
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
        self._encoder, self._train, self._settings = encoder, train, settings
        self._device = encoder.logit_scale.device
        rows: dict[TowerName, np.ndarray] = {"image": train.images, "text": train.texts}
        self._activations = {tower: resident(each, rows[tower], self._device) for tower, each in activations.items()}
        self._dtype = training_dtype(self._device)
        self._scaler = loss_scaler(self._device, self._dtype)
        self._rank = lora_rank(settings.tune)
        if self._rank is not None:
            add_adapters(encoder, self._rank, settings.seed)
        encoder.grad_checkpointing = settings.grad_checkpointing
        torch.manual_seed(settings.seed + process_number())  # dropout's noise: of each process its own
        self._shuffle = np.random.default_rng(settings.seed)
        starts = {tower: each.start for tower, each in activations.items()}
        groups = parameter_groups(encoder, starts, "" if self._rank is None else ADAPTER, settings)
        self._parameters = [parameter for group in groups for parameter in group["params"]]
        encoder.requires_grad_(False)
        for parameter in self._parameters:
            parameter.requires_grad_()
        self._names = {parameter: name for name, parameter in encoder.named_parameters()}
        adam, on_cuda = encoder.adam, self._device.type == "cuda"
        # Fused, a step reads and writes each number once instead of once for each of a dozen operations.
        self._optimiser = torch.optim.AdamW(
            groups, betas=(adam.beta1, adam.beta2), eps=adam.eps, fused=True if on_cuda else None
        )
        self._steps_per_epoch = math.ceil(len(train) / settings.batch_size)
        self._best: dict[str, Tensor] = {}
        done = 0
        if resumed is not None:
            self._restore(resumed)
            done = resumed.epoch * self._steps_per_epoch
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self._optimiser,
            warmup_cosine(settings.warmup, settings.epochs * self._steps_per_epoch),
            last_epoch=done - 1,  # the last step taken; -1 before the first
        )

    def run_epoch(self, epoch: int) -> float:
        """All pairs once, in a new order; returns the mean loss of the batches. Raises RematchError if not finite."""
        self._encoder.train()
        losses = []
        order = self._shuffle.permutation(len(self._train))
        batches = np.array_split(order, self._steps_per_epoch)  # of equal size, so that no batch has few negatives
        total = self._settings.epochs * self._steps_per_epoch
        with progress_reporter(f"Epoch {epoch} of {self._settings.epochs}") as report:
            for done, batch in enumerate(batches, (epoch - 1) * self._steps_per_epoch):
                report(done, total)
                loss = self.step(batch)
                if not math.isfinite(loss):
                    raise RematchError(
                        f"the loss became {loss} in epoch {epoch} on articles {self._train.named(batch)}; "
                        f"look at these, or try a smaller --lr than {self._settings.lr:g}."
                    )
                losses.append(loss)
        return float(np.mean(losses))

    def step(self, batch: np.ndarray) -> float:
        """One step on the pairs `batch`, int64 [b]; returns the loss, nan if a gradient is not finite.

        No weights change if it is not finite.
        """
        loss = self._loss(batch)
        value = loss.item()
        if not math.isfinite(value):
            return value
        self._optimiser.zero_grad(set_to_none=True)
        self._scaler.scale(loss).backward()
        average_gradients(self._parameters)
        if not self._scaler.is_enabled() and not self._gradients_are_finite():  # the scaler looks for itself
            return math.nan
        self._scaler.step(self._optimiser)
        self._scaler.update()
        clamp_scale(self._encoder.logit_scale)
        self._schedule.step()
        return value

    def _loss(self, batch: np.ndarray) -> Tensor:
        images = all_gather_with_grad(self._embed("image"), self._train.images[batch])
        texts = all_gather_with_grad(self._embed("text"), self._train.texts[batch])
        same = torch.from_numpy(self._train.same(batch)).to(self._device)
        return contrastive_loss(images, texts, self._encoder.logit_scale, same)

    def _embed(self, tower: TowerName) -> Callable[[np.ndarray], Tensor]:
        """Rows → embeddings of one tower as this training wants them computed."""
        activations = self._activations[tower]
        crop = [random_crops] if self._settings.augment and tower == "image" else []

        def embed(rows: np.ndarray) -> Tensor:
            with torch.autocast(self._device.type, self._dtype, enabled=self._dtype is not None):
                return forward(self._encoder, activations, rows, *crop)

        return cached_gradients(embed, self._settings.chunk_size)

    def _gradients_are_finite(self) -> bool:
        gradients = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
        return bool(torch.nn.utils.get_total_norm(gradients).isfinite())

    def save_best(self) -> None:
        """The weights of now are the ones to keep, unless it is told again."""
        self._best = {name: tensor.clone() for name, tensor in self._weights().items()}

    def finish(self) -> None:
        """Put the weights to keep into the encoder, as plain weights without gradients."""
        self._encoder.set_weights(self._best)
        if self._rank is not None:
            merge_adapters(self._encoder)
        self._encoder.requires_grad_(False)
        self._encoder.grad_checkpointing = False

    def _weights(self) -> dict[str, Tensor]:
        return {self._names[parameter]: parameter.detach() for parameter in self._parameters}

    def checkpoint(self, epoch: int) -> Checkpoint:
        """The state after `epoch`, without copies."""
        noise = {"cpu": torch.get_rng_state()}
        if self._device.type != "cpu":
            noise[self._device.type] = torch.get_device_module(self._device).get_rng_state()
        return Checkpoint(
            epoch,
            self._weights(),
            self._best,
            self._optimiser.state_dict()["state"],
            noise,
            self._shuffle.bit_generator.state,
            self._scaler.state_dict(),
        )

    def _restore(self, checkpoint: Checkpoint) -> None:
        shapes = {name: tensor.shape for name, tensor in self._weights().items()}
        if {name: tensor.shape for name, tensor in checkpoint.weights.items()} != shapes:
            raise InputError("the checkpoint is of another encoder or other settings; discard the training.")
        if self._device.type not in checkpoint.noise:
            raise InputError(f"the checkpoint is of a training on another kind of device than {self._device.type}.")
        self._encoder.set_weights(checkpoint.weights)
        self._best = checkpoint.best
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": checkpoint.optimizer_state, "param_groups": groups})
        if checkpoint.scaling:
            self._scaler.load_state_dict(dict(checkpoint.scaling))
        torch.set_rng_state(checkpoint.noise["cpu"])
        if self._device.type != "cpu":
            torch.get_device_module(self._device).set_rng_state(checkpoint.noise[self._device.type])
        self._shuffle.bit_generator.state = checkpoint.shuffle


def warmup_cosine(warmup: float, steps: int) -> Callable[[int], float]:
    """Factor on the learning rate at each step: linear up over the first share, then half a cosine to zero."""
    rising = max(1, round(warmup * steps))

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / rising
        return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))

    return factor


def _measured(encoder: Encoder, epoch: int, loss: float | None, val_ranks: Callable[[Encoder], np.ndarray]) -> Epoch:
    """The encoder of now on val.

    The main process measures alone while the others wait: a fifth of the domain without gradients takes about a
    twelfth of what one process takes for an epoch, too little to cut embedding and ranking into shares.
    """
    encoder.eval()
    measured = metrics_of(on_main_process(lambda: val_ranks(encoder)))
    return Epoch(epoch, loss, measured["mrr@100"], measured["recall@1"], float(encoder.logit_scale.detach().exp()))
