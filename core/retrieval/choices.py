"""Names and settings of re-ranking and indexes, without importing torch (docs/decisions/pages-without-torch.md)."""

from dataclasses import dataclass
from typing import Literal, get_args

Rerank = Literal["none", "dual-softmax", "csls", "sinkhorn"]
RERANKS: tuple[Rerank, ...] = get_args(Rerank)
#: The methods that take a softmax.
WITH_TEMPERATURE: tuple[Rerank, ...] = ("dual-softmax", "sinkhorn")
IndexKind = Literal["flat", "ivf", "hnsw"]


@dataclass(frozen=True)
class Reranking:
    """Settings of `core.retrieval.reranking`. temperature: of the softmax, in units of the cosine, or None."""

    method: Rerank = "none"
    temperature: float | None = None


#: No re-ranking.
BY_COSINE = Reranking()
