"""From embeddings to ranks and best lists, exactly and without the full score matrix (DESIGN, decision 3).

Rank = 1 + candidates scored strictly higher + equal ones that come earlier in a fixed order of the gallery.
Ranks need no sort, only counting; lists need none of the whole gallery. Both read the same blocks of scores, since
the last bit of a score depends on the block it is computed in, and a list and a rank must never disagree.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from core.errors import RematchError

#: Scores held at once, 268 MB: 1,342 queries against 50,000 items, 67 against a million.
BLOCK_SCORES = 2**26
#: Names for `check_finite` where nothing is known but the row.
QUERY, ITEM = "query {}".format, "gallery item {}".format
#: Scores compared at once on a CPU, 16 MB: what is written for them stays in the processor's cache. An accelerator
#: compares whole blocks, since each of its operations costs microseconds whatever its size.
COMPARED_SCORES = 2**22


@torch.inference_mode()
def ranks_of(
    queries: Tensor, gallery: Tensor, target: np.ndarray, tie_order: np.ndarray, block_scores: int = BLOCK_SCORES
) -> np.ndarray:
    """Rank of each query's own item, int32 [N], 1 is best.

    queries: [N, d], gallery: [G, d], both of length one; scored in float32. target: int64 [N], the own item's row.
    tie_order: int64 [G], places in the fixed order. Raises RematchError if an embedding is not finite.
    """
    own_item = torch.from_numpy(target).to(queries.device)
    places = torch.from_numpy(tie_order).to(queries.device)
    ranks = torch.empty(len(queries), dtype=torch.int32, device=queries.device)
    at_once = max(1, COMPARED_SCORES // len(gallery) if queries.device.type == "cpu" else len(queries))
    for start, scores in _score_blocks(queries, gallery, block_scores):
        for offset in range(0, len(scores), at_once):
            part = scores[offset : offset + at_once]
            rows = slice(start + offset, start + offset + len(part))
            ranks[rows] = _ranks_within(part, own_item[rows], places)
    return ranks.cpu().numpy()


def ranks_of_scores(scores: np.ndarray, target: np.ndarray, tie_order: np.ndarray) -> np.ndarray:
    """Return the rank of column `target` [n] in each row of `scores` [n, G], int64 [n]; ties go by `tie_order` [G]."""
    return _ranks_within(*map(torch.from_numpy, (scores, target, tie_order))).numpy()


@torch.inference_mode()
def top_k(
    queries: Tensor, gallery: Tensor, tie_order: np.ndarray, k: int, block_scores: int = BLOCK_SCORES
) -> tuple[np.ndarray, np.ndarray]:
    """The best `k` items of each query in rank order: rows int64 [N, min(k, G)] and scores float32 of that shape.

    Arguments as in `ranks_of`, `k` at least 1; ties go by the same fixed order. Same error.
    """
    k = min(k, len(gallery))
    places = torch.from_numpy(tie_order).to(queries.device)
    rows = np.empty((len(queries), k), dtype=np.int64)
    values = np.empty((len(queries), k), dtype=np.float32)
    for start, scores in _score_blocks(queries, gallery, block_scores):
        columns, best = _best_within(scores, places, k)
        rows[start : start + len(scores)] = columns.cpu().numpy()
        values[start : start + len(scores)] = best.cpu().numpy()
    return rows, values


def check_finite(embeddings: Tensor, name: Callable[[int], str]) -> None:
    """Raise RematchError naming the first row that holds NaN or infinity: such a row has no rank.

    name: what the embedding of a row is of, as in "the image of article 'a17'".
    """
    if embeddings.sum().isfinite():  # a glance that needs no memory; the sum of a damaged row is not finite either
        return
    finite = embeddings.isfinite().all(dim=1)
    if not finite.all():
        row = int((~finite).nonzero()[0])
        raise RematchError(f"the embedding of {name(row)} is not finite; the weights or the input are damaged.")


def _score_blocks(queries: Tensor, gallery: Tensor, block_scores: int) -> Iterator[tuple[int, Tensor]]:
    """Yield (first query, its and the following queries' scores [b, G]); the next block overwrites them."""
    queries, gallery = queries.float(), gallery.float()  # scores summed in half precision would tie what differs
    size = min(len(queries), max(1, block_scores // len(gallery)))
    buffer = queries.new_empty((size, len(gallery)))
    for start in range(0, len(queries), size or 1):
        block = queries[start : start + size]
        scores = buffer[: len(block)]
        if len(block) == 1 and scores.device.type == "cpu":
            # For a single query torch uses one core, numpy all: 37 ms instead of 130 against a million.
            with np.errstate(all="ignore"):  # torch does not warn of what is not finite either
                np.dot(gallery.numpy(), block[0].numpy(), out=scores[0].numpy())
        else:
            torch.mm(block, gallery.T, out=scores)
        # What is not finite shows in every score it enters, so the gallery, large, is read again only to name it.
        if not scores.sum().isfinite():
            check_finite(queries, QUERY)
            check_finite(gallery, ITEM)
        yield start, scores


def _ranks_within(scores: Tensor, items: Tensor, places: Tensor) -> Tensor:
    """Ranks of `items` [b] among `scores` [b, G], int64 [b]."""
    own = scores.gather(1, items[:, None])
    # A CPU sums float32, exact up to 2**24 items, ten times as fast as booleans; an accelerator is bound by the bytes.
    compared = torch.empty_like(scores, dtype=None if scores.device.type == "cpu" else torch.bool)
    torch.gt(scores, own, out=compared)
    higher = compared.sum(dim=1).long()
    not_lower = torch.ge(scores, own, out=compared).sum(dim=1).long()
    ranks = 1 + higher
    # Few queries have another item at the own one's score; only these need the fixed order.
    tied = (not_lower - higher > 1).nonzero()[:, 0]
    if len(tied):
        before = (scores[tied] == own[tied]) & (places < places[items[tied]][:, None])
        ranks[tied] += before.sum(dim=1)
    return ranks


def _best_within(scores: Tensor, places: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Columns int64 [b, k] and values [b, k] of the best `k` of `scores` [b, G] in rank order."""
    one_more = min(k + 1, scores.shape[1])
    values, columns = scores.topk(one_more, dim=1)  # equal scores in any order
    columns, best = _in_rank_order(columns[:, :k], values[:, :k], places)
    if one_more > k:
        # Where the first item left out scores like the last one listed, the fixed order decides which is listed.
        for row in (values[:, k - 1] == values[:, k]).nonzero()[:, 0]:
            candidates = (scores[row] >= values[row, k - 1]).nonzero()[:, 0]
            listed, _ = _in_rank_order(candidates[None], scores[row, candidates][None], places)
            columns[row] = listed[0, :k]
    return columns, best


def _in_rank_order(columns: Tensor, values: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
    """Both [b, c], sorted by value, highest first, then by place."""
    by_place = places[columns].argsort(dim=1)
    values, order = values.gather(1, by_place).sort(dim=1, descending=True, stable=True)
    return columns.gather(1, by_place).gather(1, order), values
