"""Parser for a column of dates; the format is decided once for the whole column, never cell by cell.

`3/4/2023` is the third of April if any cell of the column can only be day-first. If all cells fit both orders, the
column is ambiguous; the import reports that together with the assumed order.
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
#: Excel counts days from here; other programs often save the number instead of the date that Excel shows.
_EXCEL_ZERO = datetime(1899, 12, 30, tzinfo=UTC)
_EXCEL_RANGE = (32_874, 73_051)  # days: 1990 to 2100
_ENOUGH_DAYS = 10  # different numbers; a few in that range may mean anything
#: Plausible publication times in seconds since 1970: 1990 to 2100.
_EPOCH_RANGE = (631_152_000, 4_102_444_800)


@dataclass(frozen=True)
class DateChoices:
    """The user's settings for a date column. day_order: None to detect it; date_format: as in strptime."""

    day_order: DayOrder | None = None
    date_format: str | None = None


@dataclass(frozen=True)
class DateColumn:
    """A parsed column of dates.

    cells: the text, "" if missing. times: datetime64[us, UTC], NaT if missing. day_order: as detected or given by the
    user; None if no cell depends on it. assumed: whether both orders fit every cell, so that the order is a guess.
    read_as: how numbers were interpreted, if the user should check that, else "".
    """

    cells: pd.Series
    times: pd.Series
    day_order: DayOrder | None = None
    assumed: bool = False
    read_as: str = ""

    @property
    def filled(self) -> int:
        """Number of cells that are not empty."""
        return int((self.cells != "").sum())

    @property
    def unread(self) -> tuple[str, ...]:
        """Distinct non-empty cells without a readable date."""
        return tuple(shortened(cell) for cell in self.cells[self.times.isna() & (self.cells != "")].unique())

    @property
    def missing(self) -> int:
        """Number of cells without a readable date."""
        return int(self.times.isna().sum())

    def only(self, rows: pd.Series) -> "DateColumn":
        """Return the column for the rows where `rows` is true, counted from 0."""
        cells, times = (column[rows.to_numpy()].reset_index(drop=True) for column in (self.cells, self.times))
        return DateColumn(cells, times, self.day_order, self.assumed, self.read_as)


def read_dates(cells: pd.Series, choices: DateChoices = DateChoices()) -> DateColumn:
    """Parse a column of text cells. Times without a zone are taken as UTC.

    Raises InputError for an invalid date_format.
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
            f"--date-format '{shortened(date_format)}' is not a date format ({shortened(str(error))}); "
            "use one such as %d.%m.%Y %H:%M."
        ) from None
    return {cell: time.to_pydatetime(warn=False) for cell, time in zip(cells, times, strict=True) if not pd.isna(time)}


def _excel_days(cells: list[str]) -> dict[str, datetime]:
    """Return the dates of Excel's day numbers if there are enough, all from 1990 to 2100; else an empty dict."""
    low, high = _EXCEL_RANGE
    days = {cell: float(cell) for cell in cells}
    if len(days) < _ENOUGH_DAYS or not all(low <= day < high for day in days.values()):
        return {}
    return {cell: _EXCEL_ZERO + timedelta(days=day) for cell, day in days.items()}


def _numbers(cells: list[str]) -> dict[str, datetime]:
    """Return dates written as numbers of the same kind: 20230131, years, or seconds, milliseconds, … since 1970."""
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
    """Return cell → date, the order of day and month that was used, and whether it was assumed."""
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
    """Return the order of day, month and year, and whether it is only assumed because both orders fit all dates.

    Two leading digits are the year if they cannot be a day, or if they are above 12 in all dates.
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
    """Return cell → date for the cells in ISO 8601, parsed together."""
    column = pd.Series(cells, dtype=object)
    column = column[column.str.fullmatch(_ISO)]
    times = pd.to_datetime(column, format="ISO8601", utc=True, errors="coerce").dropna()
    return dict(zip(column[times.index], times.dt.to_pydatetime() if len(times) else (), strict=True))
