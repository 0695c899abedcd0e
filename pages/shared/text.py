"""Text and numbers as all pages write them; `plain` escapes text from outside.

One convention: dates are ISO (2022-03-01); counts and ranks have a thousands separator (12,345); metrics have three
decimals; a negative number has a real minus sign (−0.012); α has the decimals it needs (0.5).
"""

import pandas as pd

from core.data.domain import Domain
from core.errors import counted as counted
from core.presentation.markdown_escaping import plain as plain
from core.presentation.wording import shorten as shorten
from core.presentation.wording import signed as signed


def period(domain: Domain) -> str:
    """Return the first and last date of the articles; without dates, the column that orders them."""
    dates = domain.articles["published_at"].dropna()
    return f"{dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}" if len(dates) else f"in order of {domain.info.split_by}"


def day(published_at: pd.Timestamp | None) -> str:
    """Return the date of publication, `2022-03-01`; "" if it is unknown."""
    return f"{published_at:%Y-%m-%d}" if pd.notna(published_at) else ""


def similarity(score: float) -> str:
    """Return a cosine with four decimals and a real minus sign."""
    return f"{score:.4f}".replace("-", "−")
