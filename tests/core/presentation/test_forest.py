"""Forest plots: marks by significance, n at each row, zero in the range; ridge and titles."""

import numpy as np
import pytest

from core.analysis.bootstrap import Interval
from core.presentation.figure_titles import titled
from core.presentation.forest import ForestRow, Panel, forest_chart
from core.presentation.ridge import density

HOSTILE = "<b>x</b>"


def _row(label: str, value: float, is_significant: bool, n: int = 30) -> ForestRow:
    return ForestRow(label, "a − b", n, value, Interval(value - 0.1, value + 0.2), is_significant, 0.2)


@pytest.fixture
def chart():
    rows = [_row("first", 0.3, True), _row(HOSTILE, 0.4, False, 1234)]
    return forest_chart("f", "Gains, val, n = 40", [Panel("gain", rows), Panel("ranks", [])])


def test_filled_marks_are_significant_and_open_ones_are_not(chart) -> None:
    by_value = {trace.x[0]: trace for trace in chart.figure.data}
    assert by_value[0.3].marker.symbol == "circle"
    assert by_value[0.4].marker.symbol == "circle-open"
    assert by_value[0.3].error_x.thickness > by_value[0.4].error_x.thickness
    assert by_value[0.3].error_x.array[0] == pytest.approx(0.2)
    assert by_value[0.3].error_x.arrayminus[0] == pytest.approx(0.1)


def test_each_row_has_its_n_and_zero_is_in_the_range(chart) -> None:
    labels = chart.figure.layout.yaxis.ticktext
    assert "n = 30" in labels[0]
    assert "n = 1,234" in labels[1]
    assert HOSTILE not in labels[1]
    assert chart.figure.layout.xaxis.rangemode == "tozero"
    assert chart.figure.layout.shapes[0].x0 == 0
    assert "1 of 2" in chart.alt


def test_the_title_of_a_figure_has_n_and_split_and_is_no_markup(chart) -> None:
    title = titled(chart.figure, f"{HOSTILE}, val, n = 40").layout.title
    assert HOSTILE not in title.text
    assert title.subtitle.text == "val, n = 40"


@pytest.mark.parametrize("shares", [[1.0, 0.0, 0.0], [0.2, 0.7, 0.1], [0.0, 0.0, 1.0]])
def test_a_ridge_holds_all_draws(shares: list[float]) -> None:
    ridge = density([0.0, 0.4, 1.0], shares, 2000)
    assert np.trapezoid(ridge, dx=1 / 200) == pytest.approx(1.0, abs=0.01)
    assert ridge.argmax() == pytest.approx([0, 80, 200][int(np.argmax(shares))], abs=2)
