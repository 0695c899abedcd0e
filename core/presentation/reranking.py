"""Whether scores were re-ranked, in the words that stand beside every number they gave."""

from core.retrieval.choices import BY_COSINE, Reranking


def reranked_by(how: Reranking) -> str:
    """`, re-ranked by csls`, to follow a run's name or α; nothing where scores are plain cosines."""
    return "" if how == BY_COSINE else f", re-ranked by {how.method}"


def reranking_notes(how: Reranking) -> list[str]:
    """What re-ranking has looked at, in a sentence; none where scores are plain cosines."""
    if how == BY_COSINE:
        return []
    return [
        f"re-ranking by {how.method} is transductive: each score was corrected by the texts of all articles of the "
        f"split together, though never by which image is whose."
    ]
