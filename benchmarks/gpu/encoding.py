"""Throughput of both towers in images and texts a second: from cached pixels and JPEG files, in three precisions."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from open_clip.transformer import ResidualAttentionBlock
from PIL import Image
from torch import Tensor
from torch.nn import functional

from benchmarks import plain_open_clip as plain
from benchmarks.gpu.bench import Bench, gflop_of
from benchmarks.gpu.record import Precision, Row, multiplying_in, timed
from core.encoders.base import TOWERS, Encoder
from core.encoders.embedding import LENGTH_STEP, Activations, embed

REPETITIONS = 3
CPU = torch.device("cpu")
IMAGES = "images from the cache"


@dataclass(frozen=True)
class Subject:
    """An architecture with its first `count` inputs and float32 reference embeddings of some of them from the CPU.

    gflop: 10⁹ operations for one image and one text. plain_gflop: the same with the text at the full context.
    """

    architecture: str
    count: int
    images: Activations
    texts: Activations
    expected: tuple[Tensor, Tensor]
    gflop: tuple[float, float]
    plain_gflop: tuple[float, float]


def encoding_rows(bench: Bench) -> Iterator[Row]:
    """Measure every way of encoding for every model."""
    for (architecture, count), compared in zip(bench.sizes.models, bench.sizes.compared, strict=True):
        encoder = bench.inputs.encoder(architecture, CPU)
        model, transform = plain.load(architecture, bench.inputs.weights(architecture), CPU)
        yield from _decoding(bench, encoder, plain.Photos(bench.inputs.files[:count], transform), architecture)
        subject = _subject(bench, encoder, architecture, count, compared)
        yield from _ours(bench, encoder.to(bench.device), subject)
        encoder.to(CPU)
        yield from _plain(bench, model.to(bench.device), transform, subject)


def _subject(bench: Bench, encoder: Encoder, architecture: str, count: int, compared: int) -> Subject:
    """Prepare inputs and reference embeddings of an architecture. encoder: on the CPU."""
    images, texts = bench.inputs.images(encoder, count), bench.inputs.sentences(encoder, count)
    expected = embed(encoder, images, np.arange(compared)), embed(encoder, texts, np.arange(compared))
    gflop = gflop_each(encoder, images), gflop_each(encoder, texts)
    tokens = encoder.tokenize(bench.inputs.texts[:1])
    at_full_length = gflop_of(lambda: encoder.forward_between("text", tokens, tokens))
    return Subject(architecture, count, images, texts, expected, gflop, (gflop[0], at_full_length))


def _decoding(bench: Bench, encoder: Encoder, photos: plain.Photos, architecture: str) -> Iterator[Row]:
    """Measure reading JPEG files alone, which limits every encoder's throughput from files."""
    count = len(photos)
    with tempfile.TemporaryDirectory(dir=bench.inputs.folder) as cache:
        ours = timed(partial(bench.inputs.images, encoder, count, Path(cache)), CPU, warm=False)
    yield bench.row("decode JPEG", architecture, "ours", "", count, ours, note="and write it to the cache")
    theirs = timed(lambda: sum(len(batch) for batch in plain.loader(photos)), CPU, warm=False)
    yield bench.row("decode JPEG", architecture, "plain", "", count, theirs)


def _ours(bench: Bench, encoder: Encoder, subject: Subject) -> Iterator[Row]:
    with multiplying_in("fp32"):
        yield from _cached(bench, encoder, subject, "ours", "fp32")
        yield _from_files(bench, encoder, subject, "fp32")
    with multiplying_in("tf32"):
        yield from _cached(bench, encoder, subject, "ours", "tf32")
    for tower in TOWERS:
        encoder.compute_in(tower, torch.bfloat16)
    with multiplying_in("bf16"):
        yield from _cached(bench, encoder, subject, "ours", "bf16")
        yield _from_files(bench, encoder, subject, "bf16")
        compile_image_blocks(encoder, bench.sizes.compiler)
        # Without texts: each of their lengths would need its own compilation.
        yield from _cached(bench, encoder, subject, "ours, compiled", "bf16", towers=1)


