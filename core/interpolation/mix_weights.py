"""One function that makes weights of any `Mix`, and what it needs to know of the models that are mixed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

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
    """What a mix is made of: the tensors that training changed, in zero-shot and in each fine-tuned model, by run.

    parts: of each tensor, as `parts_of` gives them. importance: of each number to the zero-shot and to the fine-tuned
    model (`core.training.fisher`); None where no mix asks for it.
    """

    zero_shot: Mapping[str, Tensor]
    fine_tuned: Mapping[str, Mapping[str, Tensor]]
    parts: Mapping[str, str]
    importance: tuple[Mapping[str, Tensor], Mapping[str, Tensor]] | None = None

    def of(self, tower: TowerName) -> "WeightPair":
        """Only the tensors of one tower."""
        keys = [key for key in self.zero_shot if self.parts[key].partition(".")[0] == tower]
        return replace(self, zero_shot={key: self.zero_shot[key] for key in keys})

    @property
    def changed_parts(self) -> list[str]:
        """The parts that training changed, from the images' early blocks to the texts' late ones."""
        there = {self.parts[key] for key in self.zero_shot}
        order = [f"{tower}{depth}" for tower in TOWERS for depth in ("", *(f".{depth}" for depth in DEPTHS))]
        return [part for part in order if part in there]

    def has(self, need: Need) -> bool:
        """Return whether the models have what a merge needs; importance can be measured of any."""
        towers = {part.partition(".")[0] for part in self.changed_parts}
        return {
            "both towers": len(towers) == len(TOWERS),
            "depths": len(self.changed_parts) > len(towers),
            "several runs": len(self.fine_tuned) > 1,
            "importance": True,
        }[need]

    def average(self, runs: Sequence[str]) -> Mapping[str, Tensor]:
        """Return the mean of the fine-tuned models of `runs`, taken in float32; a single model is itself."""
        models = [self.fine_tuned[run] for run in runs]
        if len(models) == 1:
            return models[0]
        return {
            key: torch.stack([model[key].float() for model in models]).mean(dim=0).to(models[0][key].dtype)
            for key in self.zero_shot
        }


def parts_of(encoder: Encoder, keys: Iterable[str]) -> dict[str, str]:
    """The part each tensor belongs to: `image.early`, `text.late` …, the tower where it has no blocks, else "".

    Blocks are cut into thirds; what is in front of them is early, what is behind them (the head) late.
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


def theta(mix: Mix, pair: WeightPair, out: Mapping[str, Tensor] | None = None) -> Mapping[str, Tensor]:
    """Return the weights of `mix`, of all tensors in `pair.zero_shot`; out as in `wise_ft.interpolate`.

    Raises InputError: the mix has no weights (it mixes scores), an α that its merge does not know.
    """
    merge = MERGES[mix.merge]
    if merge.mixes == "scores":
        raise InputError("a mix of scores has no weights: score with both models, and see `mixed_scores`.")
    if out is None:
        out = {key: torch.empty_like(tensor) for key, tensor in pair.zero_shot.items()}
    with torch.no_grad():
        merge.build(pair, mix, out)
    return out


def mixed_scores(zero_shot: Tensor, fine_tuned: Tensor, alpha: float) -> Tensor:
    """Embeddings [n, 2d], of length one, whose cosines are (1 − α)·zero-shot's + α·fine-tuned's, from [n, d] each."""
    return torch.cat([(1 - alpha) ** 0.5 * zero_shot, alpha**0.5 * fine_tuned], dim=1)
