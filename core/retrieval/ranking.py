"""Exact ranks and top-k lists from embeddings, without the full score matrix (docs/decisions/ranks-as-currency.md).

Rank = 1 + candidates with a higher score + ties that come earlier in a fixed order (docs/decisions/tie-order.md).
Ranks need only counting, no sort; lists need no sort of the whole gallery. Both use the same blocks of scores, because
the last bit of a score depends on the block it is computed in, and a list and a rank must never disagree.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from core.errors import RematchError

#: Scores in memory at once, 268 MB: 1,342 queries against 50,000 items, 67 against a million.
BLOCK_SCORES = 2**26
#: Names for `check_finite` if only the row is known.
QUERY, ITEM = "query {}".format, "gallery item {}".format
#: Scores compared at once on a CPU, 16 MB, so that the results stay in the processor's cache. An accelerator compares
#: whole blocks, because each of its operations costs microseconds whatever its size.
COMPARED_SCORES = 2**22


@torch.inference_mode()
def ranks_of(
    queries: Tensor, gallery: Tensor, target: np.ndarray, tie_order: np.ndarray, block_scores: int = BLOCK_SCORES
) -> np.ndarray:
    """Return the rank of each query's target item, int32 [N]; 1 is best.

    queries: [N, d], gallery: [G, d], both of length one; scored in float32. target: int64 [N], row of the target item.
    tie_order: int64 [G], positions in the fixed order. Raises RematchError if an embedding is not finite.
    """
    targets = torch.from_numpy(target).to(queries.device)
    positions = torch.from_numpy(tie_order).to(queries.device)
    ranks = torch.empty(len(queries), dtype=torch.int32, device=queries.device)
    at_once = max(1, COMPARED_SCORES // len(gallery) if queries.device.type == "cpu" else len(queries))
    for start, scores in _score_blocks(queries, gallery, block_scores):
        for offset in range(0, len(scores), at_once):
            part = scores[offset : offset + at_once]
            rows = slice(start + offset, start + offset + len(part))
            ranks[rows] = _ranks_within(part, targets[rows], positions)
    return ranks.cpu().numpy()


def ranks_of_scores(scores: np.ndarray, target: np.ndarray, tie_order: np.ndarray) -> np.ndarray:
    """Return the rank of column `target` [n] in each row of `scores` [n, G], int64 [n]; ties follow `tie_order` [G]."""
    return _ranks_within(*map(torch.from_numpy, (scores, target, tie_order))).numpy()


@torch.inference_mode()
def top_k(
    queries: Tensor, gallery: Tensor, tie_order: np.ndarray, k: int, block_scores: int = BLOCK_SCORES
) -> tuple[np.ndarray, np.ndarray]:
    """Return the best `k` items of each query in rank order: rows int64 [N, min(k, G)], scores float32.

    Arguments, order of ties and errors as in `ranks_of`; `k` is at least 1.
    """
    k = min(k, len(gallery))
    positions = torch.from_numpy(tie_order).to(queries.device)
    rows = np.empty((len(queries), k), dtype=np.int64)
    values = np.empty((len(queries), k), dtype=np.float32)
    for start, scores in _score_blocks(queries, gallery, block_scores):
        columns, best = _best_within(scores, positions, k)
        rows[start : start + len(scores)] = columns.cpu().numpy()
        values[start : start + len(scores)] = best.cpu().numpy()
    return rows, values


def check_finite(embeddings: Tensor, name: Callable[[int], str]) -> None:
    """Raise RematchError naming the first row with NaN or infinity, which has no rank.

    name: function from a row to its description, such as "the image of article 'a17'".
    """
    if embeddings.sum().isfinite():  # needs no memory; a row that is not finite makes the sum not finite
        return
    finite = embeddings.isfinite().all(dim=1)
    if not finite.all():
        row = int((~finite).nonzero()[0])
        raise RematchError(
            f"the embedding of {name(row)} is not finite, so it has no rank: the weights or the input are damaged. "
            f"Replace them."
        )


def _score_blocks(queries: Tensor, gallery: Tensor, block_scores: int) -> Iterator[tuple[int, Tensor]]:
    """Yield (row of the first query, scores [b, G] of b queries); the next block overwrites the scores."""
    queries, gallery = queries.float(), gallery.float()  # scores summed in half precision would create ties
    size = min(len(queries), max(1, block_scores // len(gallery)))
    buffer = queries.new_empty((size, len(gallery)))
    for start in range(0, len(queries), size or 1):
        block = queries[start : start + size]
        scores = buffer[: len(block)]
        if len(block) == 1 and scores.device.type == "cpu":
            # For a single query torch uses one core, numpy all: 37 ms instead of 130 against a million.
            with np.errstate(all="ignore"):  # as torch, which does not warn of NaN
                np.dot(gallery.numpy(), block[0].numpy(), out=scores[0].numpy())
        else:
            torch.mm(block, gallery.T, out=scores)
        # NaN and infinity reach every score, so the large gallery is read again only to name the row.
        if not scores.sum().isfinite():
            check_finite(queries, QUERY)
            check_finite(gallery, ITEM)
        yield start, scores


def _ranks_within(scores: Tensor, items: Tensor, positions: Tensor) -> Tensor:
    """Return the ranks of `items` [b] in `scores` [b, G], int64 [b]."""
    target = scores.gather(1, items[:, None])
    # A CPU sums float32, exact up to 2**24 items, ten times as fast as booleans; an accelerator is bound by the bytes.
    compared = torch.empty_like(scores, dtype=None if scores.device.type == "cpu" else torch.bool)
    torch.gt(scores, target, out=compared)
    higher = compared.sum(dim=1).long()
    not_lower = torch.ge(scores, target, out=compared).sum(dim=1).long()
    ranks = 1 + higher
    # Few queries have another item with the target's score; only these need the fixed order.
    tied = (not_lower - higher > 1).nonzero()[:, 0]
    if len(tied):
        before = (scores[tied] == target[tied]) & (positions < positions[items[tied]][:, None])
        ranks[tied] += before.sum(dim=1)
    return ranks


def _best_within(scores: Tensor, positions: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return columns int64 [b, k] and values [b, k] of the best `k` of `scores` [b, G] in rank order."""
    one_more = min(k + 1, scores.shape[1])
    values, columns = scores.topk(one_more, dim=1)  # equal scores in any order
    columns, best = _in_rank_order(columns[:, :k], values[:, :k], positions)
    if one_more > k:
        # If the first item left out has the last one's score, the fixed order decides which is listed.
        for row in (values[:, k - 1] == values[:, k]).nonzero()[:, 0]:
            candidates = (scores[row] >= values[row, k - 1]).nonzero()[:, 0]
            listed, _ = _in_rank_order(candidates[None], scores[row, candidates][None], positions)
            columns[row] = listed[0, :k]
    return columns, best


def _in_rank_order(columns: Tensor, values: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
    """Sort columns and values, [b, c] both, by value, highest first, then by position in the fixed order."""
    by_position = positions[columns].argsort(dim=1)
    values, order = values.gather(1, by_position).sort(dim=1, descending=True, stable=True)
    return columns.gather(1, by_position).gather(1, order), values
