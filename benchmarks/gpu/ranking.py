"""A sweep of 101 α against the obvious loop, and ranks of 50,000 texts among 50,000 images."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import open_clip
import psutil
import torch
from torch import Tensor
from torch.nn.functional import normalize

from benchmarks import plain_open_clip as plain
from benchmarks.gpu.bench import Bench
from benchmarks.gpu.record import Precision, Row, multiplying_in, timed
from core.encoders.base import TOWERS, Encoder, TowerName
from core.encoders.embedding import embed
from core.evaluation.agreement import disagreement
from core.interpolation.alpha_path import AlphaPath, build_path
from core.interpolation.wise_ft import interpolate
from core.retrieval.ranking import ranks_of

DENSE = tuple(step / 100 for step in range(101))
STEP = 0.02  # × each tensor's standard deviation: about the change by fine-tuning CLIP at 1e-5
DIMENSIONS = 512
#: Weight of the target image in a text, about their cosine: gives ranks from 1 to some thousands and some float ties.
TARGET_SHARE = 0.12
TIE = 1e-6  # difference of scores by summing float32 in a different order
BYTES_PER_SCORE = 5  # a float32 and a boolean


def sweep_rows(bench: Bench) -> Iterator[Row]:
    """Measure sweeps of 101 α in float32 and bfloat16."""
    architecture, count = bench.sizes.sweep
    precisions: tuple[Precision, ...] = ("fp32", "bf16")
    for precision in precisions:
        with multiplying_in(precision):
            yield _our_sweep(bench, architecture, count, precision)
            yield _plain_sweep(bench, architecture, count, precision)


def perturb(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Change each tensor randomly by as much as fine-tuning would, the same in every call."""
    draw = torch.Generator().manual_seed(1)
    return {
        key: tensor + STEP * (tensor.std(correction=0) * torch.randn(tensor.shape, generator=draw)).to(tensor.dtype)
        for key, tensor in weights.items()
    }


def _our_sweep(bench: Bench, architecture: str, count: int, precision: Precision) -> Row:
    encoder = bench.inputs.encoder(architecture, torch.device("cpu"))
    zero_shot = {key: tensor.clone() for key, tensor in encoder.state_dict().items()}
    ends = [{key: tensor.to(bench.device) for key, tensor in end.items()} for end in (zero_shot, perturb(zero_shot))]
    encoder.to(bench.device)
    if precision == "bf16":
        for tower in TOWERS:
            encoder.compute_in(tower, torch.bfloat16)
    activations = {"image": bench.inputs.images(encoder, count), "text": bench.inputs.sentences(encoder, count)}
    theta, rows = encoder.state_dict(keep_vars=True), np.arange(count)

    def exact(tower: TowerName, alphas: Sequence[float]) -> Iterator[Tensor]:
        for alpha in alphas:
            _set(encoder, tower, alpha, ends, theta)
            yield embed(encoder, activations[tower], rows)

    def rank(texts: Tensor, images: Tensor) -> np.ndarray:
        return ranks_of(texts, images, rows, rows)

    def sweep() -> tuple[AlphaPath, np.ndarray]:
        path = build_path(partial(exact, "text"), partial(exact, "image"), (True, True), rank)
        return path, np.stack([rank(*path.at(alpha, alpha)) for alpha in DENSE])

    measured = timed(sweep, bench.device, warm=False)
    path, ranks = measured.answer
    middle = len(DENSE) // 2
    both = [next(exact(tower, [DENSE[middle]])) for tower in ("text", "image")]
    apart = disagreement(ranks[middle], rank(*both))
    note = f"{path.node_count} exact α; at α = {DENSE[middle]:g} {apart}"
    return bench.row("sweep of 101 α", architecture, "ours", precision, len(DENSE) * count, measured, note=note)


def _set(
    encoder: Encoder, tower: TowerName, alpha: float, ends: Sequence[dict[str, Tensor]], theta: dict[str, Tensor]
) -> None:
    """Set the weights of one tower to θ(α)."""
    in_tower = tuple(key for stage in encoder.stages(tower) for key in stage.keys)
    start = {key: tensor for key, tensor in ends[0].items() if key.startswith(in_tower)}
    interpolate(start, ends[1], alpha, out=theta)


