"""Activations copied to an accelerator's memory, for work that reads the same rows repeatedly.

Each epoch of a training reads every row of its split. Gathering them from the memory map for each step would keep the
accelerator waiting, because a step needs its rows at once and cannot begin before the previous step has ended.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.encoders.embedding import Activations
from core.encoders.transfer import Batch

#: Share of the memory that is free before training; 16,000 images of 224 × 224 on a card with 24 GB.
MEMORY_SHARE = 0.1
_ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class ResidentActivations(Activations):
    """Activations whose rows `held` (int64, sorted) are on a device: held_x [R, …], held_tokens [R, L]."""

    held: np.ndarray
    held_x: Tensor
    held_tokens: Tensor

    def batch(self, rows: np.ndarray, device: torch.device) -> Batch:
        """Return the batch of `rows`, all of which must be in `held`, without a copy from the CPU."""
        positions = torch.from_numpy(np.searchsorted(self.held, rows)).to(self.held_x.device)
        return self.trimmed(self.held_x[positions], self.held_tokens[positions], rows)


def make_resident(activations: Activations, rows: np.ndarray, device: torch.device) -> Activations:
    """Copy `rows`, int64 [n], to `device` if it is CUDA and they fit; else return `activations` unchanged."""
    if device.type != "cuda":
        return activations
    held = np.unique(rows)
    needed = len(held) * (activations.x[:1].nbytes + activations.tokens[:1].nbytes)
    free, _ = torch.cuda.mem_get_info(device)
    return copy_rows(activations, held, device) if needed <= MEMORY_SHARE * free else activations


def copy_rows(activations: Activations, rows: np.ndarray, device: torch.device) -> ResidentActivations:
    """Copy `rows`, int64 [R], sorted and unique, to `device`."""
    return ResidentActivations(
        **vars(activations),
        held=rows,
        held_x=_copy(activations.x, rows, device),
        held_tokens=_copy(activations.tokens, rows, device),
    )


def _copy(array: np.ndarray, rows: np.ndarray, device: torch.device) -> Tensor:
    """Copy rows of an array to `device` in parts, since all of them may not fit into the CPU's memory."""
    parts = np.split(rows, range(_ROWS_AT_ONCE, len(rows), _ROWS_AT_ONCE))
    first = torch.from_numpy(array[parts[0]])
    copied = torch.empty((len(rows), *first.shape[1:]), dtype=first.dtype, device=device)
    for part, target in zip(parts, copied.split(_ROWS_AT_ONCE), strict=True):
        target.copy_(torch.from_numpy(array[part]))
    return copied
