"""Precision of the towers: bfloat16 only on request, and only if its ranks agree with float32.

float32 is the reference and the default, so that a command gives the same numbers every time. bfloat16 halves memory;
it is several times faster on processors with bf16 instructions and slower on others.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from core.encoders.base import TOWERS, Encoder, TowerName
from core.evaluation.agreement import disagreement
from core.workspace.sweep_info import PrecisionName, TowerPrecision

DTYPES: dict[PrecisionName, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}

#: Measured speed-up by bf16 instructions (docs/performance.md): ViT-B-32, 21 α, 68 s in fp32, 21 s in bf16.
TYPICAL_SPEEDUP = 3.2
_CPU_FEATURES = ("avx512_bf16", "amx_bf16", "bf16")  # names in `torch.cpu`: x86, x86, 64-bit ARM


def choose_precision(
    choice: PrecisionName,
    encoder: Encoder,
    starts: Mapping[TowerName, int],
    embed_split: Callable[[TowerName], Tensor],
    image_ranks: Callable[[Tensor, Tensor], np.ndarray],
) -> dict[TowerName, TowerPrecision]:
    """Set the precision of the encoder; bf16 only for towers whose ranks agree with fp32.

    starts: first stage of each tower that changes with α. embed_split: sets the weights at a fixed α and returns a
    tower's embeddings of the articles for the check. image_ranks: (texts, images) → ranks. The caller must set the
    encoder's weights again afterwards.
    """
    chosen, to_check = dict[TowerName, TowerPrecision](), list[TowerName]()
    for tower in TOWERS:
        if only_head_changes(encoder, tower, starts[tower]):
            chosen[tower] = TowerPrecision("fp32", "only its head changes with alpha")
        elif choice == "fp32":
            chosen[tower] = TowerPrecision("fp32", "the reference")
        else:
            to_check.append(tower)
    if to_check:
        exact = {tower: embed_split(tower) for tower in TOWERS}
        reference = image_ranks(exact["text"], exact["image"])
        for tower in to_check:
            encoder.compute_in(tower, torch.bfloat16)
            half = exact | {tower: embed_split(tower)}
            encoder.compute_in(tower, torch.float32)
            difference = disagreement(image_ranks(half["text"], half["image"]), reference)
            if difference.is_within(len(reference)):
                chosen[tower] = TowerPrecision("bf16", "ranks agree with fp32", difference)
            else:
                chosen[tower] = TowerPrecision("fp32", "bf16 ranks are too far from fp32", difference)
    compute_in(chosen, encoder)
    return chosen


def use_swept_precision(choices: Mapping[str, PrecisionName], encoder: Encoder) -> dict[TowerName, TowerPrecision]:
    """Set the precision of each tower without a check. The caller must set the encoder's weights again."""
    chosen = {tower: TowerPrecision(choices[tower], "as in the sweep") for tower in TOWERS}
    compute_in(chosen, encoder)
    return chosen


def compute_in(chosen: Mapping[TowerName, TowerPrecision], encoder: Encoder) -> None:
    """Set the precision of each tower. The caller must set the encoder's weights again afterwards."""
    for tower, precision in chosen.items():
        encoder.compute_in(tower, DTYPES[precision.name])


def only_head_changes(encoder: Encoder, tower: TowerName, start: int) -> bool:
    """Return whether only the head of a tower changes with α, given the first stage that changes."""
    return all(stage.kind == "head" for stage in encoder.stages(tower)[start:])


def has_bf16_instructions() -> bool:
    """Return whether this processor multiplies in bfloat16, and does not only convert."""
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(feature, False) for feature in _CPU_FEATURES)


def bf16_sentence(seconds: float) -> str:
    """Return a hint on how much of `seconds` of fp32 encoding `--precision bf16` would save."""
    return (
        f"precision: encoding at exact alphas took {seconds:.1f} s in fp32. This processor has bf16 instructions. They "
        f"made ViT-B-32 {TYPICAL_SPEEDUP:g} times as fast in a measurement (docs/performance.md); here that would be "
        f"about {seconds / TYPICAL_SPEEDUP:.1f} s. --precision bf16 uses them for towers whose ranks agree with fp32."
    )
