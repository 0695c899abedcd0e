"""WiSE-FT: θ(α) = (1 − α)·θ_zero-shot + α·θ_fine-tuned (Wortsman et al. 2022; paper, sections 2.2 and 3.2)."""

from collections.abc import Mapping

import torch
from torch import Tensor

from core.errors import InputError


def interpolate(zero_shot: Mapping[str, Tensor], fine_tuned: Mapping[str, Tensor], alpha: float) -> dict[str, Tensor]:
    """Return θ(α), each tensor in its own type, mixed in float32 and exact at both ends.

    Integer and boolean buffers are copied and must agree. Raises InputError: α outside [0, 1]; keys, shapes or
    types that differ (all named); values that are not finite.
    """
    if not 0.0 <= alpha <= 1.0:
        raise InputError(f"alpha {alpha}: expected a number from 0 (zero-shot) to 1 (fine-tuned).")
    check_compatible(zero_shot, fine_tuned)
    return {key: _mixed(key, zero_shot[key], fine_tuned[key], alpha) for key in zero_shot}


def _mixed(key: str, start: Tensor, end: Tensor, alpha: float) -> Tensor:
    if not start.is_floating_point():
        if not torch.equal(start, end):
            raise InputError(f"{key} holds {start.dtype} values that differ between the two checkpoints.")
        return start.clone()
    if not (start.isfinite().all() and end.isfinite().all()):
        raise InputError(f"{key} holds values that are not finite; one of the checkpoints is damaged.")
    if alpha in (0.0, 1.0):
        return (end if alpha else start).clone()
    return torch.lerp(start.float(), end.float(), alpha).to(start.dtype)


def check_compatible(zero_shot: Mapping[str, Tensor], fine_tuned: Mapping[str, Tensor]) -> None:
    """Raise InputError that names every key, shape or type in which the two checkpoints differ."""
    problems = [f"{key} only in the zero-shot checkpoint" for key in zero_shot if key not in fine_tuned]
    problems += [f"{key} only in the fine-tuned checkpoint" for key in fine_tuned if key not in zero_shot]
    for key in zero_shot.keys() & fine_tuned.keys():
        start, end = zero_shot[key], fine_tuned[key]
        if start.shape != end.shape:
            problems.append(f"{key} is {tuple(start.shape)} against {tuple(end.shape)}")
        elif start.dtype != end.dtype:
            problems.append(f"{key} is {start.dtype} against {end.dtype}")
    if problems:
        shown = "; ".join(sorted(problems)[:8]) + (f"; and {len(problems) - 8} more" if len(problems) > 8 else "")
        raise InputError(f"the two checkpoints cannot be mixed: {shown}.")
