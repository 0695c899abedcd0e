"""Large batches in small memory: what backward needs is computed a second time instead of being kept.

Cached gradients (GradCache, Gao et al. 2021): the batch is embedded in chunks whose activations are dropped, the loss
of all embeddings gives each of them its gradient, and with it one chunk after the other goes forward again and
backward. PyTorch's checkpoint does that, dropout's noise included, when it is given a whole chunk.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

Embed = Callable[[np.ndarray], Tensor]


def cached_gradients(embed: Embed, size: int | None) -> Embed:
    """`embed` (rows [b] → embeddings [b, d]) with the activations of at most `size` rows in memory; None: of all.

    Same loss and gradients as `embed` has, but for rounding, with one more pass forward.
    """
    if size is None:
        return embed

    def embed_in_chunks(rows: np.ndarray) -> Tensor:
        chunks = np.array_split(rows, max(1, -(-len(rows) // size)))
        return torch.cat([checkpoint(embed, chunk, use_reentrant=False) for chunk in chunks])

    return embed_in_chunks
