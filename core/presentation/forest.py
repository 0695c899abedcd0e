"""Forest plots: differences with their intervals, one in each row, against a line at zero.

A filled mark with a thick bar is significant after Holm's correction, an open mark with a thin bar is not. The colour
is that of a model, if the rows are about the three models.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from core.analysis.bootstrap import Interval
from core.analysis.significance import Difference
from core.evaluation.metrics import METRICS
from core.presentation.blocks import Chart
from core.presentation.theme import MODEL_COLOURS, NEUTRAL
from core.presentation.wording import between_signed, p_value, shorten, signed

#: A line of the forest, and a mark next to another one in the same line, in pixels.
_ROW, _MARK = 32, 15
_WIDTH = 26  # characters of a label; the hover text has all
_SYMBOLS = ("circle", "diamond", "square", "triangle-up")  # by series


@dataclass(frozen=True)
class ForestRow:
    """A difference of n articles. label: of its line. series: rows of several lines with one meaning, for the legend.

    p_holm: None for what is measured once, without a test. model: whose colour and symbol it has; None for neither.
    """

    label: str
    series: str
    n: int
    value: float
    interval: Interval
    is_significant: bool
    p_holm: float | None = None
    model: str | None = None


@dataclass(frozen=True)
class Panel:
    """Rows in one unit. axis: title of the axis. metric: of the number format."""

    axis: str
    rows: Sequence[ForestRow]
    metric: str = ""
    labels: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(dict.fromkeys(row.label for row in self.rows)))

    @property
    def series(self) -> tuple[str, ...]:
        """The series in the order of their first row."""
        return tuple(dict.fromkeys(row.series for row in self.rows))

    @property
    def height(self) -> int:
        """Height of the lines in pixels."""
        return len(self.labels) * max(_ROW, _MARK * len(self.series) + 6)


def row_of(difference: Difference, n: int, label: str, series: str, model: str | None = None) -> ForestRow:
    """Return a difference as a row; label and series as in `ForestRow`."""
    return ForestRow(
        label, series, n, difference.value, difference.interval, difference.is_significant, difference.p_holm, model
    )


def forest_chart(name: str, title: str, panels: Sequence[Panel]) -> Chart:
    """Return a forest plot. title: with split; panels: those with rows are drawn, one below the other."""
    panels = [panel for panel in panels if panel.rows]
    rows = [row for panel in panels for row in panel.rows]
    significant = sum(row.is_significant for row in rows)
    alt = (
        f"Forest plot: {title}. {significant} of {len(rows)} differences are significant after Holm's correction"
        + "".join(f"; {row.label}, {row.series} {signed(row.value)}" for row in rows if row.is_significant)[:400]
        + "."
    )
    height = sum(panel.height for panel in panels) + 62 * len(panels) + 80
    return Chart(name, partial(_plot, panels), alt, height, f"{title}; ● significant")


def _plot(panels: Sequence[Panel]) -> go.Figure:
    heights = [panel.height for panel in panels]
    figure = make_subplots(len(panels), 1, row_heights=heights, vertical_spacing=0.0 if len(panels) < 2 else 0.16)
    for place, panel in enumerate(panels, 1):
        _draw(figure, panel, place, is_first=place == 1)
    return figure.update_layout(legend={"itemclick": False, "itemdoubleclick": False})


def _draw(figure: go.Figure, panel: Panel, place: int, is_first: bool) -> None:
    series, many = panel.series, len(panel.series)
    lines = {label: line for line, label in enumerate(panel.labels)}
    for number, name in enumerate(series):
        for sure in (True, False):
            rows = [row for row in panel.rows if row.series == name and row.is_significant == sure]
            if not rows:
                continue
            has_entry = is_first and many > 1 and (sure or all(not row.is_significant for row in _of(panel, name)))
            figure.add_trace(_marks(rows, number, many, lines, panel.metric, sure, has_entry), place, 1)
    axes = {"row": place, "col": 1}
    figure.add_vline(x=0, line={"color": NEUTRAL, "width": 1.5}, layer="below", **axes)
    n_of = {row.label: row.n for row in panel.rows}
    labels = [f"{html.escape(shorten(label, _WIDTH))}<br><i>n = {n_of[label]:,}</i>" for label in panel.labels]
    figure.update_yaxes(
        tickvals=list(range(len(labels))), ticktext=labels, range=[len(labels) - 0.4, -0.6], automargin=True,
        showgrid=False, zeroline=False, tickfont={"size": 11}, **axes,
    )  # fmt: skip
    figure.update_xaxes(title={"text": panel.axis, "standoff": 6}, rangemode="tozero", zeroline=False, **axes)


def _of(panel: Panel, series: str) -> list[ForestRow]:
    return [row for row in panel.rows if row.series == series]


def _marks(
    rows: Sequence[ForestRow], number: int, many: int, lines: dict[str, int], metric: str, sure: bool, has_entry: bool
) -> go.Scatter:
    colour = MODEL_COLOURS.get(rows[0].model or "", NEUTRAL)
    symbol = _SYMBOLS[number % len(_SYMBOLS)]
    shift = (number - (many - 1) / 2) * 0.62 / max(many, 2)
    return go.Scatter(
        x=[row.value for row in rows], y=[lines[row.label] + shift for row in rows], mode="markers",
        name=rows[0].series, showlegend=has_entry, legendgroup=rows[0].series,
        marker={"color": colour, "size": 10 if sure else 8, "symbol": symbol if sure else f"{symbol}-open",
                "line": {"width": 1.5, "color": colour}},
        error_x={
            "type": "data", "symmetric": False, "thickness": 2.6 if sure else 1.1, "width": 0, "color": colour,
            "array": [row.interval.high - row.value for row in rows],
            "arrayminus": [row.value - row.interval.low for row in rows],
        },
        text=[_hover(row, metric) for row in rows], hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip


def _hover(row: ForestRow, metric: str) -> str:
    p = "" if row.p_holm is None else f"<br>{p_value(row.p_holm)} after Holm"
    named = f"{row.label}, {row.series}" if row.series else row.label
    unit = metric if metric in METRICS else ""
    return (
        f"{html.escape(named)}, n = {row.n:,}<br>{signed(row.value, unit)} "
        f"(95 % interval {between_signed(row.interval, unit)}){p}<br>"
        f"{'significant' if row.is_significant else 'not distinguishable'}"
    )
