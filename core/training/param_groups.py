"""Parameter groups of AdamW: trained parameters with their learning rate and weight decay."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from core.encoders.base import Encoder, Stage, TowerName
from core.training.settings import Settings


def parameter_groups(
    encoder: Encoder, starts: Mapping[TowerName, int], only: str, settings: Settings
) -> list[dict[str, Any]]:
    """Group the temperature, the heads, and parameters of the stages from `starts` on with `only` in their names.

    Heads train at `lr`, the rest at `backbone_lr_ratio` of it, times `layer_decay` for each block further from the head
    (Howard and Ruder 2018; by depth as in BEiT, Bao et al. 2022). Weight decay has the same exceptions as in open_clip.
    """
    rates = {encoder.logit_scale: settings.lr}
    named = dict(encoder.named_parameters())
    names = {parameter: name for name, parameter in named.items()}
    for tower, start in starts.items():
        stages = encoder.stages(tower)
        for index in range(start, len(stages)):
            is_head = stages[index].kind == "head"
            rate = 1.0 if is_head else settings.backbone_lr_ratio * settings.layer_decay ** _depth(stages, index)
            for key, parameter in named.items():
                if key.startswith(stages[index].keys) and (is_head or only in key):
                    rates[parameter] = settings.lr * rate
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter, rate in rates.items():
        decay = settings.weight_decay if _decays(names[parameter], parameter) else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    # The schedule reads its peak from initial_lr, which it sets only before the first step of a new training.
    return [
        {"params": parameters, "lr": rate, "initial_lr": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]


def _decays(name: str, parameter: nn.Parameter) -> bool:
    """Return False for biases, norms and the temperature, by the rule in open_clip's training script (3.3.0)."""
    return parameter.ndim >= 2 and not any(part in name for part in ("bn", "ln", "bias", "logit_scale"))


def _depth(stages: Sequence[Stage], index: int) -> int:
    """Count the blocks from a stage to the head, itself included; stages before the first block are one deeper."""
    blocks_above = sum(stage.kind == "block" for stage in stages[index:])
    is_below_all = not any(stage.kind == "block" for stage in stages[: index + 1])
    return blocks_above + (is_below_all and blocks_above > 0)