def _plain_sweep(bench: Bench, architecture: str, count: int, precision: Precision) -> Row:
    model, transform = plain.load(architecture, bench.inputs.weights(architecture), bench.device)
    zero_shot = {key: tensor.clone() for key, tensor in model.state_dict().items()}
    on_cpu = {key: tensor.cpu() for key, tensor in zero_shot.items()}
    fine_tuned = {key: tensor.to(bench.device) for key, tensor in perturb(on_cpu).items()}
    tokens = open_clip.get_tokenizer(architecture)(list(bench.inputs.texts[:count]))
    photos = plain.Photos(bench.inputs.files[:count], transform)
    alphas = bench.sizes.plain_alphas

    def sweep() -> int:
        mixed = plain.sweep(
            model, zero_shot, fine_tuned, alphas, photos, tokens, bench.device, half=precision == "bf16"
        )
        return sum(len(ranks) for ranks in mixed)

    measured = timed(sweep, bench.device, warm=False)
    all_of_them = replace(measured, seconds=measured.seconds * len(DENSE) / len(alphas))
    note = f"extrapolated from {len(alphas)} α, which all take the same time"
    return bench.row("sweep of 101 α", architecture, "plain", precision, len(DENSE) * count, all_of_them, note=note)


def rank_rows(bench: Bench) -> Iterator[Row]:
    """Measure ranks on the device, ours and plain, and on the CPU."""
    count = bench.sizes.ranked
    texts, images = embeddings_of_pairs(count)
    targets, order = np.arange(count), np.random.default_rng(0).permutation(count)
    gflop = 2 * count * DIMENSIONS / 1e9
    with multiplying_in("fp32"):
        reference = timed(partial(ranks_of, texts, images, targets, order), torch.device("cpu"), warm=False)
        on_device = texts.to(bench.device), images.to(bench.device)
        ours = timed(partial(ranks_of, *on_device, targets, order), bench.device, repetitions=3)
        free = torch.cuda.mem_get_info()[0] if bench.device.type == "cuda" else psutil.virtual_memory().available
        at_once = max(1, min(count, int(free / 2 / count / BYTES_PER_SCORE)))
        obvious = timed(partial(plain.ranks, *on_device, at_once), bench.device, repetitions=3)
    for way, measured in (("ours", ours), ("plain", obvious)):
        note = difference_of_ranks(measured.answer, reference.answer, texts, images)
        yield bench.row(f"ranks, {DIMENSIONS}-d", "", way, "fp32", count, measured, gflop, note)
    yield replace(
        bench.row(f"ranks, {DIMENSIONS}-d", "", "ours, on the CPU", "", count, reference, gflop), peak_mb=None
    )


def embeddings_of_pairs(count: int) -> tuple[Tensor, Tensor]:
    """Make random texts and images, float32 [count, DIMENSIONS] both, of length one."""
    draw = torch.Generator().manual_seed(0)
    images, noise = (normalize(torch.randn(count, DIMENSIONS, generator=draw), dim=1) for _ in range(2))
    return normalize(TARGET_SHARE * images + (1 - TARGET_SHARE**2) ** 0.5 * noise, dim=1), images


def difference_of_ranks(ranks: np.ndarray, expected: np.ndarray, texts: Tensor, images: Tensor) -> str:
    """Describe how many ranks differ and how many of those are float ties."""
    differ, unexplained = differing_ranks(ranks, expected, texts, images)
    return f"{differ:,} ranks differ from the CPU's, {differ - unexplained:,} of them float ties"


def differing_ranks(ranks: np.ndarray, expected: np.ndarray, texts: Tensor, images: Tensor) -> tuple[int, int]:
    """Count the ranks that differ and, of these, those that rounding does not explain.

    Rounding can explain a difference in rank up to the number of images whose float64 score is within TIE of the
    target's.
    """
    different = torch.from_numpy(np.flatnonzero(ranks != expected))
    rank_change = torch.from_numpy(np.abs(ranks.astype(np.int64) - expected))
    gallery, unexplained = images.double(), 0
    for rows in different.split(256):
        scores = texts[rows].double() @ gallery.T
        near = ((scores - scores.gather(1, rows[:, None])).abs() < TIE).sum(dim=1) - 1  # without the target
        unexplained += int((rank_change[rows] > near).sum())
    return len(different), unexplained
