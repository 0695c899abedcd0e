"""Figure for print of each article's rank in two models."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.evaluation.models import Model
from core.presentation.print_chart import ChartFigure
from core.presentation.theme import NEUTRAL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Colour and symbol of the directions.
LOOKS = {
    "improved": ("#56B4E9", "triangle-up"),
    "worsened": ("#CC79A7", "triangle-down"),
    "unchanged": (NEUTRAL, "circle"),
}
_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 50_000)


@dataclass(frozen=True)
class RankScatter:
    """Rank against rank on logarithmic axes; a point for each article.

    table: with before, after (ranks) and direction, one row for each article. shown: rows of the articles that match
    the filters; the others are small and grey. title, caption: with domain, run, split and n.
    """

    table: pd.DataFrame
    shown: np.ndarray
    before: Model
    after: Model
    title: str
    caption: str

    def draw(self, width: float) -> "Figure":
        """Draw the figure, `width` inches wide."""
        return ChartFigure(self.chart(), self.title, self.caption).draw(width)

    def chart(self) -> go.Figure:
        """Return the chart."""
        top = max(10, int(self.table[["before", "after"]].to_numpy().max()))
        is_shown = np.isin(np.arange(len(self.table)), self.shown)
        directions = self.table["direction"].to_numpy()
        figure = go.Figure()
        figure.add_scatter(
            x=[1, top],
            y=[1, top],
            mode="lines",
            line={"color": NEUTRAL, "dash": "dot"},
            showlegend=False,
            hoverinfo="skip",
        )
        if not is_shown.all():
            self._add(figure, "other articles", ~is_shown, {"color": "#D0D3D8", "symbol": "circle", "size": 5})
        for name, (colour, symbol) in LOOKS.items():
            rows = is_shown & (directions == name)
            self._add(figure, f"{name} ({rows.sum():,})", rows, {"color": colour, "symbol": symbol, "size": 8})
        ticks = [tick for tick in _TICKS if tick <= top * 1.5]
        figure.update_xaxes(title=f"rank, {self.before}", type="log", tickvals=ticks)
        figure.update_yaxes(title=f"rank, {self.after}", type="log", tickvals=ticks)
        return figure

    def _add(self, figure: go.Figure, name: str, rows: np.ndarray, marker: dict[str, object]) -> None:
        points = self.table[rows]
        figure.add_scatter(
            x=points["before"],
            y=points["after"],
            mode="markers",
            name=name,
            marker=marker | {"opacity": 0.75},
            hoverinfo="skip",
        )
