"""Streamlit components for panels over α and for the plane of two α: Python side of what is in `browser`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from core.presentation.theme import MODEL_COLOURS
from pages.page_files import SHARED_BROWSER, browser_text

_BROWSER = Path(__file__).parent / "browser"
_COLOURS = ";".join(f"--{model.lower()}:{colour}" for model, colour in MODEL_COLOURS.items())


@st.cache_resource(show_spinner=False)
def _curves() -> Callable[..., Any]:
    return _component("curves", "curves.css", "panel.js", "readout.js", "component.js")


@st.cache_resource(show_spinner=False)
def _plane() -> Callable[..., Any]:
    return _component("plane", "plane.css", "heat_map.js", "plane_side.js", "plane.js")


def _component(name: str, style: str, *scripts: str) -> Callable[..., Any]:
    return st.components.v2.component(
        f"rematch_{name}",
        html=f'<div class="{name}" style="{_COLOURS}"></div>',
        css=browser_text(_BROWSER, "moved.css", style),
        js=browser_text(SHARED_BROWSER, "page_elements.js") + browser_text(_BROWSER, "moved.js", *scripts),
    )


def _nothing() -> None:
    """Do nothing: Streamlit stores a component's value only if there is a callback."""


def curves_element(data: dict[str, Any], key: str) -> None:
    """Draw the panels. `st.session_state[key]` has `moved` ({alphas, settled}) after the user set α."""
    _curves()(key=key, data=data, on_moved_change=_nothing)


def plane_element(data: dict[str, Any], key: str) -> None:
    """Draw the plane. `st.session_state[key]` has `moved` ({alphas, settled}) after the user set both α."""
    _plane()(key=key, data=data, on_moved_change=_nothing)
