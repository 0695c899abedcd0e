"""Dates: what a number means is decided once per column, and what is none is named."""

from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.data.dates import DateChoices, DayOrder, read_dates
from core.errors import InputError


def read(*cells: object, order: DayOrder | None = None, date_format: str | None = None):
    return read_dates(pd.Series(list(cells), dtype=object), DateChoices(order, date_format))


def moments(*cells: object, **how) -> list[str]:
    return [f"{time:%Y-%m-%d %H:%M}" if not pd.isna(time) else "none" for time in read(*cells, **how).times]


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2023-01-31", "2023-01-31 00:00"),
        ("2023-01-31T08:30:00+01:00", "2023-01-31 07:30"),
        ("2023-01-31 08:30 CET", "2023-01-31 07:30"),
        ("2023-07-31 08:30 MESZ", "2023-07-31 06:30"),
        ("Tue, 31 Jan 2023 08:30:00 EST", "2023-01-31 13:30"),
        ("Tue Jan 31 08:30:00 +0000 2023", "2023-01-31 08:30"),
        ("Tue Jan 31 2023 08:30:00 GMT+0100 (Central European Standard Time)", "2023-01-31 07:30"),
        ("January 31st, 2023 8:30 PM", "2023-01-31 20:30"),
        ("Dienstag, 31. Januar 2023, 8.30 Uhr", "2023-01-31 08:30"),
        ("3. März 2023 um 10:30 Uhr", "2023-03-03 10:30"),
        ("3 mai 2023", "2023-05-03 00:00"),
        ("1. Dez. 2022", "2022-12-01 00:00"),
        ("03-Mar-23", "2023-03-03 00:00"),
        ("20230131", "2023-01-31 00:00"),
        ("20230131083000", "2023-01-31 08:30"),
        ("31.01.2023 08:30", "2023-01-31 08:30"),
        ("31.1.23", "2023-01-31 00:00"),
        ("2023/1/31", "2023-01-31 00:00"),
        ("1675153800", "2023-01-31 08:30"),
        ("1675153800000", "2023-01-31 08:30"),
        ("1675153800.0", "2023-01-31 08:30"),
        ("May 2023", "2023-05-01 00:00"),
    ],
)
def test_dates_as_feeds_newsrooms_and_tools_write_them(cell, moment):
    assert moments(cell) == [moment]


@pytest.mark.parametrize(
    "cell",
    ["now", "today", "10:30", "May", "Mai", "soon", "12", "2023-02-30", "25:00 2023-01-01", "31/31/2023", "44927"],
)
def test_what_is_no_date_is_named(cell):
    column = read("2023-01-01", cell) if cell != "44927" else read(cell)
    assert column.unread == (cell,)
    assert column.missing == 1


@pytest.mark.parametrize("cell", ["", None, " ", "nan", "NaT", "-"])
def test_a_missing_date_is_not_one_that_cannot_be_read(cell):
    column = read("2023-01-01", cell)
    assert (column.missing, column.unread, column.filled) == (1, (), 1)


DAYS = st.lists(st.dates(date(1995, 1, 1), date(2060, 1, 1)), min_size=2, max_size=8)


@given(DAYS, st.sampled_from(["%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y", "%m/%d/%Y", "%m-%d-%Y"]))
def test_one_cell_that_fits_one_order_alone_decides_for_the_column(days, form):
    day_first = form.startswith("%d")
    days.append(date(2020, 3, 28))
    column = read(*(day.strftime(form) for day in days))
    assert column.times.dt.date.tolist() == days
    assert (column.day_order, column.assumed) == ("day first" if day_first else "month first", False)


def test_a_column_that_fits_both_orders_says_so_and_can_be_told():
    cells = ("03/04/2023", "05/06/2023")
    column = read(*cells)
    assert (column.day_order, column.assumed) == ("month first", True)
    assert moments(*cells, order="day first") == ["2023-04-03 00:00", "2023-06-05 00:00"]
    assert not read(*cells, order="day first").assumed
    dotted = read("03.04.2023", "05.06.2023")
    assert (dotted.day_order, dotted.assumed, dotted.times[0].month) == ("day first", True, 4)
    assert not read("03/03/2023").assumed


def test_cells_against_the_columns_order_are_unread_not_turned_round():
    column = read("13/1/2023", "1/13/2023", "1/2/2023")
    assert column.unread == ("1/13/2023",)
    assert column.times[2].day == 1


def test_a_format_of_the_user_holds_for_every_cell():
    assert moments("31_01_2023 08", "2023-01-31", date_format="%d_%m_%Y %H") == ["2023-01-31 08:00", "none"]
    with pytest.raises(InputError, match="--date-format"):
        read("2023", date_format="%Q")


@given(
    st.lists(st.datetimes(datetime(1995, 1, 1), datetime(2090, 1, 1)), min_size=1), st.sampled_from([1, 10**3, 10**6])
)
def test_numbers_since_1970_have_one_unit(times, unit):
    seconds = [int(time.replace(tzinfo=UTC, microsecond=0).timestamp()) for time in times]
    column = read(*(str(number * unit) for number in seconds))
    assert [int(time.timestamp()) for time in column.times] == seconds


@given(st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)), min_size=10, unique_by=datetime.date))
def test_excels_day_numbers_are_days_in_their_order_and_said(times):
    times = [time.replace(second=0, microsecond=0) for time in times]
    days = [(time - datetime(1899, 12, 30)) / timedelta(days=1) for time in times]
    column = read(*(f"{day:.6f}" if day % 1 else str(int(day)) for day in days))
    assert all(
        abs(found.to_pydatetime() - time.replace(tzinfo=UTC)) < timedelta(seconds=1)
        for found, time in zip(column.times, times, strict=True)
    )
    assert "Excel" in column.read_as


@pytest.mark.parametrize("other", ["12", "99999", "2023-01-05", "x"])
def test_numbers_that_are_not_all_excels_days_are_unread(other):
    days = [str(day) for day in range(44927, 44947)]
    column = read(*days, other)
    assert column.read_as == ""
    assert set(days) <= set(column.unread)
    assert read(*days[:9]).unread == tuple(days[:9]), "too few to be sure"


def test_excels_numbers_are_those_of_excel():
    days = [str(day) for day in range(45000, 45010)]
    assert moments("44927", "44927.5", "", *days)[:3] == ["2023-01-01 00:00", "2023-01-01 12:00", "none"]


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_none(text):
    column = read(text, "2023-01-01")
    assert column.times[1] == pd.Timestamp("2023-01-01", tz="UTC")


def test_rows_keep_their_dates_where_some_are_left_out():
    column = read("2023-01-01", "x", "2023-01-03").only(pd.Series([True, False, True]))
    assert column.times.dt.day.tolist() == [1, 3]
    assert (column.unread, column.missing) == ((), 0)


def test_a_hundred_thousand_dates_take_seconds():
    start = datetime(2020, 1, 1)
    cells = pd.Series([(start + timedelta(minutes=7 * n)).strftime("%a, %d %b %Y %H:%M:%S CET") for n in range(20_000)])
    began = datetime.now(UTC)
    assert read_dates(cells).missing == 0
    assert (datetime.now(UTC) - began).total_seconds() < 10  # 0.6 s alone on one core
