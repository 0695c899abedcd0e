"""Figures of metrics over α for print: a panel for each metric of a run, or for each domain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.evaluation.alpha_selection import best_range
from core.evaluation.metrics import METRICS
from core.evaluation.models import Model
from core.presentation.curve_lines import CurveLine, CurvePanel, axis_range
from core.presentation.print_figure import WIDTHS, finish
from core.presentation.theme import MODEL_COLOURS

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL_HEIGHT = 1.45  # inches
_DASHES = {"val": "-", "test": ":", "train": "--"}
_MARKERS = ("^", "v", "<", ">", "p", "X", "*", "P")  # of the other runs; circle, square and diamond have a meaning
_GREY = "#5f6368"


@dataclass(frozen=True)
class CurveFigure:
    """A figure with a panel for each metric of one run, between other runs of its domain.

    panels: the lines of the run that is the subject first, with its bands.
    """

    panels: Sequence[CurvePanel]

    @property
    def title(self) -> str:
        """The line above the panels: domain, run, splits with n, and what the band is."""
        first, lines = self.panels[0].lines[0], self.panels[0].lines
        return f"{first.domain} · {first.run} · {_splits(first, lines)}" + (" · 95 % interval" if first.bands else "")

    @property
    def caption(self) -> str:
        """The caption, for the metadata of the file and to copy into a paper."""
        first, lines = self.panels[0].lines[0], self.panels[0].lines
        metrics = ", ".join(panel.title for panel in self.panels)
        others = sorted({line.run for line in lines} - {first.run})
        return (
            f"{metrics} over the WiSE-FT coefficient α (0: zero-shot, 1: fine-tuned) of run {first.run} on "
            f"{first.domain} ({_splits(first, lines)}), {_how(first)}.{_bands(first)} Diamond: {_chosen(first)}."
            + (f" Grey: runs {', '.join(others)}." if others else "")
        )

    def draw(self, width: float) -> "Figure":
        """Draw the figure, `width` inches wide."""
        return _draw(self.panels, self.title, width)


@dataclass(frozen=True)
class DomainsFigure:
    """A figure with a panel for each domain: one metric of one run each."""

    panels: Sequence[CurvePanel]

    @property
    def title(self) -> str:
        """The line above the panels: the metric, domains with n, and what the band is."""
        lines = [panel.lines[0] for panel in self.panels]
        of = ", ".join(f"{line.domain} n = {line.n:,}" for line in lines)
        bands = " · 95 % interval" if lines[0].bands else ""
        return f"{METRICS[self.panels[0].metric].label} · {lines[0].split} · {of}{bands}"

    @property
    def caption(self) -> str:
        """The caption, for the metadata of the file and to copy into a paper."""
        first = self.panels[0].lines[0]
        parts = "; ".join(
            f"{line.domain}: run {line.run}, {line.split}, n = {line.n:,}, {_how(line)}, {_chosen(line)}"
            for line in (panel.lines[0] for panel in self.panels)
        )
        label = METRICS[self.panels[0].metric].label
        over = f"{label} over the WiSE-FT coefficient α (0: zero-shot, 1: fine-tuned)"
        return f"{over}. {parts}.{_bands(first)} Diamond: α*."

    def draw(self, width: float) -> "Figure":
        """Draw the figure, `width` inches wide."""
        return _draw(self.panels, self.title, width)


def _splits(first: CurveLine, lines: Sequence[CurveLine]) -> str:
    return ", ".join(f"{line.split}, n = {line.n:,}" for line in lines if line.subject == first.subject)


def _how(line: CurveLine) -> str:
    return "exact step functions of α" if line.steps else f"measured at {len(line.alphas)} α"


def _bands(line: CurveLine) -> str:
    return " Band: pointwise 95 % bootstrap interval over articles." if line.bands else ""


def _chosen(line: CurveLine) -> str:
    chosen = line.selected
    return f"α* = {chosen.alpha:g}, the highest val {chosen.criterion}{best_range(chosen)}"


def _draw(panels: Sequence[CurvePanel], title: str, width: float) -> "Figure":
    from matplotlib.figure import Figure

    columns = min(len(panels), 3 if width > WIDTHS["one column"] else 2)
    rows = -(-len(panels) // columns)
    drawn = Figure(layout="constrained")
    axes = drawn.subplots(rows, columns, squeeze=False)
    legend: dict[str, Artist] = {}
    has_one_subject = len({panel.lines[0].subject for panel in panels}) == 1  # which the legend then names
    for place, panel in zip(axes.flat, panels, strict=False):
        _draw_panel(place, panel, has_one_subject)
        handles, labels = place.get_legend_handles_labels()
        legend = dict(zip(labels, handles, strict=True)) | legend
    for place in axes.flat[: len(panels) - columns]:
        place.set(xlabel="", xticklabels=[])
    for place in axes.flat[len(panels) :]:
        place.set_visible(False)
    finish(drawn, title, width, rows * _PANEL_HEIGHT, legend)
    return drawn


def _draw_panel(axes: "Axes", panel: CurvePanel, is_named: bool) -> None:
    subject = panel.lines[0].subject
    others = sorted({line.subject for line in panel.lines} - {subject})
    for line in panel.lines:
        is_subject = line.subject == subject
        colour = MODEL_COLOURS[Model.WISE_FT] if is_subject else _GREY
        style: dict[str, Any] = {"color": colour, "linestyle": _DASHES[line.split]}
        if not is_subject:
            place = others.index(line.subject)
            style |= {"marker": _MARKERS[place % len(_MARKERS)], "markersize": 2.5, "markevery": 0.2}
        if panel.metric in line.bands:
            low, high = line.bands[panel.metric]
            axes.fill_between(
                line.alphas, low, high, color=colour, alpha=0.18, linewidth=0, label=f"95 % interval, {line.split}"
            )
        about = f" ({line.difference})" if line.difference and others else ""
        label = f"{line.name}{about}" if is_named else f"{Model.WISE_FT}, {line.split}"
        axes.plot(*line.corners(panel.metric), linewidth=1.1 if is_subject else 0.7, label=label, **style)
    _draw_marks(axes, panel.lines[0], panel.metric, is_named)
    axes.set(xlim=(-0.03, 1.03), ylim=axis_range(panel.lines, panel.metric), xlabel="α", title=panel.title)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])


def _draw_marks(axes: "Axes", line: CurveLine, metric: str, is_named: bool) -> None:
    alpha = line.selected.alpha
    values = line.values[metric]
    for at, value, marker, model, label in (
        (line.alphas[0], values[0], "o", Model.ZERO_SHOT, "zero-shot (α = 0)"),
        (line.alphas[-1], values[-1], "s", Model.FINE_TUNED, "fine-tuned (α = 1)"),
        (alpha, line.value_at(metric, alpha), "D", Model.WISE_FT, f"α* = {alpha:g}" if is_named else "α*"),
    ):
        axes.plot(
            [at], [value], marker, color=MODEL_COLOURS[model], markersize=4, markeredgecolor="white",
            markeredgewidth=0.4, label=label, clip_on=False, zorder=5,
        )  # fmt: skip
