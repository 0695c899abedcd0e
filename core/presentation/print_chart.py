"""Charts of Plotly at print size: the same data, drawn by matplotlib.

Covers what the charts of this project use: lines, marks, error bars, bands, bars, heat maps, lines across, and panels
one below the other. A chart of anything else has no figure for print (`can_print`).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from core.presentation.print_figure import WIDTHS, finish
from core.presentation.print_traces import DASHES, DRAWN, LINE, first_colour, rgba, words
from core.presentation.theme import NEUTRAL, TEMPLATE

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PIXELS_PER_INCH = 130  # so that a chart of 400 pixels is as high as a column is wide
_LETTER = 0.06  # inches of a letter of a tick, with the space between labels


@dataclass(frozen=True)
class ChartFigure:
    """A chart to print. chart: of Plotly; its own title is left out. title, caption: with domain, run, split and n."""

    chart: go.Figure
    title: str
    caption: str

    def draw(self, width: float) -> "Figure":
        """Draw the chart, `width` inches wide."""
        from matplotlib.figure import Figure

        panels = _panels(self.chart)
        drawn = Figure(layout="constrained")
        heights = [panel.height for panel in panels]
        axes = drawn.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
        for place, panel in zip(axes, panels, strict=True):
            _draw_panel(place, self.chart, panel)
            _tilt(place, width)
        legend: dict[str, Artist] = {}
        for place in axes:
            handles, labels = place.get_legend_handles_labels()
            legend = dict(zip(labels, handles, strict=True)) | legend
        legend = {label: _visible(mark) for label, mark in legend.items()}
        height = (self.chart.layout.height or 400) / _PIXELS_PER_INCH
        if self.chart.layout[_axis("y", panels[0].y)].scaleanchor is not None:  # both axes have one scale
            axes[0].set_aspect("equal")
            height = WIDTHS["one column"]
        finish(drawn, self.title, width, height, legend)
        return drawn


def can_print(chart: go.Figure) -> bool:
    """Return whether all traces are of kinds that a figure for print has."""
    return all(trace.type in DRAWN for trace in chart.data)


@dataclass(frozen=True)
class _Panel:
    """Names of the axes, such as x2 and y2, and the height as a share."""

    x: str
    y: str
    height: float


def _panels(chart: go.Figure) -> list[_Panel]:
    """Return the panels from top to bottom."""
    pairs = dict.fromkeys((trace.xaxis or "x", trace.yaxis or "y") for trace in chart.data)
    domains = {pair: chart.layout[_axis("y", pair[1])].domain or (0.0, 1.0) for pair in pairs}
    ordered = sorted(pairs, key=lambda pair: -domains[pair][0])
    return [_Panel(x, y, domains[x, y][1] - domains[x, y][0]) for x, y in ordered]


def _axis(kind: str, name: str) -> str:
    return f"{kind}axis{name[1:]}"


def _draw_panel(axes: "Axes", chart: go.Figure, panel: _Panel) -> None:
    names = [trace.name for trace in chart.data if trace.name and trace.showlegend is not False]
    has_legend = len(names) > 1 or any(trace.showlegend for trace in chart.data)
    if chart.layout.showlegend is False:
        has_legend = False
    starts: dict[Any, float] = {}
    colours = iter([*TEMPLATE.layout.colorway] * len(chart.data))
    for trace in chart.data:
        colour = next(colours)
        if (trace.xaxis or "x", trace.yaxis or "y") == (panel.x, panel.y):
            label = words(trace.name) if has_legend and trace.name and trace.showlegend is not False else "_"
            DRAWN[trace.type](
                axes, trace, label, rgba(first_colour(trace, "line.color", "marker.color") or colour), starts
            )
    for shape in chart.layout.shapes:
        if (shape.xref or "x").split()[0] in (panel.x, "paper") and (shape.yref or "y").split()[0] in (
            panel.y,
            "paper",
        ):
            _draw_shape(axes, shape)
    _set_axis(axes, "x", chart.layout[_axis("x", panel.x)])
    _set_axis(axes, "y", chart.layout[_axis("y", panel.y)])


def _draw_shape(axes: "Axes", shape: go.layout.Shape) -> None:
    """Draw a line across, a shaded area or a box."""
    dash = DASHES.get(shape.line.dash or "", "-")
    style: dict[str, Any] = {"linewidth": (2 if shape.line.width is None else shape.line.width) * LINE}
    behind = 0.5 if shape.layer == "below" else 2.5
    if shape.type == "rect" and "domain" in (shape.yref or ""):
        axes.axvspan(
            shape.x0, shape.x1, color=rgba(shape.fillcolor or NEUTRAL), alpha=shape.opacity, linewidth=0, zorder=behind
        )
    elif shape.type == "rect":
        x, y = [shape.x0, shape.x1, shape.x1, shape.x0, shape.x0], [shape.y0, shape.y0, shape.y1, shape.y1, shape.y0]
        axes.plot(x, y, color=rgba(shape.line.color or NEUTRAL), linestyle=dash, zorder=behind, **style)
    elif shape.x0 == shape.x1:
        axes.axvline(shape.x0, color=rgba(shape.line.color or NEUTRAL), linestyle=dash, zorder=behind, **style)
    else:
        axes.axhline(shape.y0, color=rgba(shape.line.color or NEUTRAL), linestyle=dash, zorder=behind, **style)


def _set_axis(axes: "Axes", kind: str, axis: Any) -> None:
    """Set scale, range, ticks and title of an axis."""
    mine = axes.xaxis if kind == "x" else axes.yaxis
    set_scale, set_range = (axes.set_xscale, axes.set_xlim) if kind == "x" else (axes.set_yscale, axes.set_ylim)
    set_label = axes.set_xlabel if kind == "x" else axes.set_ylabel
    if axis.type == "log":
        from matplotlib.ticker import NullFormatter

        set_scale("log")
        mine.set_minor_formatter(NullFormatter())
    if axis.range is not None:
        ends = [10**end for end in axis.range] if axis.type == "log" else axis.range
        set_range(*ends)
    if axis.autorange == "reversed":
        (axes.invert_xaxis if kind == "x" else axes.invert_yaxis)()
    if axis.tickvals is not None:
        names = [str(value) for value in axis.tickvals] if axis.ticktext is None else map(words, axis.ticktext)
        mine.set_ticks(list(axis.tickvals), labels=list(names))
    elif axis.showticklabels is False:
        mine.set_ticks([])
    set_label(words(axis.title.text or ""))


def _tilt(axes: "Axes", width: float) -> None:
    """Tilt the labels of the x axis if they do not fit side by side into `width` inches."""
    labels = axes.get_xticklabels()
    if sum(max(map(len, label.get_text().split("\n"))) for label in labels) * _LETTER > width:
        for label in labels:
            label.set(rotation=45, ha="right", rotation_mode="anchor")


def _visible(mark: "Artist") -> "Artist":
    """Return the mark of a legend, which is on white: white lines, which are on dark areas, as grey ones."""
    from matplotlib.lines import Line2D

    if isinstance(mark, Line2D) and mark.get_color() == rgba("white"):
        return Line2D([], [], color=NEUTRAL, linestyle=mark.get_linestyle(), linewidth=mark.get_linewidth())
    return mark
