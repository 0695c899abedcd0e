"""The small phrases that pages share; text from outside is made safe to show by `plain`."""

from core.data.domain import Domain
from core.errors import counted as counted
from core.presentation.markdown_escaping import plain as plain
from core.presentation.wording import shorten as shorten
from core.presentation.wording import signed as signed


def period(domain: Domain) -> str:
    """From when to when, or by what the articles are in order if they have no dates."""
    dates = domain.articles["published_at"].dropna()
    return f"{dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}" if len(dates) else f"in order of {domain.info.split_by}"
