"""Whether a tower may compute in bfloat16 on this machine: only where that is quicker, and only if ranks agree.

float32 is the reference. Half precision halves the bytes and, on processors that have it, multiplies the speed; on
others it is slower than float32, so it is tried, never assumed.
"""

import time
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from core.analysis.agreement import disagreement
from core.encoders.base import TOWERS, Encoder, TowerName
from core.encoders.embedding import Activations, batches, embed
from core.workspace.sweep_info import PrecisionChoice, PrecisionName, TowerPrecision

DTYPES: dict[PrecisionName, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16}

#: Below this a change of answers, however small, is not worth the time won.
WORTH_IT = 1.2
_PROBE_BATCHES = 4


def choose_precision(
    choices: Mapping[str, PrecisionChoice],
    encoder: Encoder,
    activations: Mapping[TowerName, Activations],
    embed_split: Callable[[TowerName], Tensor],
    image_ranks: Callable[[Tensor, Tensor], np.ndarray],
) -> dict[TowerName, TowerPrecision]:
    """Choose for each tower by what was asked for it, and make the encoder compute so; set its weights anew afterwards.

    activations: in front of the first stage that changes with α. embed_split: a tower's embeddings of the articles
    to judge by, at the same α each time, weights set anew. image_ranks: (texts, images) → their ranks.
    """
    chosen, quicker = dict[TowerName, TowerPrecision](), dict[TowerName, float]()
    for tower in TOWERS:
        if all(stage.kind == "head" for stage in encoder.stages(tower)[activations[tower].start :]):
            chosen[tower] = TowerPrecision("fp32", "no more than its head changes with alpha")
        elif (asked_for := choices[tower]) != "auto":
            chosen[tower] = TowerPrecision(asked_for, "asked for")
        else:
            speedup = bf16_speedup(encoder, activations[tower])
            if speedup >= WORTH_IT:
                quicker[tower] = speedup
            else:
                chosen[tower] = TowerPrecision("fp32", "bf16 is not quicker here", speedup)
    if quicker:
        exact = {tower: embed_split(tower) for tower in TOWERS}
        reference = image_ranks(exact["text"], exact["image"])
        for tower, speedup in quicker.items():
            encoder.compute_in(tower, torch.bfloat16)
            half = exact | {tower: embed_split(tower)}
            encoder.compute_in(tower, torch.float32)
            apart = disagreement(image_ranks(half["text"], half["image"]), reference)
            agrees = apart.is_within(len(reference))
            reason = "quicker here, and ranks agree with fp32" if agrees else "bf16 ranks are too far from fp32"
            chosen[tower] = TowerPrecision("bf16" if agrees else "fp32", reason, speedup, apart)
    for tower, precision in chosen.items():
        encoder.compute_in(tower, DTYPES[precision.name])
    return chosen


def bf16_speedup(encoder: Encoder, activations: Activations) -> float:
    """How many times as fast as in float32 a few batches go through the rest of the tower.

    Leaves the tower in float32 with weights that were rounded: set them anew.
    """
    tower = activations.tower
    cut = batches(encoder, activations, np.arange(len(activations)))
    middle = np.concatenate(cut[len(cut) // 2 :][:_PROBE_BATCHES])  # of middling length
    seconds: dict[PrecisionName, float] = {}
    for name in ("fp32", "bf16"):
        encoder.compute_in(tower, DTYPES[name])
        embed(encoder, activations, middle)
        seconds[name] = min(_once(encoder, activations, middle) for _ in range(2))
    encoder.compute_in(tower, torch.float32)
    return seconds["fp32"] / seconds["bf16"]


def _once(encoder: Encoder, activations: Activations, rows: np.ndarray) -> float:
    start = time.perf_counter()
    embed(encoder, activations, rows)
    if encoder.logit_scale.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start
