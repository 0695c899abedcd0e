"""Checks that the device agrees with the CPU: embeddings, ranks, training steps and their memory-saving options.

Each check compares one number with a stated limit. Embeddings: the largest ‖e − e₀‖ of vectors of length one, which
is about 20 times the difference of a component in 512 dimensions. Gradients: ‖g − g₀‖ / ‖g₀‖ over all parameters, after
one step. bfloat16 has 8 significant bits, float16 and TF32 have 11, so the outputs of a dozen blocks agree to
hundredths and thousandths; float32 differs only by the order of sums.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from tabulate import tabulate

from benchmarks.gpu.bench import Bench
from benchmarks.gpu.encoding import compile_image_blocks, distance
from benchmarks.gpu.ranking import differing_ranks, embeddings_of_pairs
from benchmarks.gpu.record import Precision, multiplying_in
from benchmarks.gpu.steps import SETTINGS, Steps, difference_of_gradients, our_steps, plain_step
from core.encoders.base import TOWERS
from core.encoders.embedding import embed
from core.retrieval.ranking import ranks_of

CPU = torch.device("cpu")
#: ‖e − e₀‖ of embeddings in each precision. On a CPU, bf16 gives 0.010 (images) and 0.013 (texts) with ViT-B-32.
LIMITS: dict[Precision, float] = {"fp32": 1e-4, "tf32": 5e-3, "bf16": 3e-2}
BATCH = 256  # rows
LARGE_BATCH = 256  # pairs, so that activations and not the optimiser's state determine peak memory


@dataclass(frozen=True)
class Check:
    """A number compared with its limit. found: fails above `limit` or if it is nan."""

    what: str
    found: float
    limit: float

    @property
    def passed(self) -> bool:
        """Whether `found` is a number within the limit."""
        return self.found <= self.limit

    @property
    def verdict(self) -> str:
        """`pass` or `FAIL`, as in the table and the CSV file."""
        return "pass" if self.passed else "FAIL"


def checks(bench: Bench) -> Iterator[Check]:
    """Run every check."""
    yield from _embeddings(bench)
    yield from _same_bits(bench)
    yield from _ranks(bench)
    with multiplying_in("fp32"):
        yield from _steps(bench)
        if bench.device.type == "cuda":
            yield from _memory(bench)


def _embeddings(bench: Bench) -> Iterator[Check]:
    for (architecture, _), count in zip(bench.sizes.models, bench.sizes.compared, strict=True):
        encoder, rows = bench.inputs.encoder(architecture, CPU), np.arange(count)
        inputs = bench.inputs.images(encoder, count), bench.inputs.sentences(encoder, count)
        expected = [embed(encoder, activations, rows) for activations in inputs]
        encoder.to(bench.device)
        for precision, limit in LIMITS.items():
            if precision == "bf16":
                for tower in TOWERS:
                    encoder.compute_in(tower, torch.bfloat16)
            with multiplying_in(precision):
                for activations, reference in zip(inputs, expected, strict=True):
                    apart = distance(embed(encoder, activations, rows), reference)
                    yield Check(f"{architecture}: {activations.tower} embeddings, {precision}", apart, limit)
        compile_image_blocks(encoder, bench.sizes.compiler)
        apart = distance(embed(encoder, inputs[0], rows), expected[0])
        yield Check(f"{architecture}: image embeddings, bf16, compiled", apart, LIMITS["bf16"])


def _same_bits(bench: Bench) -> Iterator[Check]:
    """Check that an embedding depends neither on other rows nor on batches that are copied meanwhile."""
    architecture, count = bench.sizes.models[0]
    encoder, rows = bench.inputs.encoder(architecture, bench.device), np.arange(count)
    order = np.random.default_rng(0).permutation(count)
    for tower in TOWERS:
        encoder.compute_in(tower, torch.bfloat16)
    for activations in (bench.inputs.images(encoder, count), bench.inputs.sentences(encoder, count)):
        tower = activations.tower
        together = embed(encoder, activations, rows)
        alone = torch.cat([embed(encoder, activations, part) for part in np.split(rows, rows[BATCH::BATCH])])
        yield Check(f"{tower} embeddings, all at once and batch by batch", distance(together, alone), 0)
        shuffled = embed(encoder, activations, order)
        yield Check(f"{tower} embeddings, in another order", distance(shuffled, together[order]), 0)


def _ranks(bench: Bench) -> Iterator[Check]:
    texts, images = embeddings_of_pairs(bench.sizes.ranked)
    targets, order = np.arange(len(texts)), np.random.default_rng(0).permutation(len(texts))
    expected = ranks_of(texts, images, targets, order)
    with multiplying_in("fp32"):
        found = ranks_of(texts.to(bench.device), images.to(bench.device), targets, order)
    differ, unexplained = differing_ranks(found, expected, texts, images)
    yield Check(f"ranks of {len(texts):,}: {differ:,} differ; of those, not float ties", unexplained, 0)


def _steps(bench: Bench) -> Iterator[Check]:
    """Check a float32 step against the CPU and plain open_clip, and each variant against its reference."""
    on_cpu, ours = our_steps(bench, CPU, None), our_steps(bench, bench.device, None)
    yield from _agree("step, fp32, against the CPU", ours, on_cpu, loss=1e-4, gradients=1e-3)
    yield from _agree("step, fp32, against plain open_clip", plain_step(bench), ours, loss=1e-4, gradients=1e-3)
    for dtype, limit in ((torch.bfloat16, 0.1), (torch.float16, 0.02)):
        mixed = our_steps(bench, bench.device, dtype)
        name = f"step, AMP {str(dtype).removeprefix('torch.')}"
        yield from _agree(f"{name}, against the CPU in fp32", mixed, on_cpu, loss=0.02, gradients=limit)
        again = our_steps(bench, bench.device, dtype, replace(SETTINGS, grad_checkpointing=True))
        yield from _agree(f"{name}, grad_checkpointing, against without", again, mixed, loss=1e-3, gradients=0.01)
    chunk = max(1, bench.sizes.checked // 4)
    for what, settings in (
        ("grad_checkpointing", replace(SETTINGS, grad_checkpointing=True)),
        (f"chunk_size={chunk}", replace(SETTINGS, chunk_size=chunk)),
        ("both", replace(SETTINGS, chunk_size=chunk, grad_checkpointing=True)),
    ):
        variant = our_steps(bench, bench.device, None, settings)
        yield from _agree(f"step, fp32, {what}, against without", variant, ours, loss=1e-4, gradients=1e-3)
    lora = replace(SETTINGS, tune="lora:4")
    adapted = our_steps(bench, bench.device, None, lora)
    yield from _agree("step, fp32, LoRA, against the CPU", adapted, our_steps(bench, CPU, None, lora), 1e-4, 1e-3)
    yield Check("LoRA: embeddings before and after merging", adapted.merged, 1e-4)


def _agree(what: str, got: Steps, expected: Steps, loss: float, gradients: float) -> Iterator[Check]:
    """Compare the first gradients and the last loss that both have, as a relative difference."""
    last = min(len(got.losses), len(expected.losses)) - 1
    apart = abs(got.losses[last] - expected.losses[last]) / abs(expected.losses[last])
    yield Check(f"{what}: gradients", difference_of_gradients(got.gradients, expected.gradients), gradients)
    yield Check(f"{what}: loss of step {last + 1}", apart, loss)


def _memory(bench: Bench) -> Iterator[Check]:
    """Check that memory-saving options reduce peak memory, as a share of the peak without."""
    whole = _peak(bench)
    for what, share in (
        ("grad_checkpointing", _peak(bench, grad_checkpointing=True)),
        ("chunk_size=32", _peak(bench, chunk_size=32)),
    ):
        yield Check(f"peak memory with {what}, of {whole:,.0f} MB", share / whole, 0.8)


def _peak(bench: Bench, grad_checkpointing: bool = False, chunk_size: int | None = None) -> float:
    settings = replace(SETTINGS, grad_checkpointing=grad_checkpointing, chunk_size=chunk_size)
    return our_steps(bench, bench.device, torch.bfloat16, settings, LARGE_BATCH).peak_mb or float("nan")


def table_of_checks(made: list[Check]) -> str:
    """Format the checks as a table for the terminal."""
    rows = [[check.verdict, check.what, f"{check.found:.1e}", f"{check.limit:g}"] for check in made]
    return tabulate(rows, headers=["", "check", "found", "limit"], disable_numparse=True)
