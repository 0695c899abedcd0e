"""Whether scores were re-ranked, in the words that stand beside every number they gave."""

from core.retrieval.names import BY_COSINE, Reranking


def reranked_by(how: Reranking) -> str:
    """`, re-ranked by csls`, to follow a run's name or α; nothing where scores are plain cosines."""
    return "" if how == BY_COSINE else f", re-ranked by {how.method}"
