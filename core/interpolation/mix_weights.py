"""One function that makes weights of any `Mix`, and what it needs to know of the models that are mixed.

All mixes come down to `wiseft.interpolate`, with an α for each part of the encoder; only Fisher weighting has an α for
each single number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from core.encoders.base import TOWERS, Encoder, TowerName
from core.errors import InputError
from core.interpolation.mix import Mix
from core.interpolation.wise_ft import interpolate

DEPTHS = ("early", "middle", "late")
#: Where neither model cares about a number (a millionth of the mean importance), it is mixed as WiSE-FT would.
INDIFFERENT = 1e-6


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


def theta(mix: Mix, ends: WeightPair, out: Mapping[str, Tensor] | None = None) -> Mapping[str, Tensor]:
    """The weights of `mix`, of all tensors in `ends.zero_shot`; out as in `wiseft.interpolate`.

    Raises InputError: the mix has no weights (it mixes scores), an α outside [0, 1].
    """
    if mix.of == "scores":
        raise InputError("a mix of scores has no weights: score with both models, and see `mixed_scores`.")
    if out is None:
        out = {key: torch.empty_like(tensor) for key, tensor in ends.zero_shot.items()}
    fine_tuned = _average([ends.fine_tuned[run] for run in mix.runs], ends.zero_shot)
    alphas = {key: mix.alpha_of(ends.parts[key]) for key in ends.zero_shot}
    for alpha in sorted(set(alphas.values())):
        start = {key: tensor for key, tensor in ends.zero_shot.items() if alphas[key] == alpha}
        if mix.fisher and alpha not in (0.0, 1.0):
            _interpolate_by_importance(start, fine_tuned, alpha, ends, out)
        else:
            interpolate(start, fine_tuned, alpha, out)
    return out


def _average(models: list[Mapping[str, Tensor]], keys: Iterable[str]) -> Mapping[str, Tensor]:
    """The uniform soup, averaged in float32; a single model is itself."""
    if len(models) == 1:
        return models[0]
    return {
        key: torch.stack([model[key].float() for model in models]).mean(dim=0).to(models[0][key].dtype) for key in keys
    }


@torch.no_grad()
def _interpolate_by_importance(
    start: Mapping[str, Tensor], end: Mapping[str, Tensor], alpha: float, ends: WeightPair, out: Mapping[str, Tensor]
) -> None:
    """((1 − α)·F₀·θ₀ + α·F₁·θ₁) / ((1 − α)·F₀ + α·F₁) number by number (Matena and Raffel 2022)."""
    if ends.importance is None:
        raise ValueError("a Fisher-weighted mix needs the importance of the weights: expected Ends with it")
    for key, tensor in start.items():
        to_start = (1 - alpha) * (ends.importance[0][key] + INDIFFERENT)
        to_end = alpha * (ends.importance[1][key] + INDIFFERENT)
        share = to_end / (to_start + to_end)
        out[key].copy_(torch.lerp(tensor.float(), end[key].float(), share))


def mixed_scores(zero_shot: Tensor, fine_tuned: Tensor, alpha: float) -> Tensor:
    """Embeddings [n, 2d], of length one, whose cosines are (1 − α)·zero-shot's + α·fine-tuned's, from [n, d] each."""
    return torch.cat([(1 - alpha) ** 0.5 * zero_shot, alpha**0.5 * fine_tuned], dim=1)
