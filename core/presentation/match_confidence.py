"""One sentence of plain language about how sure a match is."""

from core.analysis.match_confidence import WITHIN, Estimate

_WITHIN = {5: "five", 10: "ten"}.get(WITHIN, str(WITHIN))


def confidence_sentence(estimate: Estimate | None, by: str) -> str:
    """Return how often the right item is among the first WITHIN for queries such as this one.

    estimate: None if val has too few articles. by: kind of query.
    """
    if estimate is None:
        return "How sure this is cannot be measured: the validation set has too few articles."
    item = "article" if by == "photo" else "image"
    tenths = round(10 * estimate.share)
    share = "almost all" if tenths == 10 else "almost no" if tenths == 0 else f"{tenths} of 10"
    of = f"{estimate.hits} of {estimate.n} validation articles"
    unusual = {
        "above": " The first result stands out more than for any of them.",
        "below": " The first results are closer together than for any of them, so take this as an upper bound.",
        "within": "",
    }[estimate.where]
    condition = "" if by == "article" else f", if the archive has a right {item}"
    return f"In {share} such cases the right {item} is among the first {_WITHIN}{condition} ({of}).{unusual}"
