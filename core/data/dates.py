"""Reading a column of dates: what a number means is decided once for the whole column, never cell by cell.

`3/4/2023` is the third of April if any cell of the column can only be day-first. Where all cells fit both orders the
column is ambiguous, which is reported together with the order that was assumed.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import pandas as pd

from core.data.date_text import OpenDate, compact_date, date_of, full_year, parse_date, plus
from core.errors import InputError, shortened

DayOrder = Literal["day first", "month first"]

_MISSING = {"", "-", "–", "nan", "nat", "none", "null", "n/a", "na", "<na>"}
_ISO = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_YEAR = re.compile(r"(?:18|19|20)\d{2}")
_EPOCH = re.compile(r"\d+(?:\.\d+)?(?:e\+?\d+)?", re.IGNORECASE)
#: Excel counts days from here; what it shows as a date, other programs often save as its number.
_EXCEL_ZERO = datetime(1899, 12, 30, tzinfo=UTC)
_EXCEL_RANGE = (32_874, 73_051)  # days: 1990 to 2100
_ENOUGH_DAYS = 10  # different numbers; a few that lie in that range may be anything
#: Seconds since 1970 that an article of this field may be from: 1990 to 2100.
_EPOCH_RANGE = (631_152_000, 4_102_444_800)


@dataclass(frozen=True)
class DateChoices:
    """What the user says of a date column. day_order: None to find out; date_format: as for strptime, for all cells."""

    day_order: DayOrder | None = None
    date_format: str | None = None


@dataclass(frozen=True)
class DateColumn:
    """A column of dates as it was read.

    cells: the text, "" where there is none. times: datetime64[us, UTC], NaT where there is none. day_order: what the
    column's own cells, or the user, say; None where nothing depends on it. assumed: whether both orders fit every
    cell, so that the order is a guess. read_as: what numbers were taken for where that should be looked at, or "".
    """

    cells: pd.Series
    times: pd.Series
    day_order: DayOrder | None = None
    assumed: bool = False
    read_as: str = ""

    @property
    def filled(self) -> int:
        """How many cells hold something."""
        return int((self.cells != "").sum())

    @property
    def unread(self) -> tuple[str, ...]:
        """Return the different cells that hold something, and no date."""
        return tuple(shortened(cell) for cell in self.cells[self.times.isna() & (self.cells != "")].unique())

    @property
    def missing(self) -> int:
        """How many cells have no readable date."""
        return int(self.times.isna().sum())

    def only(self, rows: pd.Series) -> "DateColumn":
        """Return the column for the rows where `rows` is true, counted from 0."""
        cells, times = (column[rows.to_numpy()].reset_index(drop=True) for column in (self.cells, self.times))
        return DateColumn(cells, times, self.day_order, self.assumed, self.read_as)


def read_dates(cells: pd.Series, choices: DateChoices = DateChoices()) -> DateColumn:
    """Read a column of text cells. Times without a zone count as UTC.

    Raises InputError for a date_format that is none.
    """
    stripped = cells.fillna("").astype(str).str.strip()
    stripped = stripped.mask(stripped.str.lower().isin(_MISSING), "")
    distinct = [cell for cell in stripped.unique() if cell]
    order: DayOrder | None = None
    assumed, read_as = False, ""
    if choices.date_format is not None:
        found = _by_format(distinct, choices.date_format)
    elif distinct and all(_EPOCH.fullmatch(cell) for cell in distinct):
        found = _excel_days(distinct)
        if found:
            read_as = f"Excel's day numbers ({distinct[0]} is {found[distinct[0]]:%Y-%m-%d})"
        found = found or _numbers(distinct)
    else:
        found, order, assumed = _texts(distinct, choices.day_order)
    times = pd.to_datetime(stripped.map(found), utc=True).astype("datetime64[us, UTC]")
    return DateColumn(stripped, times, order, assumed, read_as)


def _by_format(cells: list[str], date_format: str) -> dict[str, datetime]:
    try:
        times = pd.to_datetime(pd.Series(cells, dtype=object), format=date_format, utc=True, errors="coerce")
    except (ValueError, re.error) as error:
        raise InputError(
            f"--date-format '{shortened(date_format)}' is no format of dates ({shortened(str(error))}); "
            "expected one such as %d.%m.%Y %H:%M."
        ) from None
    return {cell: time.to_pydatetime(warn=False) for cell, time in zip(cells, times, strict=True) if not pd.isna(time)}


def _excel_days(cells: list[str]) -> dict[str, datetime]:
    """Dates written as days since 1900, if there are enough different ones, all of 1990 to 2100; none else."""
    low, high = _EXCEL_RANGE
    days = {cell: float(cell) for cell in cells}
    if len(days) < _ENOUGH_DAYS or not all(low <= day < high for day in days.values()):
        return {}
    return {cell: _EXCEL_ZERO + timedelta(days=day) for cell, day in days.items()}


def _numbers(cells: list[str]) -> dict[str, datetime]:
    """Dates written as one number: 20230131, a year, or seconds, milliseconds, … since 1970; one meaning for all."""
    for read in (compact_date, _year):
        found = {cell: time for cell in cells if (time := read(cell)) is not None}
        if len(found) == len(cells):
            return found
    low, high = _EPOCH_RANGE
    for unit in (1, 10**3, 10**6, 10**9):
        found = {
            cell: datetime.fromtimestamp(seconds, UTC)
            for cell in cells
            if low <= (seconds := float(cell) / unit) < high
        }
        if found:
            return found
    return {}


def _year(cell: str) -> datetime | None:
    return date_of(int(cell), 1, 1) if _YEAR.fullmatch(cell) else None


def _texts(cells: list[str], day_order: DayOrder | None) -> tuple[dict[str, datetime], DayOrder | None, bool]:
    """Cell → date, the order of day and month that was used, and whether it was assumed."""
    found, open_cells = _iso(cells), dict[str, OpenDate]()
    for cell in cells:
        parsed = None if cell in found else parse_date(cell)
        if isinstance(parsed, OpenDate):
            open_cells[cell] = parsed
        elif parsed is not None:
            found[cell] = parsed
    if not open_cells:
        return found, None, False
    order, assumed = _order_of(open_cells.values())
    if day_order is not None:
        order, assumed = day_order, False
    for cell, date in open_cells.items():
        if (time := _in_order(date, order)) is not None:
            found[cell] = time
    return found, None if order == "year first" else order, assumed


def _in_order(date: OpenDate, order: DayOrder | Literal["year first"]) -> datetime | None:
    first, second, third = date.numbers
    if order == "year first":
        day = date_of(full_year(first), second, third)
    else:
        year = full_year(third) if date.short_year else third
        day = date_of(year, second, first) if order == "day first" else date_of(year, first, second)
    return plus(day, date.offset)


def _order_of(dates: Collection[OpenDate]) -> tuple[DayOrder | Literal["year first"], bool]:
    """Return the order that the dates have, and whether it is only assumed since both fit every one.

    Two digits come first as the year if they cannot be a day, or are above 12 in all dates, as no column of days is.
    """
    firsts, seconds = ([date.numbers[place] for date in dates] for place in (0, 1))
    short = all(date.short_year and date.separator != "." for date in dates)
    if short and (max(firsts) > 31 or (min(firsts) > 12 and len(dates) > 9)):
        return "year first", False
    if max(firsts) > 12:
        return "day first", False
    if max(seconds) > 12:
        return "month first", False
    dotted = all(date.separator == "." for date in dates)
    return "day first" if dotted else "month first", firsts != seconds


def _iso(cells: list[str]) -> dict[str, datetime]:
    """Those of the cells that are written as ISO 8601 says, read at once."""
    column = pd.Series(cells, dtype=object)
    column = column[column.str.fullmatch(_ISO)]
    times = pd.to_datetime(column, format="ISO8601", utc=True, errors="coerce").dropna()
    return dict(zip(column[times.index], times.dt.to_pydatetime() if len(times) else (), strict=True))