def _cached(
    bench: Bench, encoder: Encoder, subject: Subject, way: str, precision: Precision, towers: int = 2
) -> Iterator[Row]:
    rows = np.arange(subject.count)
    for activations, gflop, expected in list(
        zip((subject.images, subject.texts), subject.gflop, subject.expected, strict=True)
    )[:towers]:
        measured = timed(partial(embed, encoder, activations, rows), bench.device, REPETITIONS)
        work = IMAGES if activations.tower == "image" else "texts"
        note = difference(measured.answer[: len(expected)], expected)
        yield bench.row(work, subject.architecture, way, precision, subject.count, measured, gflop, note)


def _from_files(bench: Bench, encoder: Encoder, subject: Subject, precision: Precision) -> Row:
    """Measure decoding, writing to an empty cache and encoding."""

    def encode(cache: Path) -> Tensor:
        return embed(encoder, bench.inputs.images(encoder, subject.count, cache), np.arange(subject.count))

    with tempfile.TemporaryDirectory(dir=bench.inputs.folder) as cache:
        measured = timed(partial(encode, Path(cache)), bench.device, warm=False)
    note = difference(measured.answer[: len(subject.expected[0])], subject.expected[0])
    architecture, count = subject.architecture, subject.count
    return bench.row("images from JPEG", architecture, "ours", precision, count, measured, subject.gflop[0], note)


def _plain(bench: Bench, model: Any, transform: Callable[[Image.Image], Tensor], subject: Subject) -> Iterator[Row]:
    architecture, count, device = subject.architecture, subject.count, bench.device
    tokens = open_clip.get_tokenizer(architecture)(list(bench.inputs.texts[:count]))
    sources = {
        IMAGES: plain.Pixels(subject.images.x),
        "images from JPEG": plain.Photos(bench.inputs.files[:count], transform),
    }
    precisions: tuple[Precision, ...] = ("fp32", "bf16")
    for precision in precisions:
        half = precision == "bf16"
        with multiplying_in(precision):
            for work, data in sources.items():
                encode = partial(plain.encode_images, model, plain.loader(data), device, half)
                measured = timed(encode, device, warm=work == IMAGES)
                note = difference(measured.answer[: len(subject.expected[0])], subject.expected[0])
                gflop = subject.plain_gflop[0]
                yield bench.row(work, architecture, "plain", precision, count, measured, gflop, note)
            measured = timed(partial(plain.encode_texts, model, tokens, device, half), device, REPETITIONS)
            note = difference(measured.answer[: len(subject.expected[1])], subject.expected[1])
            yield bench.row("texts", architecture, "plain", precision, count, measured, subject.plain_gflop[1], note)


def compile_image_blocks(encoder: Encoder, backend: str | Callable[..., Any]) -> None:
    """Compile the blocks of the image tower in place; they share one compiled graph."""
    owned = tuple(key for stage in encoder.stages("image") for key in stage.keys)
    for name, module in encoder.named_modules():
        if isinstance(module, ResidualAttentionBlock) and f"{name}.".startswith(owned):
            module.compile(backend=backend, dynamic=False)


def gflop_each(encoder: Encoder, activations: Activations) -> float:
    """Count 10⁹ operations for an input: the mean over texts at their padded lengths."""
    lengths = (activations.lengths + LENGTH_STEP - 1) // LENGTH_STEP
    first = {int(length): row for row, length in enumerate(lengths)}

    def gflop(row: int) -> float:
        x, source = activations.batch(np.array([row]), encoder.logit_scale.device)
        return gflop_of(lambda: encoder.forward_between(activations.tower, x, source, activations.start))

    by_length = {length: gflop(row) for length, row in first.items()}
    return float(np.mean([by_length[int(length)] for length in lengths]))


def difference(embeddings: Tensor, expected: Tensor) -> str:
    """Describe the difference of embeddings of length one, [n, d] both: largest component and smallest cosine."""
    got, expected = embeddings.double().cpu(), expected.double().cpu()
    apart, cosine = (got - expected).abs().max(), functional.cosine_similarity(got, expected).min()
    return f"|Δ| ≤ {float(apart):.1e}, cosine ≥ {float(cosine):.6f}"


def distance(embeddings: Tensor, expected: Tensor) -> float:
    """Return the largest ‖e − e₀‖ of embeddings of length one, [n, d] both."""
    return float((embeddings.double().cpu() - expected.double().cpu()).norm(dim=1).max())
