"""Contrastive fine-tuning of an encoder on a domain's train split (paper, section 3.1).

Frozen stages run once: each epoch starts from the activations in front of the first trained stage. Under torchrun all
processes take every step together (`core.training.distributed`).

A step equals open_clip's: AdamW with its constants for the model, no gradient clipping (its default), and the
temperature clamped after the step. `tests/core/training/test_open_clip_parity.py` compares the two.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from core.encoders.base import Encoder, TowerName
from core.encoders.embedding import Activations, forward
from core.encoders.resident import make_resident
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
from core.training.pull import Pull
from core.training.settings import Settings


def finetune(
    encoder: Encoder,
    activations: dict[TowerName, Activations],
    train: Pairs,
    val_ranks: Callable[[Encoder], np.ndarray],
    settings: Settings,
    on_epoch: Callable[[Epoch], None],
    save_checkpoint: Callable[[Checkpoint], None] = lambda checkpoint: None,
    resumed: tuple[Checkpoint, Sequence[Epoch]] | None = None,
) -> dict[str, Tensor]:
    """Train `encoder` in place and return the changed tensors, on the CPU.

    activations: in front of the first trained stage of each tower. val_ranks: function that ranks the val articles with
    the encoder's current weights. on_epoch: called with each new epoch. save_checkpoint: called after `on_epoch`; the
    next step overwrites the checkpoint's tensors, so copy or write them. resumed: a checkpoint and the epochs up to it,
    after which training continues. The same seed on the same machine gives the same weights, resumed or not; on several
    processes up to rounding and dropout noise. Raises RematchError if the loss is not finite, InputError if `resumed`
    belongs to another training.
    """
    before = {key: tensor.detach().clone() for key, tensor in encoder.state_dict().items()}
    checkpoint, epochs = resumed or (None, ())
    training, history = Training(encoder, activations, train, settings, checkpoint), list(epochs)

    def measure(epoch: int, loss: float | None) -> None:
        history.append(_measure(encoder, epoch, loss, val_ranks))
        on_epoch(history[-1])

    if resumed is None:
        measure(0, None)
    while not should_stop(history, settings):
        epoch = history[-1].epoch + 1
        measure(epoch, training.run_epoch(epoch))
        if settings.patience is not None and best_epoch(history, settings) == epoch:
            training.save_best()
        save_checkpoint(training.checkpoint(epoch))
    training.finish()
    after = encoder.state_dict()
    return {key: after[key].detach().cpu().clone() for key in after if not torch.equal(after[key], before[key])}


class Training:
    """State of a training: encoder, optimiser, schedule and random number generators."""

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
        self._activations = {
            tower: make_resident(inputs, rows[tower], self._device) for tower, inputs in activations.items()
        }
        self._dtype = training_dtype(self._device)
        self._scaler = loss_scaler(self._device, self._dtype)
        self._rank = lora_rank(settings.tune)
        if self._rank is not None:
            add_adapters(encoder, self._rank, settings.seed)
        encoder.grad_checkpointing = settings.grad_checkpointing
        torch.manual_seed(settings.seed + process_number())  # different dropout noise in each process
        self._shuffle = np.random.default_rng(settings.seed)
        starts = {tower: inputs.start for tower, inputs in activations.items()}
        groups = parameter_groups(encoder, starts, "" if self._rank is None else ADAPTER, settings)
        self._parameters = [parameter for group in groups for parameter in group["params"]]
        encoder.requires_grad_(False)
        for parameter in self._parameters:
            parameter.requires_grad_()
        self._names = {parameter: name for name, parameter in encoder.named_parameters()}
        adam, on_cuda = encoder.adam, self._device.type == "cuda"
        # A fused step reads and writes each parameter once instead of once for each of a dozen operations.
        self._optimiser = torch.optim.AdamW(
            groups, betas=(adam.beta1, adam.beta2), eps=adam.eps, fused=True if on_cuda else None
        )
        self._pull = Pull(self._optimiser, settings.pull) if settings.pull else None
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
        """Train on all pairs in a new order; return the mean loss. Raises RematchError if a loss is not finite."""
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
                        f"training stopped because the loss became {loss} in epoch {epoch} on articles "
                        f"{self._train.describe(batch)}. Check these articles, or use an --lr below "
                        f"{self._settings.lr:g}."
                    )
                losses.append(loss)
        return float(np.mean(losses))

    def step(self, batch: np.ndarray) -> float:
        """Take a step on the pairs `batch`, int64 [b]; return the loss, nan if a gradient is not finite.

        If the loss or a gradient is not finite, no weight changes.
        """
        loss = self._loss(batch)
        value = loss.item()
        if not math.isfinite(value):
            return value
        self._optimiser.zero_grad(set_to_none=True)
        self._scaler.scale(loss).backward()
        average_gradients(self._parameters)
        if not self._scaler.is_enabled() and not self._gradients_are_finite():  # the scaler checks by itself
            return math.nan
        self._scaler.step(self._optimiser)
        self._scaler.update()
        if self._pull is not None:
            self._pull()
        clamp_scale(self._encoder.logit_scale)
        self._schedule.step()
        return value

    def _loss(self, batch: np.ndarray) -> Tensor:
        images = all_gather_with_grad(self._embed("image"), self._train.images[batch])
        texts = all_gather_with_grad(self._embed("text"), self._train.texts[batch])
        same = torch.from_numpy(self._train.same(batch)).to(self._device)
        return contrastive_loss(images, texts, self._encoder.logit_scale, same)

    def _embed(self, tower: TowerName) -> Callable[[np.ndarray], Tensor]:
        """Return the function rows → embeddings of a tower, with this training's precision, crops and chunks."""
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
        """Store the current weights as the best so far."""
        self._best = {name: tensor.clone() for name, tensor in self._weights().items()}

    def finish(self) -> None:
        """Set the final weights (the best, if stored), merge adapters and switch gradients off."""
        self._encoder.set_weights(self._best)
        if self._rank is not None:
            merge_adapters(self._encoder)
        self._encoder.requires_grad_(False)
        self._encoder.grad_checkpointing = False

    def _weights(self) -> dict[str, Tensor]:
        return {self._names[parameter]: parameter.detach() for parameter in self._parameters}

    def checkpoint(self, epoch: int) -> Checkpoint:
        """Return the state after `epoch`, without copying tensors."""
        rng_state = {"cpu": torch.get_rng_state()}
        if self._device.type != "cpu":
            rng_state[self._device.type] = torch.get_device_module(self._device).get_rng_state()
        return Checkpoint(
            epoch,
            self._weights(),
            self._best,
            self._optimiser.state_dict()["state"],
            rng_state,
            self._shuffle.bit_generator.state,
            self._scaler.state_dict(),
        )

    def _restore(self, checkpoint: Checkpoint) -> None:
        shapes = {name: tensor.shape for name, tensor in self._weights().items()}
        if {name: tensor.shape for name, tensor in checkpoint.weights.items()} != shapes:
            raise InputError(
                "the training cannot resume: its checkpoint belongs to another encoder or other settings. Discard the "
                "training and start a new one."
            )
        if self._device.type not in checkpoint.rng_state:
            raise InputError(
                f"the training cannot resume on {self._device.type}: its checkpoint is from another kind of device. "
                f"Resume with the --device of the start."
            )
        self._encoder.set_weights(checkpoint.weights)
        self._best = checkpoint.best
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": checkpoint.optimizer_state, "param_groups": groups})
        if checkpoint.grad_scaler_state:
            self._scaler.load_state_dict(dict(checkpoint.grad_scaler_state))
        torch.set_rng_state(checkpoint.rng_state["cpu"])
        if self._device.type != "cpu":
            torch.get_device_module(self._device).set_rng_state(checkpoint.rng_state[self._device.type])
        self._shuffle.bit_generator.state = checkpoint.sampler_state


def warmup_cosine(warmup: float, steps: int) -> Callable[[int], float]:
    """Return the schedule step → factor on the learning rate: linear warm-up, then half a cosine to zero."""
    rising = max(1, round(warmup * steps))

    def factor(step: int) -> float:
        if step < rising:
            return (step + 1) / rising
        return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))

    return factor


def _measure(encoder: Encoder, epoch: int, loss: float | None, val_ranks: Callable[[Encoder], np.ndarray]) -> Epoch:
    """Measure the encoder's current weights on val.

    Only the main process measures while the others wait: a fifth of the domain without gradients takes about a twelfth
    of a single process's epoch, too little to split embedding and ranking.
    """
    encoder.eval()
    measured = metrics_of(on_main_process(lambda: val_ranks(encoder)))
    return Epoch(epoch, loss, measured["mrr@100"], measured["recall@1"], float(encoder.logit_scale.detach().exp()))
