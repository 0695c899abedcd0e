"""A bar of parts: how n articles divide, in the order given."""

from collections.abc import Sequence

import plotly.graph_objects as go

from core.presentation.verdict import Part

#: Cividis from dark to light, which colour-blind readers can distinguish; not the colours of the models.
SHADES = ("#00224E", "#35456C", "#666970", "#948E77", "#C8B866", "#FDE737")


def shades(count: int) -> list[str]:
    """Return `count` colours from dark to light."""
    last = len(SHADES) - 1
    return [SHADES[round(place * last / max(count - 1, 1))] for place in range(count)]


def plot_parts(parts: Sequence[Part], axis: str) -> go.Figure:
    """Plot the parts as one stacked bar. axis: what is counted."""
    figure, n = go.Figure(), max(sum(part.n for part in parts), 1)
    for part, colour in zip(parts, shades(len(parts)), strict=True):
        figure.add_bar(
            x=[part.n], y=[""], orientation="h", name=f"{part.label}: {part.n:,} ({part.n / n:.0%})",
            marker={"color": colour, "line": {"color": "#8A8F98", "width": 1}},
            hovertemplate="%{fullData.name}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="stack", legend={"traceorder": "normal"})
    return figure.update_xaxes(title=axis, range=[0, n])
