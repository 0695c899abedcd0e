"""Streamlit component for the panels of metrics over α (Python side). Its browser side is in `browser`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from core.presentation.theme import MODEL_COLOURS
from pages.page_files import SHARED_BROWSER, browser_text

_BROWSER = Path(__file__).parent / "browser"
_COLOURS = ";".join(f"--{model.lower()}:{colour}" for model, colour in MODEL_COLOURS.items())


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    return st.components.v2.component(
        "rematch_curves",
        html=f'<div class="curves" style="{_COLOURS}"></div>',
        css=browser_text(_BROWSER, "curves.css"),
        js=browser_text(SHARED_BROWSER, "page_elements.js")
        + browser_text(_BROWSER, "panel.js", "readout.js", "component.js"),
    )


def _nothing() -> None:
    """Do nothing: Streamlit stores a component's value only if there is a callback."""


def curves_element(data: dict[str, Any], key: str) -> None:
    """Draw the panels. `st.session_state[key]` has `moved` ({alphas, settled}) after the user set α."""
    _component()(key=key, data=data, on_moved_change=_nothing)
