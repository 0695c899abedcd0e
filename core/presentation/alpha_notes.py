"""Sentences on how far α* can be trusted, and on α without ground truth."""

import pandas as pd

from core.data.domain import Domain

#: With fewer articles of val, α* varies over most of 0 to 1 from draw to draw (question `choice`).
MIN_VAL = 100
#: Days between the newest articles of val and of test after which val may no longer be like test.
MAX_DAYS = 60


def val_note(domain: Domain) -> str | None:
    """Return a sentence if val is small, or much older than the articles of test; None otherwise."""
    n, days = len(domain.labelled("val")), _days_until_test(domain)
    if n < MIN_VAL:
        reason = f"val has only {n} articles"
    elif days is not None and days > MAX_DAYS:
        reason = f"the newest article of val is {days} days older than the newest of test"
    else:
        return None
    return (
        f"α* is uncertain, because {reason}. No criterion without ground truth chose α better in our measurements; the "
        f"question label-free tests this on your articles."
    )


def label_free_note(alpha: float, best: float, split: str) -> str:
    """Return a sentence on the α of `submit --alpha label-free`."""
    return (
        f"alpha = {alpha:g} in the third file is the mean weight of DaWin over the articles of {split}, which needs no "
        f"ground truth. The sweep chose {best:g} on val. In our measurements the alpha of val was better."
    )


def _days_until_test(domain: Domain) -> int | None:
    articles = domain.articles
    newest = [articles.loc[articles["split"] == split, "published_at"].max() for split in ("val", "test")]
    return None if any(pd.isna(date) for date in newest) else int((newest[1] - newest[0]).days)
