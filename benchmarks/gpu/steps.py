"""A few training steps on one batch by Rematch, in all variants, and by plain open_clip: losses and gradients."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from unittest.mock import patch

import numpy as np
import open_clip
import torch
from open_clip.loss import ClipLoss
from torch import Tensor

from benchmarks import plain_open_clip as plain
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.record import timed
from benchmarks.gpu.training import activations_of, pairs_of
from core.encoders.base import Encoder
from core.encoders.embedding import embed
from core.training.settings import Settings
from core.training.trainer import Training

STEPS = 5
SETTINGS = Settings(tune="all", epochs=STEPS, lr=1e-4, warmup=0.0)


@dataclass(frozen=True)
class Steps:
    """Results of some training steps.

    losses: of each step. gradients: of the first step with finite ones, float32 on the CPU, by open_clip's names.
    peak_mb: None if the device does not report it. merged: largest component of the difference between embeddings
    before and after `Training.finish`.
    """

    losses: tuple[float, ...]
    gradients: Mapping[str, Tensor]
    peak_mb: float | None
    merged: float


def our_steps(
    bench: Bench,
    device: torch.device,
    dtype: torch.dtype | None,
    settings: Settings = SETTINGS,
    count: int | None = None,
) -> Steps:
    """Take STEPS steps of `Training` on the first `count` pairs. dtype: of the towers' autocast, or None."""
    count = count or bench.sizes.checked
    encoder = bench.inputs.encoder(bench.sizes.training[0], device)
    activations = activations_of(bench, encoder, count, settings.tune)
    rows, gradients = np.arange(count), dict[str, Tensor]()
    with patch("core.training.trainer.training_dtype", lambda device: dtype):
        training = Training(encoder, activations, pairs_of(count), replace(settings, batch_size=count))

    def step() -> float:
        loss = training.step(rows)
        if not gradients:
            gradients.update(_finite_gradients(encoder))
        return loss

    def images() -> Tensor:
        return embed(encoder, activations["image"], rows)

    measured = timed(lambda: tuple(step() for _ in range(STEPS)), device, warm=False)
    before = images()
    training.finish()
    merged = float((images() - before).abs().max())
    return Steps(measured.answer, gradients, measured.peak_mb, merged)


def _finite_gradients(encoder: Encoder) -> dict[str, Tensor]:
    """Return the gradients, or none if one is not finite, as may happen in float16 before the loss scale falls."""
    found = {
        name.removeprefix("clip."): parameter.grad.detach().float().cpu().clone()
        for name, parameter in encoder.named_parameters()
        if parameter.grad is not None
    }
    return found if all(gradient.isfinite().all() for gradient in found.values()) else {}


def plain_step(bench: Bench) -> Steps:
    """Compute loss and gradients of plain open_clip on the device, in float32."""
    architecture, count, device = bench.sizes.training[0], bench.sizes.checked, bench.device
    model, _ = plain.load(architecture, bench.inputs.weights(architecture), device)
    encoder = bench.inputs.encoder(architecture, device)
    pixels = torch.from_numpy(np.array(bench.inputs.images(encoder, count).x)).to(device)
    tokens = open_clip.get_tokenizer(architecture)(list(bench.inputs.texts[:count])).to(device)
    loss = ClipLoss()(*model(plain.Normalise(model, device)(pixels), tokens))
    loss.backward()
    gradients = {name: parameter.grad.float().cpu() for name, parameter in model.named_parameters()}
    return Steps((loss.item(),), gradients, None, 0.0)


def difference_of_gradients(got: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> float:
    """Return ‖g − g₀‖ / ‖g₀‖ over all parameters, or nan if their names differ."""
    if got.keys() != expected.keys() or not got:
        return float("nan")
    apart = sum(float((got[name].double() - expected[name].double()).square().sum()) for name in expected)
    size = sum(float(gradient.double().square().sum()) for gradient in expected.values())
    return float((apart / size) ** 0.5)
