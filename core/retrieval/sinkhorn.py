"""Balanced assignment of queries and items by Sinkhorn's scaling.

Assumption: each item belongs to one query. For the scores S [B, G] of B queries and G items, the scaling finds the plan
P = diag(u) · exp(S / T) · diag(v) in which each query has mass 1 (Sinkhorn 1964; Cuturi 2013: optimal transport with
entropy). The items receive

- B / G each if there are at least as many queries as items;
- at most 1 each if there are more items than queries: items of other queries may be among them. Then v = min(1, ·),
  the scaling for bounded marginals (Chizat et al. 2018). Only items in demand by more than one query are lowered.

Within a query, P orders the items by S + T · log v, because u is a constant of the query. As T goes to 0, the plan
becomes the best assignment. Dual Bank Sinkhorn (2025) re-ranks retrieval by the same plan; its first half-step is the
inverted softmax.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

#: Stop if no log v moves by more. On three real collections, fewer than 1 % of the ranks change afterwards.
TOLERANCE = 1e-4
#: Stop in any case. At the temperature of training, 12 iterations reach the tolerance there. At T = 0.01, 100 do not:
#: 2 to 17 % of the ranks still change, and mrr@100 by at most 0.002.
ITERATIONS = 100


@torch.inference_mode()
def log_scaling(gallery: Tensor, bank: Tensor, temperature: float, block_scores: int) -> Tensor:
    """Return log v of each item of `gallery` [G, d] among the queries `bank` [B, d]: float32 [G].

    Scores that fit in `block_scores` are computed once, others again in each iteration.
    """
    capacity = math.log(max(1.0, len(bank) / len(gallery)))
    in_memory = list(score_blocks(gallery, bank, block_scores)) if len(gallery) * len(bank) <= block_scores else None
    log_v = gallery.new_zeros(len(gallery))
    log_sums = gallery.new_full((len(bank),), -math.inf)  # of each query's row of the plan before its scaling by u
    for _, cosines in in_memory or score_blocks(gallery, bank, block_scores):
        log_sums = log_sums.logaddexp((cosines / temperature).logsumexp(dim=0))
    for _ in range(ITERATIONS):
        log_u, log_sums, moved = -log_sums, torch.full_like(log_sums, -math.inf), 0.0
        for items, cosines in in_memory or score_blocks(gallery, bank, block_scores):
            scores = cosines / temperature
            new = capacity - (scores + log_u).logsumexp(dim=1)
            if len(bank) < len(gallery):
                new.clamp_(max=0.0)
            moved = max(moved, float((new - log_v[items]).abs().max()))
            log_v[items] = new
            log_sums = log_sums.logaddexp((scores + new[:, None]).logsumexp(dim=0))
        if moved <= TOLERANCE:
            break
    return log_v


def score_blocks(gallery: Tensor, bank: Tensor, block_scores: int) -> Iterator[tuple[slice, Tensor]]:
    """Yield (rows of b items, their cosines [b, B] with the queries), at most `block_scores` at once if B is less."""
    size = max(1, block_scores // len(bank))
    for start in range(0, len(gallery), size):
        items = slice(start, start + size)
        yield items, gallery[items] @ bank.T
