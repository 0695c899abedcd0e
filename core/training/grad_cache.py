"""Large batches in little memory: activations are recomputed for the backward pass instead of stored.

Gradient caching (GradCache, Gao et al. 2021): the batch is embedded in chunks whose activations are dropped, the loss
over all embeddings gives each its gradient, and then each chunk runs forward again and backward. PyTorch's checkpoint
on a whole chunk does this, with the same dropout noise.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

Embed = Callable[[np.ndarray], Tensor]


def cached_gradients(embed: Embed, size: int | None) -> Embed:
    """Wrap `embed` (rows [b] → embeddings [b, d]) to store activations of at most `size` rows; None: of all.

    Loss and gradients are those of `embed` up to rounding, for one additional forward pass.
    """
    if size is None:
        return embed

    def embed_in_chunks(rows: np.ndarray) -> Tensor:
        chunks = np.array_split(rows, max(1, -(-len(rows) // size)))
        return torch.cat([checkpoint(embed, chunk, use_reentrant=False) for chunk in chunks])

    return embed_in_chunks
