"""Phrases about re-ranking, shown with every number from re-ranked scores."""

from core.retrieval.choices import BY_COSINE, Reranking


def reranked_by(how: Reranking) -> str:
    """Return `, re-ranked by csls` to follow a run's name or α; empty for plain cosines."""
    return "" if how == BY_COSINE else f", re-ranked by {how.method}"


def reranking_notes(how: Reranking) -> list[str]:
    """Return a sentence on the data that re-ranking uses; none for plain cosines."""
    if how == BY_COSINE:
        return []
    return [
        f"Re-ranking by {how.method} is transductive: each score was corrected by the texts of all articles of the "
        f"split together, but never by the ground truth."
    ]
