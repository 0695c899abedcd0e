"""Charts of Plotly at print size: the same data, drawn by matplotlib.

Covers what the charts of this project use: lines, marks, error bars, bands, bars, heat maps, lines across, and panels
one below the other. A chart of anything else has no figure for print (`can_print`).
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from core.presentation.print_figure import WIDTHS, finish
from core.presentation.theme import NEUTRAL, TEMPLATE

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PIXELS_PER_INCH = 130  # so that a chart of 400 pixels is as high as a column is wide
_LETTER = 0.06  # inches of a letter of a tick, with the space between labels
_LINE, _MARK = 0.55, 0.4  # of Plotly's widths and sizes, which are for screens
_DASHES = {"dash": "--", "dot": ":", "dashdot": "-.", "longdash": (0, (8, 3))}
_MARKERS = {
    "circle": "o", "square": "s", "diamond": "D", "triangle-up": "^", "triangle-down": "v", "cross": "P", "x": "X",
    "star": "*", "pentagon": "p", "hexagon": "h", "triangle-left": "<", "triangle-right": ">",
}  # fmt: skip
_BY_NUMBER = ("circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "triangle-left",
              "triangle-right")  # fmt: skip


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
    return all(trace.type in _DRAWN for trace in chart.data)


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
            label = _words(trace.name) if has_legend and trace.name and trace.showlegend is not False else "_"
            _DRAWN[trace.type](axes, trace, label, _rgba(_first(trace, "line.color", "marker.color") or colour), starts)
    for shape in chart.layout.shapes:
        if (shape.xref or "x").split()[0] in (panel.x, "paper") and (shape.yref or "y").split()[0] in (
            panel.y,
            "paper",
        ):
            _draw_shape(axes, shape)
    _set_axis(axes, "x", chart.layout[_axis("x", panel.x)])
    _set_axis(axes, "y", chart.layout[_axis("y", panel.y)])


def _draw_scatter(axes: "Axes", trace: go.Scatter, label: str, colour: Any, starts: dict[Any, float]) -> None:
    mode = trace.mode or "lines+markers"
    x, y = _numbers(trace.x), _numbers(trace.y)
    width = (2 if trace.line.width is None else trace.line.width) * _LINE
    if trace.fill == "toself":
        axes.fill(x, y, color=_rgba(trace.fillcolor), linewidth=0, label=label)
        return
    if trace.fill == "tozeroy":
        axes.fill_between(x, y, color=_rgba(trace.fillcolor), linewidth=0)
    if "lines" in mode and width:
        axes.plot(
            x, y, color=colour, linewidth=width, linestyle=_DASHES.get(trace.line.dash or "", "-"),
            drawstyle="steps-post" if trace.line.shape == "hv" else "default",
            label=label,
        )  # fmt: skip
        label = "_"
    for bar, name in ((trace.error_x, "xerr"), (trace.error_y, "yerr")):
        if bar.array is not None:
            down = bar.array if bar.arrayminus is None else bar.arrayminus
            sizes = np.abs([_numbers(down), _numbers(bar.array)])  # an interval may exclude its value
            error: dict[str, Any] = {name: sizes}
            axes.errorbar(x, y, fmt="none", ecolor=_rgba(bar.color) if bar.color else _mark_colour(trace, colour),
                          elinewidth=(bar.thickness or 2) * _LINE, **error)  # fmt: skip
    if "markers" in mode:
        _draw_marks(axes, trace, x, y, label, colour)


def _draw_marks(axes: "Axes", trace: go.Scatter, x: np.ndarray, y: np.ndarray, label: str, colour: Any) -> None:
    mark = trace.marker
    symbols = np.broadcast_to(np.asarray("circle" if mark.symbol is None else mark.symbol), len(x))
    sizes = np.broadcast_to(np.asarray(6 if mark.size is None else mark.size, float), len(x))
    opacity = np.broadcast_to(np.asarray(1 if mark.opacity is None else mark.opacity, float), len(x))
    colours = mark.color if isinstance(mark.color, tuple | list) else [mark.color or colour] * len(x)
    edge = None if mark.line.color is None else _rgba(mark.line.color)
    if not opacity.any():  # only for hover texts
        return
    for symbol in dict.fromkeys(map(str, symbols)):
        rows = np.flatnonzero(symbols.astype(str) == symbol)
        name = _BY_NUMBER[int(symbol) % len(_BY_NUMBER)] if symbol.isdecimal() else symbol
        marker = _MARKERS.get(name.removesuffix("-open"), "o")
        faces: Any = [(*_rgba(colours[row])[:3], _rgba(colours[row])[3] * opacity[row]) for row in rows]
        axes.scatter(
            x[rows], y[rows], s=(sizes[rows] * _MARK) ** 2, marker=marker, label=label, zorder=3,
            facecolors="white" if name.endswith("-open") else faces,
            edgecolors=edge or (faces if name.endswith("-open") else "none"), linewidths=(mark.line.width or 1) * _LINE,
        )  # fmt: skip
        label = "_"


def _draw_bar(axes: "Axes", trace: go.Bar, label: str, colour: Any, starts: dict[Any, float]) -> None:
    """Draw bars, each on top of those before it at the same place."""
    is_flat = trace.orientation == "h"
    places, lengths = (trace.y, trace.x) if is_flat else (trace.x, trace.y)
    for place, length in zip(places, lengths, strict=True):
        start = starts.get(place, 0.0)
        draw = axes.barh if is_flat else axes.bar
        base: dict[str, Any] = {"left" if is_flat else "bottom": start}
        edge = None if trace.marker.line.color is None else _rgba(trace.marker.line.color)
        draw([place], [length], color=colour, edgecolor=edge, linewidth=0.4, label=label, **base)
        starts[place], label = start + float(length), "_"


def _draw_heatmap(axes: "Axes", trace: go.Heatmap, label: str, colour: Any, starts: dict[Any, float]) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    z = np.asarray(trace.z, float)
    x = _numbers(trace.x) if trace.x is not None else np.arange(z.shape[1], dtype=float)
    y = _numbers(trace.y) if trace.y is not None else np.arange(z.shape[0], dtype=float)
    scale = [(at, _rgba(value)) for at, value in trace.colorscale]
    if trace.reversescale:
        scale = [(1 - at, value) for at, value in reversed(scale)]
    colours = LinearSegmentedColormap.from_list("chart", scale)
    mesh = axes.pcolormesh(x, y, z, cmap=colours, vmin=trace.zmin, vmax=trace.zmax, shading="nearest", rasterized=True)
    assert axes.figure is not None
    bar = axes.figure.colorbar(mesh, ax=axes, pad=0.02)
    bar.set_label(_words(trace.colorbar.title.text or ""))
    bar.outline.set_linewidth(0.5)
    if trace.colorbar.tickvals is not None:
        bar.set_ticks(list(trace.colorbar.tickvals), labels=list(trace.colorbar.ticktext))


_DRAWN: dict[str, Any] = {"scatter": _draw_scatter, "bar": _draw_bar, "heatmap": _draw_heatmap}


def _draw_shape(axes: "Axes", shape: go.layout.Shape) -> None:
    """Draw a line across, a shaded area or a box."""
    dash = _DASHES.get(shape.line.dash or "", "-")
    style: dict[str, Any] = {"linewidth": (2 if shape.line.width is None else shape.line.width) * _LINE}
    behind = 0.5 if shape.layer == "below" else 2.5
    if shape.type == "rect" and "domain" in (shape.yref or ""):
        axes.axvspan(
            shape.x0, shape.x1, color=_rgba(shape.fillcolor or NEUTRAL), alpha=shape.opacity, linewidth=0, zorder=behind
        )
    elif shape.type == "rect":
        x, y = [shape.x0, shape.x1, shape.x1, shape.x0, shape.x0], [shape.y0, shape.y0, shape.y1, shape.y1, shape.y0]
        axes.plot(x, y, color=_rgba(shape.line.color or NEUTRAL), linestyle=dash, zorder=behind, **style)
    elif shape.x0 == shape.x1:
        axes.axvline(shape.x0, color=_rgba(shape.line.color or NEUTRAL), linestyle=dash, zorder=behind, **style)
    else:
        axes.axhline(shape.y0, color=_rgba(shape.line.color or NEUTRAL), linestyle=dash, zorder=behind, **style)


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
        names = [str(value) for value in axis.tickvals] if axis.ticktext is None else map(_words, axis.ticktext)
        mine.set_ticks(list(axis.tickvals), labels=list(names))
    elif axis.showticklabels is False:
        mine.set_ticks([])
    set_label(_words(axis.title.text or ""))


def _tilt(axes: "Axes", width: float) -> None:
    """Tilt the labels of the x axis if they do not fit side by side into `width` inches."""
    labels = axes.get_xticklabels()
    if sum(max(map(len, label.get_text().split("\n"))) for label in labels) * _LETTER > width:
        for label in labels:
            label.set(rotation=45, ha="right", rotation_mode="anchor")


def _visible(mark: "Artist") -> "Artist":
    """Return the mark of a legend, which is on white: white lines, which are on dark areas, as grey ones."""
    from matplotlib.lines import Line2D

    if isinstance(mark, Line2D) and mark.get_color() == _rgba("white"):
        return Line2D([], [], color=NEUTRAL, linestyle=mark.get_linestyle(), linewidth=mark.get_linewidth())
    return mark


def _first(trace: Any, *places: str) -> str | None:
    """Return the first of these properties that is one colour."""
    values = (trace[place] for place in places if place.split(".")[0] in trace)
    return next((value for value in values if isinstance(value, str)), None)


def _mark_colour(trace: go.Scatter, otherwise: Any) -> Any:
    return _rgba(trace.marker.color) if isinstance(trace.marker.color, str) else otherwise


def _rgba(colour: Any) -> tuple[float, float, float, float]:
    """Return a colour of Plotly as matplotlib's four shares."""
    from matplotlib.colors import to_rgba

    if isinstance(colour, str) and (found := re.fullmatch(r"rgba?\((.+)\)", colour)):
        red, green, blue, *opacity = map(float, found[1].split(","))
        return red / 255, green / 255, blue / 255, opacity[0] if opacity else 1.0
    return to_rgba(colour)


def _words(text: str) -> str:
    """Return a text of Plotly without its tags, which are line breaks and italics."""
    return html.unescape(re.sub(r"<[^>]+>", "", text.replace("<br>", "\n")))


def _numbers(values: Sequence[Any]) -> np.ndarray:
    """Return numbers, with NaN for none."""
    return np.asarray([np.nan if value is None else value for value in values], dtype=float)
