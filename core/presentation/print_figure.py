"""Figures of metrics over α at print size, as PNG (300 dpi), SVG or PDF, drawn by matplotlib.

matplotlib is the optional extra `figures`. A figure carries a title line, a legend of all marks, and its caption in the
metadata of the file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from core.evaluation.alpha_selection import best_range
from core.evaluation.metrics import METRICS
from core.evaluation.models import Model
from core.extras import check_extra
from core.presentation.curve_lines import CurveLine, axis_range
from core.presentation.theme import MODEL_COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FigureFormat = Literal["png", "svg", "pdf"]
#: Name of a width → inches: columns of two-column journals, such as IEEE's and ACM's.
WIDTHS = {"one column": 3.5, "two columns": 7.2}
DPI = 300
_PANEL_HEIGHT, _TITLE_HEIGHT, _LEGEND_ROW = 1.45, 0.35, 0.13  # inches
_LETTER, _HANDLE = 0.045, 0.45  # inches: width of a letter and of a mark in the legend
_DASHES = {"val": "-", "test": ":", "train": "--"}
_MARKERS = ("^", "v", "<", ">", "p", "X", "*", "P")  # of the other runs; circle, square and diamond have a meaning
_GREY = "#5f6368"
#: Fonts that readers of PDF can search and publishers accept (Type 42); sizes for print.
_STYLE: dict[Any, Any] = {
    "font.size": 7, "axes.titlesize": 7.5, "axes.labelsize": 7, "xtick.labelsize": 6.5, "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5, "axes.linewidth": 0.5, "xtick.major.width": 0.5, "ytick.major.width": 0.5,
    "pdf.fonttype": 42, "svg.hashsalt": "rematch", "axes.spines.top": False, "axes.spines.right": False,
}  # fmt: skip
_one_at_a_time = Lock()  # matplotlib's settings belong to the process


@dataclass(frozen=True)
class PrintFigure:
    """A figure to write.

    lines: those of the run that is the subject first, with its bands. metrics: one panel each.
    """

    lines: Sequence[CurveLine]
    metrics: Sequence[str]
    width: float

    @property
    def title(self) -> str:
        """The line above the panels: domain, run, splits with n, and what the band is."""
        first = self.lines[0]
        splits = ", ".join(
            f"{line.split}, n = {line.n:,}" for line in self.lines if (line.domain, line.run) == _subject(first)
        )
        return f"{first.domain} · {first.run} · {splits}" + (" · 95 % interval" if first.bands else "")

    @property
    def caption(self) -> str:
        """The caption, for the metadata of the file and to copy into a paper."""
        first = self.lines[0]
        chosen = first.selected
        metrics = ", ".join(METRICS[metric].label for metric in self.metrics)
        others = sorted({line.run for line in self.lines} - {first.run})
        splits = ", ".join(f"{line.split}, n = {line.n:,}" for line in self.lines if line.run == first.run)
        how = "exact step functions of α" if first.steps else f"measured at {len(first.alphas)} α"
        return (
            f"{metrics} over the WiSE-FT coefficient α (0: zero-shot, 1: fine-tuned) of run {first.run} on "
            f"{first.domain} ({splits}), {how}."
            + (" Band: pointwise 95 % bootstrap interval over articles." if first.bands else "")
            + f" Diamond: α* = {chosen.alpha:g}, the highest val {chosen.criterion}{best_range(chosen)}."
            + (f" Grey: runs {', '.join(others)}." if others else "")
        )


def write_figure(figure: PrintFigure, file_format: FigureFormat) -> bytes:
    """Return the figure as the content of a file. Raises InputError if matplotlib is not installed."""
    check_figures()
    from matplotlib import rc_context

    with _one_at_a_time, rc_context(_STYLE), BytesIO() as file:
        drawn = _draw(figure)
        drawn.savefig(file, format=file_format, dpi=DPI, metadata=_metadata(figure, file_format))
        return file.getvalue()


def check_figures() -> None:
    """Raise InputError if matplotlib is not installed."""
    check_extra("figures", "A figure for print")


def _metadata(figure: PrintFigure, file_format: FigureFormat) -> dict[str, Any]:
    """Return title and caption under the names of the format, without a date: the same figure is the same file."""
    if file_format == "pdf":
        return {"Title": figure.title, "Subject": figure.caption, "Creator": "Rematch", "CreationDate": None}
    return {"Title": figure.title, "Description": figure.caption} | ({"Date": None} if file_format == "svg" else {})


def _draw(figure: PrintFigure) -> "Figure":
    from matplotlib.figure import Figure

    columns = min(len(figure.metrics), 3 if figure.width > WIDTHS["one column"] else 2)
    rows = -(-len(figure.metrics) // columns)
    drawn = Figure(layout="constrained")
    axes = drawn.subplots(rows, columns, squeeze=False)
    for panel, metric in zip(axes.flat, figure.metrics, strict=False):
        _draw_panel(panel, figure.lines, metric)
    for panel in axes.flat[: len(figure.metrics) - columns]:
        panel.set(xlabel="", xticklabels=[])
    for panel in axes.flat[len(figure.metrics) :]:
        panel.set_visible(False)
    drawn.suptitle(figure.title, fontsize=_STYLE["axes.titlesize"], x=0.01, ha="left")
    handles, labels = axes.flat[0].get_legend_handles_labels()
    per_row = max(1, int(figure.width / (_LETTER * max(map(len, labels)) + _HANDLE)))
    drawn.legend(handles, labels, loc="outside lower left", ncols=per_row, frameon=False, handlelength=2.4)
    height = _TITLE_HEIGHT + rows * _PANEL_HEIGHT - (-len(labels) // per_row) * _LEGEND_ROW
    drawn.set_size_inches(figure.width, height)
    return drawn


def _draw_panel(panel: "Axes", lines: Sequence[CurveLine], metric: str) -> None:
    subject = _subject(lines[0])
    others = sorted({(line.domain, line.run) for line in lines} - {subject})
    for line in lines:
        is_subject = (line.domain, line.run) == subject
        colour = MODEL_COLOURS[Model.WISE_FT] if is_subject else _GREY
        style: dict[str, Any] = {"color": colour, "linestyle": _DASHES[line.split]}
        if not is_subject:
            place = others.index((line.domain, line.run))
            style |= {"marker": _MARKERS[place % len(_MARKERS)], "markersize": 2.5, "markevery": 0.2}
        if metric in line.bands:
            low, high = line.bands[metric]
            panel.fill_between(
                line.alphas, low, high, color=colour, alpha=0.18, linewidth=0, label=f"95 % interval, {line.split}"
            )
        about = f" ({line.difference})" if line.difference and others else ""
        panel.plot(*line.corners(metric), linewidth=1.1 if is_subject else 0.7, label=f"{line.name}{about}", **style)
    _draw_marks(panel, lines[0], metric)
    panel.set(xlim=(-0.03, 1.03), ylim=axis_range(lines, metric), xlabel="α", title=METRICS[metric].label)
    panel.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.5", "0.75", "1"])


def _draw_marks(panel: "Axes", line: CurveLine, metric: str) -> None:
    alpha = line.selected.alpha
    values = line.values[metric]
    for at, value, marker, model, label in (
        (line.alphas[0], values[0], "o", Model.ZERO_SHOT, "zero-shot (α = 0)"),
        (line.alphas[-1], values[-1], "s", Model.FINE_TUNED, "fine-tuned (α = 1)"),
        (alpha, line.value_at(metric, alpha), "D", Model.WISE_FT, f"α* = {alpha:g}"),
    ):
        panel.plot(
            [at], [value], marker, color=MODEL_COLOURS[model], markersize=4, markeredgecolor="white",
            markeredgewidth=0.4, label=label, clip_on=False, zorder=5,
        )  # fmt: skip


def _subject(line: CurveLine) -> tuple[str, str]:
    return line.domain, line.run
