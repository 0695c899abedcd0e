"""Re-ranking that corrects hubs: an image that is near to many texts scores lower for each of them.

It is transductive: it uses the texts of all queries, but never their ground truth. Each method subtracts from a cosine
half of r(g), the item's nearness to the queries. `NEARNESS` has the definitions of r:

- csls: the mean cosine with its 10 nearest queries (Conneau et al. 2018, equation 3).
- dual-softmax: T · log Σ exp(cos / T) over the queries. Candidates are ordered by the product of two softmaxes at
  temperature T, over the gallery and over the queries, as in LoFTR (Sun et al. 2021, equation 2): T / 2 times its
  logarithm equals cos − r(g) / 2 up to a constant of the query. Cheng et al. 2021, who use the name for retrieval,
  multiply the cosine by the softmax over the queries instead, which orders candidates differently. Theirs is no
  product of two vectors, so it is not offered.
- sinkhorn: −2 · T · log v, from the balanced assignment of queries and items (`core.retrieval.sinkhorn`). It assumes
  that each item belongs to one query.

Thus a re-ranked score is the product of two vectors with one more component each. Ranking, lists and indexes treat
them as embeddings, and ranks and lists still agree to the last digit.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from core.retrieval.choices import Rerank, Reranking
from core.retrieval.ranking import BLOCK_SCORES, ITEM, QUERY, check_finite
from core.retrieval.sinkhorn import log_scaling, score_blocks

#: k of CSLS; its authors found 5, 10 and 50 equally good.
NEIGHBOURS = 10


def reranked(queries: Tensor, gallery: Tensor, how: Reranking) -> tuple[Tensor, Tensor]:
    """Return queries and gallery whose products are the re-ranked scores; unchanged for `none`.

    Arguments and errors as in `as_queries` and `as_gallery`.
    """
    return as_queries(queries, how), as_gallery(gallery, queries, how)


def as_queries(queries: Tensor, how: Reranking) -> Tensor:
    """Return `queries` [N, d] as factors for the result of `as_gallery`: [N, d + 1]; unchanged for `none`."""
    return queries if how.method == "none" else torch.cat([queries, queries.new_ones(len(queries), 1)], dim=1)


@torch.inference_mode()
def as_gallery(gallery: Tensor, bank: Tensor, how: Reranking, block_scores: int = BLOCK_SCORES) -> Tensor:
    """Append −r(g) / 2 to each item of `gallery` [G, d]: [G, d + 1]; unchanged for `none`.

    gallery: float32, of length one. bank: float32 [B, d], B at least 1, the queries that define nearness. Items are
    scored in blocks. Raises RematchError if an embedding is not finite.
    """
    if how.method == "none":
        return gallery
    check_finite(bank, QUERY)
    check_finite(gallery, ITEM)
    near = NEARNESS[how.method](gallery, bank, how, block_scores)
    return torch.cat([gallery, -near[:, None] / 2], dim=1)


def _csls(gallery: Tensor, bank: Tensor, how: Reranking, block_scores: int) -> Tensor:
    nearest = min(NEIGHBOURS, len(bank))
    blocks = score_blocks(gallery, bank, block_scores)
    return torch.cat([scores.topk(nearest, dim=1).values.mean(dim=1) for _, scores in blocks])


def _dual_softmax(gallery: Tensor, bank: Tensor, how: Reranking, block_scores: int) -> Tensor:
    assert how.temperature is not None
    blocks = score_blocks(gallery, bank, block_scores)
    return how.temperature * torch.cat([torch.logsumexp(scores / how.temperature, dim=1) for _, scores in blocks])


def _sinkhorn(gallery: Tensor, bank: Tensor, how: Reranking, block_scores: int) -> Tensor:
    assert how.temperature is not None
    return -2 * how.temperature * log_scaling(gallery, bank, how.temperature, block_scores)


#: Method → r of each item, [G], from gallery [G, d], bank [B, d], and the number of scores in memory at once.
NEARNESS: dict[Rerank, Callable[[Tensor, Tensor, Reranking, int], Tensor]] = {
    "csls": _csls,
    "dual-softmax": _dual_softmax,
    "sinkhorn": _sinkhorn,
}
