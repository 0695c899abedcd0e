"""Re-ranking that corrects hubs: an image that is near to many texts scores lower for each of them.

It is transductive: it uses the texts of all queries, but never their ground truth. Each method subtracts from a cosine
half of r(g), the item's nearness to the queries. `NEARNESS` has the definitions of r:

- csls: the mean cosine with its 10 nearest queries (Conneau et al. 2018, equation 3).
- dual-softmax: T · log Σ exp(cos / T) over the queries. Candidates are ordered by the product of two softmaxes at
  temperature T, over the gallery and over the queries, as in LoFTR (Sun et al. 2021, equation 2): T / 2 times its
  logarithm equals cos − r(g) / 2 up to a constant of the query. Cheng et al. 2021, who use the name for retrieval,
  multiply the cosine by the softmax over the queries instead, which orders candidates differently. Theirs is no
  product of two vectors, so it is not offered.

Thus a re-ranked score is the product of two vectors with one more component each. Ranking, lists and indexes treat
them as embeddings, and ranks and lists still agree to the last digit.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from core.retrieval.choices import Rerank, Reranking
from core.retrieval.ranking import BLOCK_SCORES, ITEM, QUERY, check_finite

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
    size = max(1, block_scores // len(bank))
    nearness = NEARNESS[how.method]
    near = [nearness(gallery[start : start + size] @ bank.T, how) for start in range(0, len(gallery), size)]
    return torch.cat([gallery, -torch.cat(near)[:, None] / 2], dim=1)


def _csls(scores: Tensor, how: Reranking) -> Tensor:
    return scores.topk(min(NEIGHBOURS, scores.shape[1]), dim=1).values.mean(dim=1)


def _dual_softmax(scores: Tensor, how: Reranking) -> Tensor:
    assert how.temperature is not None
    return how.temperature * torch.logsumexp(scores / how.temperature, dim=1)


#: Method → r of each item, [b], from its scores with the queries, [b, B].
NEARNESS: dict[Rerank, Callable[[Tensor, Reranking], Tensor]] = {"csls": _csls, "dual-softmax": _dual_softmax}
