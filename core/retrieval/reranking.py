"""Re-ranking by what all queries find together: an image that is near to any text counts for less with each.

It is transductive: the texts of all queries are looked at, though never which image is whose. Both ways take from
a cosine half of how near the item lies to the queries, r(g), and differ only in what they call near:

- csls: the mean cosine with its 10 nearest queries (Conneau et al. 2018, equation 3).
- dual-softmax: T · log Σ exp(cos / T) over the queries. The product of the two softmaxes at temperature T, over the
  gallery and over the queries (Cheng et al. 2021; Smith et al. 2017 take the second alone), orders a query's
  candidates as cos − r(g) / 2 does: T / 2 times its logarithm is that, but for what all of them share.

So a re-ranked score is a product of two vectors with one number more each. Whatever ranks, lists or indexes takes
them as it takes embeddings, and ranks and lists agree to the last digit as ever.
"""

import torch
from torch import Tensor

from core.retrieval.choices import Reranking
from core.retrieval.ranking import BLOCK_SCORES, ITEM, QUERY, check_finite

#: k of CSLS; its authors found 5, 10 and 50 alike.
NEIGHBOURS = 10


def reranked(queries: Tensor, gallery: Tensor, how: Reranking) -> tuple[Tensor, Tensor]:
    """Queries and gallery whose products are the scores re-ranked by these very queries; as they were for `none`.

    Arguments and errors as in `as_queries` and `as_gallery`.
    """
    return as_queries(queries, how), as_gallery(gallery, queries, how)


def as_queries(queries: Tensor, how: Reranking) -> Tensor:
    """`queries` [N, d] as what `as_gallery` gives is to be multiplied with: [N, d + 1]; as they were for `none`."""
    return queries if how.method == "none" else torch.cat([queries, queries.new_ones(len(queries), 1)], dim=1)


@torch.inference_mode()
def as_gallery(gallery: Tensor, bank: Tensor, how: Reranking, block_scores: int = BLOCK_SCORES) -> Tensor:
    """`gallery` [G, d] with −r(g) / 2 as one number more: [G, d + 1]; as it was for `none`.

    gallery: float32, of length one. bank: float32 [B, d], B at least 1, the queries that nearness is measured by. A
    block of items is scored at a time. Raises RematchError if an embedding is not finite.
    """
    if how.method == "none":
        return gallery
    check_finite(bank, QUERY)
    check_finite(gallery, ITEM)
    size = max(1, block_scores // len(bank))
    near = [_nearness(gallery[start : start + size] @ bank.T, how) for start in range(0, len(gallery), size)]
    return torch.cat([gallery, -torch.cat(near)[:, None] / 2], dim=1)


def _nearness(scores: Tensor, how: Reranking) -> Tensor:
    """r of each item, [b], from its scores with the queries [b, B]."""
    if how.method == "csls":
        return scores.topk(min(NEIGHBOURS, scores.shape[1]), dim=1).values.mean(dim=1)
    assert how.temperature is not None
    return how.temperature * torch.logsumexp(scores / how.temperature, dim=1)
