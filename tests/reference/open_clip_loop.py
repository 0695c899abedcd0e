"""A fine-tuning as open_clip's training script runs it, written out with nothing of Rematch's.

From open_clip_train 3.3.0: the optimiser of `main.py` with the constants of `params.py`, the schedule of
`scheduler.py`, the step of `train.py` with its defaults (no mixed precision on a CPU, no gradient clipping).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from open_clip.loss import ClipLoss
from open_clip_train.params import get_default_params
from open_clip_train.scheduler import cosine_lr
from torch import Tensor, nn


@dataclass(frozen=True)
class OpenClipTraining:
    """What happened: of each step the loss, the learning rate and the log of the scale before it was clamped.

    groups: parameter → (weight decay, learning rate of the last step). constants: AdamW's beta1, beta2 and eps.
    """

    losses: list[float]
    rates: list[float]
    unclamped: list[float]
    groups: dict[str, tuple[float, float]]
    constants: tuple[float, float, float]


def train(
    model: nn.Module,
    architecture: str,
    batches: Sequence[tuple[Tensor, Tensor]],
    lr: float,
    weight_decay: float,
    warmup: int,
) -> OpenClipTraining:
    """Train `model`, built with `output_dict`, in place: one step for each of (images, tokens).

    The model stays in evaluation mode, which freezes batch-norm statistics; open_clip's script lets them follow the
    batches. Rematch freezes them because batches of a fine-tuning are small and of another kind than the pretraining's.
    """
    model.eval()

    def exclude(name: str, parameter: nn.Parameter) -> bool:
        return parameter.ndim < 2 or "bn" in name or "ln" in name or "bias" in name or "logit_scale" in name

    named = list(model.named_parameters())
    defaults = get_default_params(architecture)
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for n, p in named if exclude(n, p)], "weight_decay": 0.0},
            {"params": [p for n, p in named if not exclude(n, p)], "weight_decay": weight_decay},
        ],
        lr=lr,
        betas=(defaults["beta1"], defaults["beta2"]),
        eps=defaults["eps"],
    )
    scheduler = cosine_lr(optimizer, lr, warmup, len(batches))
    loss_of = ClipLoss()
    losses, rates, unclamped = [], [], []
    for step, (images, tokens) in enumerate(batches):
        rates.append(scheduler(step))
        optimizer.zero_grad()
        loss = loss_of(**model(images, tokens))
        loss.backward()
        optimizer.step()
        unclamped.append(model.logit_scale.item())
        with torch.no_grad():
            model.logit_scale.clamp_(0, math.log(100))
        losses.append(loss.item())
    names = {parameter: name for name, parameter in named}
    groups = {
        names[parameter]: (group["weight_decay"], group["lr"])
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    return OpenClipTraining(losses, rates, unclamped, groups, (defaults["beta1"], defaults["beta2"], defaults["eps"]))
