"""Figures at print size, as PNG (300 dpi), SVG or PDF, drawn by matplotlib.

matplotlib is the optional extra `figures`. A figure carries a title line, and its caption in the metadata of the file.
"""

import textwrap
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, Protocol

from core.extras import check_extra

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.figure import Figure

FigureFormat = Literal["png", "svg", "pdf"]
#: Name of a width → inches: columns of two-column journals, such as IEEE's and ACM's.
WIDTHS = {"one column": 3.5, "two columns": 7.2}
DPI = 300
TITLE_HEIGHT = 0.35  # inches
_TITLE_LETTER, _TITLE_SIZE = 0.058, 7.5  # inches and points
_LEGEND_ROW, _LETTER, _HANDLE = 0.13, 0.045, 0.45  # inches: a row, a letter and a mark of the legend
#: Fonts that readers of PDF can search and publishers accept (Type 42); sizes for print.
_STYLE: dict[Any, Any] = {
    "font.size": 7, "axes.titlesize": _TITLE_SIZE, "axes.labelsize": 7, "xtick.labelsize": 6.5, "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5, "axes.linewidth": 0.5, "xtick.major.width": 0.5, "ytick.major.width": 0.5,
    "pdf.fonttype": 42, "svg.hashsalt": "rematch", "axes.spines.top": False, "axes.spines.right": False,
}  # fmt: skip
_one_at_a_time = Lock()  # matplotlib's settings belong to the process


class Printable(Protocol):
    """A figure that can be printed."""

    @property
    def title(self) -> str:
        """The line above the figure: what it shows, split and n."""

    @property
    def caption(self) -> str:
        """The caption, for the metadata of the file and to copy into a paper."""

    def draw(self, width: float) -> "Figure":
        """Draw the figure, `width` inches wide."""


def write_figure(figure: Printable, width: float, file_format: FigureFormat) -> bytes:
    """Return the figure, `width` inches wide, as the content of a file.

    Raises InputError if matplotlib is not installed.
    """
    check_figures()
    from matplotlib import rc_context

    with _one_at_a_time, rc_context(_STYLE), BytesIO() as file:
        figure.draw(width).savefig(file, format=file_format, dpi=DPI, metadata=_metadata(figure, file_format))
        return file.getvalue()


def check_figures() -> None:
    """Raise InputError if matplotlib is not installed."""
    check_extra("figures", "A figure for print")


def _metadata(figure: Printable, file_format: FigureFormat) -> dict[str, Any]:
    """Return title and caption under the names of the format, without a date: the same figure is the same file."""
    if file_format == "pdf":
        return {"Title": figure.title, "Subject": figure.caption, "Creator": "Rematch", "CreationDate": None}
    return {"Title": figure.title, "Description": figure.caption} | ({"Date": None} if file_format == "svg" else {})


def finish(drawn: "Figure", title: str, width: float, height: float, legend: "dict[str, Artist]") -> None:
    """Add title and legend, and set the size in inches. height: of the panels. legend: marks by their labels."""
    rows = wrapped(title, width)
    drawn.suptitle("\n".join(rows), fontsize=_TITLE_SIZE, x=0.01, ha="left")
    legend_rows = 0
    if legend:
        per_row = max(1, int(width / (_LETTER * max(map(len, legend)) + _HANDLE)))
        legend_rows = -(-len(legend) // per_row)
        drawn.legend(
            legend.values(), legend, loc="outside lower left", ncols=per_row, frameon=False, handlelength=2.4
        )  # fmt: skip
    title_height = TITLE_HEIGHT + (len(rows) - 1) * _LEGEND_ROW
    drawn.set_size_inches(width, title_height + height + legend_rows * _LEGEND_ROW)


def wrapped(title: str, width: float) -> list[str]:
    """Return the lines of a title over `width` inches."""
    return textwrap.wrap(title, int(width / _TITLE_LETTER)) or [""]
