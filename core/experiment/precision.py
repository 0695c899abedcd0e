"""Whether a tower may compute in bfloat16: only if that was asked for, and only if ranks agree with float32.

float32 is the reference and the default, so that the same command gives the same numbers on any day. Half precision
halves the bytes; on processors with instructions for it, it is several times as fast, on others slower.
"""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from core.encoders.base import TOWERS, Encoder, TowerName
from core.evaluation.agreement import disagreement
from core.workspace.sweep_info import PrecisionName, TowerPrecision

DTYPES: dict[PrecisionName, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}

#: What bf16 instructions gave where it was measured (README, "How fast"): ViT-B-32, 21 α, 68 s in fp32, 21 s in bf16.
TYPICAL_SPEEDUP = 3.2
_CPU_FEATURES = ("avx512_bf16", "amx_bf16", "bf16")  # of x86, x86 and 64-bit ARM, as `torch.cpu` names them


def choose_precision(
    choice: PrecisionName,
    encoder: Encoder,
    starts: Mapping[TowerName, int],
    embed_split: Callable[[TowerName], Tensor],
    image_ranks: Callable[[Tensor, Tensor], np.ndarray],
) -> dict[TowerName, TowerPrecision]:
    """Make the encoder compute in `choice`: in bf16 each tower whose ranks agree with fp32.

    starts: the first stage of each tower that changes with α. embed_split: a tower's embeddings of the articles
    to judge by, at the same α each time, weights set anew. image_ranks: (texts, images) → their ranks. Set the
    encoder's weights anew afterwards.
    """
    chosen, to_check = dict[TowerName, TowerPrecision](), list[TowerName]()
    for tower in TOWERS:
        if only_head_changes(encoder, tower, starts[tower]):
            chosen[tower] = TowerPrecision("fp32", "no more than its head changes with alpha")
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
            apart = disagreement(image_ranks(half["text"], half["image"]), reference)
            if apart.is_within(len(reference)):
                chosen[tower] = TowerPrecision("bf16", "ranks agree with fp32", apart)
            else:
                chosen[tower] = TowerPrecision("fp32", "bf16 ranks are too far from fp32", apart)
    compute_in(chosen, encoder)
    return chosen


def as_swept(choices: Mapping[str, PrecisionName], encoder: Encoder) -> dict[TowerName, TowerPrecision]:
    """Make the encoder compute as an earlier check of the same run chose; set its weights anew afterwards."""
    chosen = {tower: TowerPrecision(choices[tower], "as the run was swept") for tower in TOWERS}
    compute_in(chosen, encoder)
    return chosen


def compute_in(chosen: Mapping[TowerName, TowerPrecision], encoder: Encoder) -> None:
    """Make each tower of the encoder compute as chosen; set its weights anew afterwards."""
    for tower, precision in chosen.items():
        encoder.compute_in(tower, DTYPES[precision.name])


def only_head_changes(encoder: Encoder, tower: TowerName, start: int) -> bool:
    """Does nothing of a tower whose stages from `start` on change with α but its head?"""
    return all(stage.kind == "head" for stage in encoder.stages(tower)[start:])


def has_bf16_instructions() -> bool:
    """Can this processor multiply in bfloat16, and not only convert?"""
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(feature, False) for feature in _CPU_FEATURES)


def bf16_sentence(seconds: float) -> str:
    """Return what `--precision bf16` would save of `seconds` of encoding in fp32 on a processor that has it."""
    return (
        f"precision: encoding at exact alphas took {seconds:.1f} s in fp32. This processor has bf16 instructions; on "
        f"the machine of README's table they made ViT-B-32 {TYPICAL_SPEEDUP:g} times as fast, which would be about "
        f"{seconds / TYPICAL_SPEEDUP:.1f} s here. --precision bf16 uses them for towers whose ranks agree with fp32."
    )
