"""Activations that stay in an accelerator's memory, for work that reads the same rows again and again.

Each epoch of a training reads every row of its split. Gathered from the memory map for each step, they would let the
accelerator wait: a step needs its rows at once and cannot begin before the one in front of it has ended.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.encoders.embedding import Activations
from core.encoders.transfer import Batch

#: Of the memory that is free before training: 16,000 images of 224 × 224 on a card of 24 GB.
MEMORY_SHARE = 0.1
_ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class ResidentActivations(Activations):
    """The rows `held` (int64, sorted) of activations, on a device: held_x [R, …] and held_tokens [R, L]."""

    held: np.ndarray
    held_x: Tensor
    held_tokens: Tensor

    def batch(self, rows: np.ndarray, device: torch.device) -> Batch:
        """Return what `Activations.batch` returns, without a copy from the CPU. Every row must be one of `held`."""
        places = torch.from_numpy(np.searchsorted(self.held, rows)).to(self.held_x.device)
        return self.trimmed(self.held_x[places], self.held_tokens[places], rows)


def resident(activations: Activations, rows: np.ndarray, device: torch.device) -> Activations:
    """Copy `rows`, int64 [n], to `device` if it is CUDA and they fit; else return `activations` as they are."""
    if device.type != "cuda":
        return activations
    held = np.unique(rows)
    needed = len(held) * (activations.x[:1].nbytes + activations.tokens[:1].nbytes)
    free, _ = torch.cuda.mem_get_info(device)
    return hold(activations, held, device) if needed <= MEMORY_SHARE * free else activations


def hold(activations: Activations, rows: np.ndarray, device: torch.device) -> ResidentActivations:
    """Copy `rows`, int64 [R], sorted and each once, to `device`."""
    return ResidentActivations(
        **vars(activations),
        held=rows,
        held_x=_copy(activations.x, rows, device),
        held_tokens=_copy(activations.tokens, rows, device),
    )


def _copy(array: np.ndarray, rows: np.ndarray, device: torch.device) -> Tensor:
    """Copy rows of an array to `device`, a part at a time: all of them may not fit into the CPU's memory."""
    parts = np.split(rows, range(_ROWS_AT_ONCE, len(rows), _ROWS_AT_ONCE))
    first = torch.from_numpy(array[parts[0]])
    copied = torch.empty((len(rows), *first.shape[1:]), dtype=first.dtype, device=device)
    for part, target in zip(parts, copied.split(_ROWS_AT_ONCE), strict=True):
        target.copy_(torch.from_numpy(array[part]))
    return copied
