"""WiSE-FT: θ(α) = (1 − α)·θ_zero-shot + α·θ_fine-tuned (Wortsman et al. 2022; paper, sections 2.2 and 3.2)."""

from collections.abc import Mapping

import torch
from torch import Tensor

from core.errors import InputError


def interpolate(
    zero_shot: Mapping[str, Tensor],
    fine_tuned: Mapping[str, Tensor],
    alpha: float,
    out: Mapping[str, Tensor] | None = None,
) -> Mapping[str, Tensor]:
    """Return θ(α), mixed in float32 and exact at both ends, from two checkpoints that pass `check_compatible`.

    out: tensors of the same names to write into, in their types (bfloat16 is rounded after mixing); tensors of other
    names stay unchanged. Without it, return new tensors in the checkpoints' types. Raises InputError: α outside [0, 1].
    """
    if not 0.0 <= alpha <= 1.0:
        raise InputError(f"alpha is {alpha}; give a number from 0 (zero-shot) to 1 (fine-tuned).")
    if out is None:
        out = {key: torch.empty_like(tensor) for key, tensor in zero_shot.items()}
    with torch.no_grad():
        for key, start in zero_shot.items():
            if alpha in (0.0, 1.0) or not start.is_floating_point():
                out[key].copy_(fine_tuned[key] if alpha else start)
            else:
                torch.lerp(start.float(), fine_tuned[key].float(), alpha, out=out[key])
    return out


def check_compatible(zero_shot: Mapping[str, Tensor], fine_tuned: Mapping[str, Tensor]) -> None:
    """Raise InputError with every reason why the two checkpoints cannot be mixed.

    Keys, shapes and types must agree, floats must be finite, and integer and boolean buffers must be equal.
    """
    problems = [f"{key} is only in the zero-shot checkpoint" for key in zero_shot if key not in fine_tuned]
    problems += [f"{key} is only in the fine-tuned checkpoint" for key in fine_tuned if key not in zero_shot]
    for key in zero_shot.keys() & fine_tuned.keys():
        problem = _difference(zero_shot[key], fine_tuned[key])
        if problem is not None:
            problems.append(f"{key} {problem}")
    if problems:
        shown = "; ".join(sorted(problems)[:8]) + (f"; and {len(problems) - 8} more" if len(problems) > 8 else "")
        raise InputError(
            f"The two checkpoints cannot be mixed: {shown}. Use two checkpoints of the same model: before and after "
            f"fine-tuning."
        )


def _difference(start: Tensor, end: Tensor) -> str | None:
    """Return the reason why two tensors cannot be mixed, or None."""
    if start.shape != end.shape:
        return f"has shape {tuple(start.shape)} in the zero-shot and {tuple(end.shape)} in the fine-tuned checkpoint"
    if start.dtype != end.dtype:
        return f"has type {start.dtype} in the zero-shot and {end.dtype} in the fine-tuned checkpoint"
    if not start.is_floating_point():
        return None if torch.equal(start, end) else f"has {start.dtype} values that differ between the checkpoints"
    # The extremes of a tensor with NaN are NaN. They need no memory; isfinite() needs three times that of the tensor.
    if start.numel() and not all(extreme.isfinite() for tensor in (start, end) for extreme in tensor.aminmax()):
        return "has values that are not finite, so one of the checkpoints is damaged"
    return None
