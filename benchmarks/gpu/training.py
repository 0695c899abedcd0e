"""An epoch of fine-tuning the whole model: pairs a second and peak memory, ours against a plain open_clip loop."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import open_clip
import torch

from benchmarks import plain_open_clip as plain
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.encoding import gflop_each
from benchmarks.gpu.record import Precision, Row, multiplying_in, timed
from core.encoders.base import Encoder, TowerName, first_tuned_stages
from core.encoders.embedding import Activations
from core.training.pairs import Pairs
from core.training.settings import Settings
from core.training.trainer import Training

LR = 1e-5
#: Operations of a step ÷ those of its forward pass: the backward pass computes gradients of inputs and weights.
PASSES = 3


def training_rows(bench: Bench) -> Iterator[Row]:
    """Measure an epoch at each batch size, after a first one that is not measured."""
    architecture, count, batch_sizes = bench.sizes.training
    precision: Precision = "bf16" if bench.device.type == "cuda" else "fp32"  # training's default
    for batch_size in batch_sizes:
        with multiplying_in(precision):
            yield _ours(bench, architecture, count, batch_size, precision)
            yield from _plain(bench, architecture, count, batch_size)


def _ours(bench: Bench, architecture: str, count: int, batch_size: int, precision: Precision) -> Row:
    encoder = bench.inputs.encoder(architecture, bench.device)
    settings = Settings(tune="all", epochs=2, lr=LR, batch_size=batch_size)
    activations = activations_of(bench, encoder, count, settings.tune)
    gflop = PASSES * sum(gflop_each(encoder, inputs) for inputs in activations.values())
    training = Training(encoder, activations, pairs_of(count), settings)
    training.run_epoch(1)
    measured = timed(partial(training.run_epoch, 2), bench.device, warm=False)
    return bench.row(
        f"epoch, batches of {batch_size}, cache", architecture, "ours", precision, count, measured, gflop,
        f"loss {measured.answer:.3f}",
    )  # fmt: skip


def _plain(bench: Bench, architecture: str, count: int, batch_size: int) -> Iterator[Row]:
    model, transform = plain.load(architecture, bench.inputs.weights(architecture), bench.device)
    encoder = bench.inputs.encoder(architecture, torch.device("cpu"))
    tokens = open_clip.get_tokenizer(architecture)(list(bench.inputs.texts[:count]))
    sources = {
        "cache": plain.Pixels(bench.inputs.images(encoder, count).x),
        "JPEG": plain.Photos(bench.inputs.files[:count], transform),
    }
    optimiser = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=0.2)
    for source, images in sources.items():
        batches = plain.loader(plain.Pairs(images, tokens), batch_size, shuffle=True)
        epoch = partial(plain.train_epoch, model, batches, optimiser, bench.device)
        measured = timed(epoch, bench.device, warm=source == "cache")
        work = f"epoch, batches of {batch_size}, {source}"
        yield bench.row(work, architecture, "plain", "bf16", count, measured, note=f"loss {measured.answer:.3f}")


def activations_of(bench: Bench, encoder: Encoder, count: int, tune: str) -> dict[TowerName, Activations]:
    """Return training's inputs of `count` pairs. Raises ValueError unless `tune` changes the first stages."""
    if any(first_tuned_stages(encoder, tune).values()) and not tune.startswith("lora"):
        raise ValueError(f"tune {tune}: expected one that trains from the first stage on")
    return {"image": bench.inputs.images(encoder, count), "text": bench.inputs.sentences(encoder, count)}


def pairs_of(count: int) -> Pairs:
    """Pair image i with text i, all of them different."""
    rows = np.arange(count)
    return Pairs([str(row) for row in rows], rows, rows, rows, rows)
