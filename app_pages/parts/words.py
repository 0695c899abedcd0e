"""The small phrases that pages share; text from outside is made safe to show by `plain`."""

from core.data.domain import Domain
from core.report.escaping import plain as plain


def shorten(text: str, length: int) -> str:
    """At most `length` characters on one line."""
    line = " ".join(str(text).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


def period(domain: Domain) -> str:
    """From when to when, or by what the articles are in order if they have no dates."""
    dates = domain.articles["published_at"].dropna()
    return f"{dates.min():%Y-%m-%d} to {dates.max():%Y-%m-%d}" if len(dates) else f"in order of {domain.info.split_by}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 article`, `2,000 articles`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def signed(change: float, digits: int = 3) -> str:
    """`+0.012`, `−0.012`, `±0.000`, with a real minus."""
    text = f"{abs(change):.{digits}f}"
    if float(text) == 0:
        return f"±{text}"
    return ("+" if change > 0 else "−") + text
