"""The distribution of α* over bootstrap draws, as a ridge under a curve over α."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from core.evaluation.models import Model
from core.presentation.theme import ALPHA, MODEL_COLOURS, SHARE, faded, hover

_POINTS = np.linspace(0.0, 1.0, 201)
_NEAR = 0.05  # distance in α for the hover text
_LEAST = 0.01  # bandwidth, so that a single α is a narrow peak


def density(alphas: Sequence[float], shares: Sequence[float], draws: int) -> np.ndarray:
    """Return a kernel density of draws of α at 201 points from 0 to 1, with integral 1.

    Gaussian kernel with Silverman's bandwidth, reflected at 0 and 1. shares: of each α among the draws, sum 1.
    """
    at, weights = np.asarray(alphas), np.asarray(shares)
    mean = float(weights @ at)
    spread = float(np.sqrt(weights @ (at - mean) ** 2))
    width = max(_LEAST, 1.06 * spread * draws**-0.2)
    mirrored = np.concatenate([at, -at, 2 - at])
    kernels = np.exp(-0.5 * ((_POINTS[:, None] - mirrored) / width) ** 2) / (width * np.sqrt(2 * np.pi))
    return kernels @ np.tile(weights, 3)


def add_ridge(figure: go.Figure, alphas: Sequence[float], shares: Sequence[float], draws: int) -> go.Figure:
    """Draw the ridge below a curve over α, on the same axis of α, and return the figure."""
    colour = MODEL_COLOURS[Model.WISE_FT]
    near = np.abs(np.asarray(alphas) - _POINTS[:, None]) <= _NEAR + 1e-9
    figure.add_scatter(
        x=_POINTS, y=density(alphas, shares, draws), yaxis="y2", mode="lines", fill="tozeroy", fillcolor=faded(colour),
        line={"color": colour, "width": 1.5}, name="α* of bootstrap draws", showlegend=False,
        customdata=near @ np.asarray(shares),
        hovertemplate=f"within {_NEAR} of α {hover('x', ALPHA)}: {hover('customdata', SHARE)} of draws<extra></extra>",
    )  # fmt: skip
    return figure.update_layout(
        xaxis={"anchor": "y2"},
        yaxis={"domain": [0.36, 1.0]},
        yaxis2={"domain": [0.0, 0.26], "title": {"text": "α* drawn"}, "showticklabels": False, "rangemode": "tozero"},
    )
