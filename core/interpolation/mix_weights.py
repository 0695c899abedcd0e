"""Weights of any `Mix`, and the tensors and parts of the mixed models."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from core.encoders.base import TOWERS, Encoder, TowerName
from core.errors import InputError
from core.interpolation.merges import MERGES
from core.interpolation.merges.merge import Need
from core.interpolation.mix import Mix

DEPTHS = ("early", "middle", "late")


@dataclass(frozen=True)
class WeightPair:
    """Tensors that training changed, in the zero-shot model and in the fine-tuned model of each run.

    parts: of each tensor, as returned by `parts_of`. importance: of each weight to the zero-shot and to the fine-tuned
    model (`core.training.fisher`); None if no mix needs it. depths: of each tensor, as returned by `depths_of`.
    elsewhere: runs in `fine_tuned` that were trained on other domains.
    """

    zero_shot: Mapping[str, Tensor]
    fine_tuned: Mapping[str, Mapping[str, Tensor]]
    parts: Mapping[str, str]
    importance: tuple[Mapping[str, Tensor], Mapping[str, Tensor]] | None = None
    depths: Mapping[str, float] = field(default_factory=dict)
    elsewhere: tuple[str, ...] = ()

    def of(self, tower: TowerName) -> "WeightPair":
        """Return the pair with the tensors of one tower only."""
        keys = [key for key in self.zero_shot if self.parts[key].partition(".")[0] == tower]
        return replace(self, zero_shot={key: self.zero_shot[key] for key in keys})

    @property
    def changed_parts(self) -> list[str]:
        """The parts that training changed, from early image blocks to late text blocks."""
        there = {self.parts[key] for key in self.zero_shot}
        order = [f"{tower}{depth}" for tower in TOWERS for depth in ("", *(f".{depth}" for depth in DEPTHS))]
        return [part for part in order if part in there]

    def has(self, need: Need) -> bool:
        """Return whether the models meet a merge's need; importance can be measured for any model."""
        towers = {part.partition(".")[0] for part in self.changed_parts}
        return {
            "both towers": len(towers) == len(TOWERS),
            "depths": len(self.changed_parts) > len(towers),
            "several runs": len(self.fine_tuned) - len(self.elsewhere) > 1,
            "several domains": bool(self.elsewhere),
            "importance": True,
        }[need]

    def average(self, runs: Sequence[str]) -> Mapping[str, Tensor]:
        """Return the mean of the fine-tuned models of `runs`, computed in float32; a single model unchanged."""
        models = [self.fine_tuned[run] for run in runs]
        if len(models) == 1:
            return models[0]
        return {
            key: torch.stack([model[key].float() for model in models]).mean(dim=0).to(models[0][key].dtype)
            for key in self.zero_shot
        }


def parts_of(encoder: Encoder, keys: Iterable[str]) -> dict[str, str]:
    """Return the part of each tensor: `image.early`, `text.late` …, the tower if it has no blocks, else "".

    Blocks are cut into thirds. Stages before the blocks are early, stages after them (the head) late.
    """
    parts = dict.fromkeys(keys, "")
    for tower in TOWERS:
        stages = encoder.stages(tower)
        blocks = sum(stage.kind == "block" for stage in stages)
        passed = 0
        for stage in stages:
            part = f"{tower}.{DEPTHS[min(2, 3 * passed // blocks)]}" if blocks else str(tower)
            parts |= {key: part for key in parts if stage.keys and key.startswith(stage.keys)}
            passed += stage.kind == "block"
    return parts


def depths_of(encoder: Encoder, keys: Iterable[str]) -> dict[str, float]:
    """Return the depth of each tensor: 0 up to its tower's first block, rising evenly to 1 at the last block.

    1 for stages after the blocks, towers without blocks and tensors outside the towers.
    """
    depths = dict.fromkeys(keys, 1.0)
    for tower in TOWERS:
        stages = encoder.stages(tower)
        last = sum(stage.kind == "block" for stage in stages) - 1
        passed = 0
        for stage in stages:
            depth = min(1.0, passed / last) if last > 0 else 1.0
            depths |= {key: depth for key in depths if stage.keys and key.startswith(stage.keys)}
            passed += stage.kind == "block"
    return depths


def theta(mix: Mix, pair: WeightPair, out: Mapping[str, Tensor] | None = None) -> Mapping[str, Tensor]:
    """Return the weights of `mix` for all tensors in `pair.zero_shot`; out as in `wise_ft.interpolate`.

    Raises InputError: the mix has no weights (it combines embeddings), or its α is invalid.
    """
    merge = MERGES[mix.merge]
    if merge.combine is not None:
        raise InputError(
            f"This mix ({merge.label}) has no weights. Embed with both models and combine their embeddings with "
            f"`Merge.combine`."
        )
    if out is None:
        out = {key: torch.empty_like(tensor) for key, tensor in pair.zero_shot.items()}
    with torch.no_grad():
        merge.build(pair, mix, out)
    return out
