"""Traces of Plotly's charts, drawn by matplotlib: lines, marks, error bars, bands, bars and heat maps."""

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE, _MARK = 0.55, 0.4  # of Plotly's widths and sizes, which are for screens
DASHES = {"dash": "--", "dot": ":", "dashdot": "-.", "longdash": (0, (8, 3))}
_MARKERS = {
    "circle": "o", "square": "s", "diamond": "D", "triangle-up": "^", "triangle-down": "v", "cross": "P", "x": "X",
    "star": "*", "pentagon": "p", "hexagon": "h", "triangle-left": "<", "triangle-right": ">",
}  # fmt: skip
_BY_NUMBER = ("circle", "square", "diamond", "cross", "x", "triangle-up", "triangle-down", "triangle-left",
              "triangle-right")  # fmt: skip


def _draw_scatter(axes: "Axes", trace: go.Scatter, label: str, colour: Any, starts: dict[Any, float]) -> None:
    mode = trace.mode or "lines+markers"
    x, y = numbers(trace.x), numbers(trace.y)
    width = (2 if trace.line.width is None else trace.line.width) * LINE
    if trace.fill == "toself":
        axes.fill(x, y, color=rgba(trace.fillcolor), linewidth=0, label=label)
        return
    if trace.fill == "tozeroy":
        axes.fill_between(x, y, color=rgba(trace.fillcolor), linewidth=0)
    if "lines" in mode and width:
        axes.plot(
            x, y, color=colour, linewidth=width, linestyle=DASHES.get(trace.line.dash or "", "-"),
            drawstyle="steps-post" if trace.line.shape == "hv" else "default",
            label=label,
        )  # fmt: skip
        label = "_"
    for bar, name in ((trace.error_x, "xerr"), (trace.error_y, "yerr")):
        if bar.array is not None:
            down = bar.array if bar.arrayminus is None else bar.arrayminus
            sizes = np.abs([numbers(down), numbers(bar.array)])  # an interval may exclude its value
            error: dict[str, Any] = {name: sizes}
            axes.errorbar(x, y, fmt="none", ecolor=rgba(bar.color) if bar.color else _mark_colour(trace, colour),
                          elinewidth=(bar.thickness or 2) * LINE, **error)  # fmt: skip
    if "markers" in mode:
        _draw_marks(axes, trace, x, y, label, colour)


def _draw_marks(axes: "Axes", trace: go.Scatter, x: np.ndarray, y: np.ndarray, label: str, colour: Any) -> None:
    mark = trace.marker
    symbols = np.broadcast_to(np.asarray("circle" if mark.symbol is None else mark.symbol), len(x))
    sizes = np.broadcast_to(np.asarray(6 if mark.size is None else mark.size, float), len(x))
    opacity = np.broadcast_to(np.asarray(1 if mark.opacity is None else mark.opacity, float), len(x))
    colours = mark.color if isinstance(mark.color, tuple | list) else [mark.color or colour] * len(x)
    edge = None if mark.line.color is None else rgba(mark.line.color)
    if not opacity.any():  # only for hover texts
        return
    for symbol in dict.fromkeys(map(str, symbols)):
        rows = np.flatnonzero(symbols.astype(str) == symbol)
        name = _BY_NUMBER[int(symbol) % len(_BY_NUMBER)] if symbol.isdecimal() else symbol
        marker = _MARKERS.get(name.removesuffix("-open"), "o")
        faces: Any = [(*rgba(colours[row])[:3], rgba(colours[row])[3] * opacity[row]) for row in rows]
        axes.scatter(
            x[rows], y[rows], s=(sizes[rows] * _MARK) ** 2, marker=marker, label=label, zorder=3,
            facecolors="white" if name.endswith("-open") else faces,
            edgecolors=edge or (faces if name.endswith("-open") else "none"), linewidths=(mark.line.width or 1) * LINE,
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
        edge = None if trace.marker.line.color is None else rgba(trace.marker.line.color)
        draw([place], [length], color=colour, edgecolor=edge, linewidth=0.4, label=label, **base)
        starts[place], label = start + float(length), "_"


def _draw_heatmap(axes: "Axes", trace: go.Heatmap, label: str, colour: Any, starts: dict[Any, float]) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    z = np.asarray(trace.z, float)
    x = numbers(trace.x) if trace.x is not None else np.arange(z.shape[1], dtype=float)
    y = numbers(trace.y) if trace.y is not None else np.arange(z.shape[0], dtype=float)
    scale = [(at, rgba(value)) for at, value in trace.colorscale]
    if trace.reversescale:
        scale = [(1 - at, value) for at, value in reversed(scale)]
    colours = LinearSegmentedColormap.from_list("chart", scale)
    mesh = axes.pcolormesh(x, y, z, cmap=colours, vmin=trace.zmin, vmax=trace.zmax, shading="nearest", rasterized=True)
    assert axes.figure is not None
    bar = axes.figure.colorbar(mesh, ax=axes, pad=0.02)
    bar.set_label(words(trace.colorbar.title.text or ""))
    bar.outline.set_linewidth(0.5)
    if trace.colorbar.tickvals is not None:
        bar.set_ticks(list(trace.colorbar.tickvals), labels=list(trace.colorbar.ticktext))


DRAWN: dict[str, Any] = {"scatter": _draw_scatter, "bar": _draw_bar, "heatmap": _draw_heatmap}


def first_colour(trace: Any, *places: str) -> str | None:
    """Return the first of these properties that is one colour."""
    values = (trace[place] for place in places if place.split(".")[0] in trace)
    return next((value for value in values if isinstance(value, str)), None)


def _mark_colour(trace: go.Scatter, otherwise: Any) -> Any:
    return rgba(trace.marker.color) if isinstance(trace.marker.color, str) else otherwise


def rgba(colour: Any) -> tuple[float, float, float, float]:
    """Return a colour of Plotly as matplotlib's four shares."""
    from matplotlib.colors import to_rgba

    if isinstance(colour, str) and (found := re.fullmatch(r"rgba?\((.+)\)", colour)):
        red, green, blue, *opacity = map(float, found[1].split(","))
        return red / 255, green / 255, blue / 255, opacity[0] if opacity else 1.0
    return to_rgba(colour)


def words(text: str) -> str:
    """Return a text of Plotly without its tags, which are line breaks and italics."""
    return html.unescape(re.sub(r"<[^>]+>", "", text.replace("<br>", "\n")))


def numbers(values: Sequence[Any]) -> np.ndarray:
    """Return numbers, with NaN for none."""
    return np.asarray([np.nan if value is None else value for value in values], dtype=float)
