"""From embeddings to ranks, exactly and without the full score matrix (DESIGN, decision 3).

Rank = 1 + candidates scored strictly higher + equal ones that come earlier in a fixed order of the gallery.
Ranks need no sort: one pass over blocks of queries counts them.
"""

import numpy as np
import torch
from torch import Tensor

from core.errors import RematchError

#: Rows of queries per block; 2,048 × 50,000 float32 scores are 400 MB.
BLOCK = 2048


@torch.inference_mode()
def ranks_of(
    queries: Tensor, gallery: Tensor, target: np.ndarray, tie_order: np.ndarray, block: int = BLOCK
) -> np.ndarray:
    """Rank of each query's own item, int32 [N], 1 is best.

    queries: float [N, d], gallery: float [G, d], both of length one. target: int64 [N], the own item's row.
    tie_order: int64 [G], places in the fixed order. Raises RematchError if an embedding is not finite.
    """
    check_finite(queries, "query")
    check_finite(gallery, "gallery")
    device = queries.device
    own_item = torch.from_numpy(target).to(device)
    places = torch.from_numpy(tie_order).to(device)
    ranks = torch.empty(len(queries), dtype=torch.int32, device=device)
    for start in range(0, len(queries), block):
        rows = slice(start, start + block)
        scores = queries[rows] @ gallery.T  # [b, G]
        items = own_item[rows]
        own = scores.gather(1, items[:, None])
        higher = (scores > own).sum(dim=1)
        tied_before = ((scores == own) & (places < places[items][:, None])).sum(dim=1)
        ranks[rows] = (1 + higher + tied_before).to(torch.int32)
    return ranks.cpu().numpy()


@torch.inference_mode()
def top_k(
    queries: Tensor, gallery: Tensor, tie_order: np.ndarray, k: int, block: int = BLOCK
) -> tuple[np.ndarray, np.ndarray]:
    """The best `k` items of each query in rank order: rows int64 [N, min(k, G)] and scores float32 of that shape.

    Ties go by the same fixed order as in `ranks_of`, so a list and a rank never disagree.
    """
    check_finite(queries, "query")
    check_finite(gallery, "gallery")
    k = min(k, len(gallery))
    by_place = torch.from_numpy(np.argsort(tie_order, kind="stable")).to(queries.device)
    # Same product as in ranks_of, reordered after: the last bit of a score may depend on its column.
    rows, values = [], []
    for start in range(0, len(queries), block):
        scores = (queries[start : start + block] @ gallery.T)[:, by_place]
        # With columns in tie order, a stable sort leaves equal scores in it.
        best, columns = scores.sort(dim=1, descending=True, stable=True)
        rows.append(by_place[columns[:, :k]].cpu().numpy())
        values.append(best[:, :k].cpu().numpy())
    return np.concatenate(rows), np.concatenate(values)


def check_finite(embeddings: Tensor, what: str) -> None:
    """Raise RematchError naming the first row that holds NaN or infinity: such a row has no rank."""
    finite = embeddings.isfinite().all(dim=1)
    if not finite.all():
        row = int((~finite).nonzero()[0])
        raise RematchError(f"{what} embedding {row} is not finite; the weights or the input are damaged.")
