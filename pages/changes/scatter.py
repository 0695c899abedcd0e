"""Chart of the ranks in two models, drawn in the browser (Python side). Its browser side is in `browser`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.evaluation.models import Model
from core.presentation.rank_scatter import LOOKS
from core.presentation.theme import NEUTRAL
from core.workspace.sweep_results import Results
from pages.changes.selection import Box, choose_points
from pages.changes.table import ARROWS, DIRECTIONS
from pages.page_files import SHARED_BROWSER, browser_text
from pages.shared import session
from pages.shared.text import counted, shorten

SCATTER = "rank_scatter"
_BROWSER = Path(__file__).parent / "browser"
_SCRIPTS = ("points", "drag", "scatter")
_OTHER = {"colour": NEUTRAL, "shape": "circle"}


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    return st.components.v2.component(
        "rematch_scatter",
        html='<div class="scatter"></div>',
        css=browser_text(_BROWSER, "scatter.css"),
        js=browser_text(SHARED_BROWSER, "page_elements.js")
        + browser_text(_BROWSER, *(f"{name}.js" for name in _SCRIPTS)),
    )


def scatter_data(
    results: Results, table: pd.DataFrame, before: Model, after: Model, shown: np.ndarray, box: Box | None
) -> dict[str, Any]:
    """Return the data for scatter.js.

    points: ranks, direction and headline of each article, as JSON that the browser reads only if it changes. shown: 1
    for each article that matches the filters, else 0. picked: the rows that are selected one by one.
    """
    directions = table["direction"].to_numpy()
    points = {
        "before": table["before"].tolist(),
        "after": table["after"].tolist(),
        "groups": [DIRECTIONS.index(direction) for direction in directions],
        "headlines": [shorten(record["title"] or record["text"], 80) for record in results.records],
        "ids": table["article_id"].tolist(),
    }
    is_shown = np.isin(np.arange(len(table)), shown)
    looks = [
        {"name": name, "count": int((is_shown & (directions == name)).sum()), "sign": ARROWS[name]}
        | dict(zip(("colour", "shape"), LOOKS[name], strict=True))
        for name in DIRECTIONS
    ]
    return {
        "points": json.dumps(points),
        "names": [before, after],
        "shown": "".join("01"[mark] for mark in is_shown.astype(int)),
        "box": None if box is None else [box.left, box.right, box.low, box.high],
        "picked": np.flatnonzero(table["article_id"].isin(session.PICKED.get())).tolist(),
        "looks": looks,
        "other": _OTHER,
        "alt": f"Ranks of {counted(len(table), 'article')}: {before} against {after}. Left and right arrow go through "
        "the articles, Enter picks one.",
    }


def show_scatter(
    results: Results, table: pd.DataFrame, before: Model, after: Model, shown: np.ndarray, box: Box | None
) -> None:
    """Draw the chart; a selection of points in it becomes a filter."""
    element = session.SessionValue[Any](SCATTER, {})
    _component()(
        key=SCATTER,
        data=scatter_data(results, table, before, after, shown, box),
        on_selected_change=lambda: choose_points(table, element.get().get("selected")),
    )
