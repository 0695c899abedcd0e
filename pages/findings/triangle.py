"""A triangle whose point the user drags: the weights of one model for three domains, and what it reaches in each."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from core.evaluation.models import Model
from core.findings.newsrooms import METRIC, NewsroomsFound
from core.presentation.theme import MODEL_COLOURS

_BROWSER = Path(__file__).parent / "browser"
CORNERS = 3


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    colours = f"--wise-ft:{MODEL_COLOURS[Model.WISE_FT]};--zero-shot:{MODEL_COLOURS[Model.ZERO_SHOT]}"
    return st.components.v2.component(
        "rematch_triangle",
        html=f'<div class="triangle" style="{colours}"></div>',
        css=(_BROWSER / "triangle.css").read_text(encoding="utf-8"),
        js=(_BROWSER / "triangle.js").read_text(encoding="utf-8"),
    )


def show_triangle(found: NewsroomsFound) -> None:
    """Draw the triangle of three domains with its point at the weights that are best on average; nothing for fewer."""
    if len(found.domains) == CORNERS:
        _component()(key="triangle", data=triangle_data(found))


def triangle_data(found: NewsroomsFound) -> dict[str, Any]:
    """Return what the triangle draws: points, and for each domain what each point and the other models reach."""
    return {
        "metric": METRIC,
        "points": [list(point) for point in found.points],
        "domains": [
            {
                "name": room.domain,
                "n": room.n,
                "reached": list(room.reached),
                "zeroShot": room.values[Model.ZERO_SHOT],
                "own": room.values[Model.WISE_FT],
            }
            for room in found.domains
        ],
    }
