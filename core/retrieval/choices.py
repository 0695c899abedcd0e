"""How scores may be re-ranked and galleries indexed, by name: known without torch, for pages, options and files."""

from dataclasses import dataclass
from typing import Literal, get_args

Rerank = Literal["none", "dual-softmax", "csls"]
RERANKS: tuple[Rerank, ...] = get_args(Rerank)
IndexKind = Literal["flat", "ivf", "hnsw"]


@dataclass(frozen=True)
class Reranking:
    """What `core.retrieval.reranking` does. temperature: of the softmax, in units of the cosine; None without one."""

    method: Rerank = "none"
    temperature: float | None = None


#: As it is without re-ranking.
BY_COSINE = Reranking()
