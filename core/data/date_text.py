"""Parser for one date in news data, with or without time of day and time zone, in English or German.

Incomplete dates (`now`, `today`, `10:30`, `May`) are rejected. An ambiguous order of day and month stays open;
`core.data.dates` decides it for the whole column.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from core.data.date_words import MONTHS, WEEKDAYS, ZONES

_TIME = re.compile(
    r"(?:\bum\s+)?(?<![\d:.])(\d{1,2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?!\d)\s*(uhr|[ap]\.?m\b\.?)?"
    r"|\.(\d{2})\s*uhr|\s*(uhr|[ap]\.?m\b\.?))"
)
_CLOCK = r":\d{2}(?:[.,]\d+)?(?:\s*[ap]\.?m\.?)?"
_OFFSET = re.compile(rf"({_CLOCK})\s*(?:utc|gmt)?\s*([+-])(\d{{1,2}})(?::?(\d{{2}}))?(?:\s*[\[(].*[\])])?$")
_ZONE = re.compile(r"(?:(?<=\d)|(?<=[\d\s(]))([a-z]{1,4})\)?$")
_LAST_YEAR = re.compile(r"(.*:\d{2}.*) (\d{4})")  # as in `Aug 27 13:08:45 +0000 2008`
_YEAR_FIRST = re.compile(r"(\d{4})([-/. ])(\d{1,2})\2(\d{1,2})\.?")
_YEAR_LAST = re.compile(r"(\d{1,2})([-/. ])\s?(\d{1,2})\2\s?(\d{4}|'?\d{2})")
_COMPACT = re.compile(r"((?:18|19|20)\d{2})(\d{2})(\d{2})(?:t?(\d{2})(\d{2})(\d{2})?)?")
_WORDS = re.compile(r"[^\W\d_]+|\d+")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b|\b(?:of|den|der|am)\b")
_CENTURY = 69  # two-digit years below belong to this century, as in Python's %y


@dataclass(frozen=True)
class OpenDate:
    """Three numbers of a date whose order is not known yet. offset: added to that day to give UTC."""

    numbers: tuple[int, int, int]
    short_year: bool
    separator: str
    offset: timedelta


def parse_date(text: str) -> datetime | OpenDate | None:
    """Return the date in UTC (the zone assumed if none is given), an OpenDate if ambiguous, or None if not a date."""
    text = " ".join(text.lower().split())
    if (compact := compact_date(text.removesuffix("z"))) is not None:
        return compact
    text, zone = _without_zone(text)
    rest = _without_time(text)
    if rest is None:
        return None
    text, time = rest
    offset = time - zone
    text = " ".join(word for word in text.split() if word.strip(".,") not in WEEKDAYS).strip(" ,;|·–")
    if (compact := compact_date(text)) is not None:
        return plus(compact, offset)
    if match := _YEAR_FIRST.fullmatch(text):
        return plus(date_of(int(match[1]), int(match[3]), int(match[4])), offset)
    if match := _YEAR_LAST.fullmatch(text):
        year = match[4].removeprefix("'")
        return OpenDate((int(match[1]), int(match[3]), int(year)), len(year) == 2, match[2], offset)
    return plus(_with_month_name(text), offset)


def compact_date(text: str) -> datetime | None:
    """Return the date of `20230131`, `202301311030` or `20230131T103000`; None for any other text."""
    digits = _COMPACT.fullmatch(text.lower())
    return date_of(*(int(part or 0) for part in digits.groups())) if digits else None


def date_of(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime | None:
    """Return that moment in UTC; None if it does not exist, such as 30 February."""
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def full_year(year: int) -> int:
    """Return the full year of a two-digit year."""
    return year + (2000 if year < _CENTURY else 1900)


def plus(date: datetime | None, offset: timedelta) -> datetime | None:
    """Return `date` shifted by `offset`; None if `date` is None or the result is out of range."""
    try:
        return None if date is None else date + offset
    except OverflowError:
        return None


def _with_month_name(text: str) -> datetime | None:
    """Parse `3. März 2023`, `March 3rd, 2023`, `2023 Mar 3`, `03-Mar-23`, or `March 2023` (its first day)."""
    text = _ORDINAL.sub(" ", text)
    if _WORDS.sub("", text).strip(" .,/'’-"):
        return None
    words = _WORDS.findall(text)
    months = [MONTHS[word] for word in words if word in MONTHS]
    numbers = [word for word in words if word.isdecimal() and word.isascii() and len(word) in (1, 2, 4)]
    if len(months) != 1 or len(numbers) + 1 != len(words) or len(numbers) > 2:
        return None
    years = [word for word in numbers if len(word) == 4]
    if len(numbers) == len(years) == 1:
        return date_of(int(years[0]), months[0], 1)
    if len(numbers) != 2 or len(years) > 1:
        return None
    if not years:
        return date_of(full_year(int(numbers[1])), months[0], int(numbers[0]))
    day = numbers[1 - numbers.index(years[0])]
    return date_of(int(years[0]), months[0], int(day))


def _without_zone(text: str) -> tuple[str, timedelta]:
    """Return the text without its time zone, and how far the zone is ahead of UTC."""
    year = ""
    if match := _LAST_YEAR.fullmatch(text):
        text, year = match[1], f" {match[2]}"
    if offset := _OFFSET.search(text):
        minutes = int(offset[3]) * 60 + int(offset[4] or 0)
        ahead = timedelta(minutes=-minutes if offset[2] == "-" else minutes)
        return text[: offset.end(1)] + year, ahead
    if (zone := _ZONE.search(text)) and zone[1] in ZONES:
        return text[: zone.start()].rstrip(" (") + year, timedelta(minutes=ZONES[zone[1]])
    return text + year, timedelta()


def _without_time(text: str) -> tuple[str, timedelta] | None:
    """Return the text without its time of day, and the time; None if the time is invalid, such as 25:00."""
    match = _TIME.search(text)
    if match is None:
        return text, timedelta()
    hour, minute, second, fraction, half, german, alone = match.groups()
    hours, minutes, seconds, half = int(hour), int(minute or german or 0), int(second or 0), half or alone or ""
    if half[:1] in ("a", "p"):
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half[0] == "p" else 0)
    if hours > 24 or minutes > 59 or seconds > 60 or (hours == 24 and (minutes or seconds)):
        return None
    before = text[: match.start()].rstrip()
    before = before[:-1] if re.search(r"\dt$", before) else before  # the T between date and time
    time = timedelta(0, seconds, int((fraction or "0")[:6].ljust(6, "0")), 0, minutes, hours)
    return f"{before} {text[match.end() :]}".strip(), time
