"""Streamlit component of the Match page: a slider, and the images or articles that are first at its α (Python side).

Its browser side is in `browser`; the slider is in `pages/shared/browser`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from core.presentation.theme import MODEL_COLOURS
from pages.match.along_data import AlongData
from pages.page_files import SHARED_BROWSER, browser_text

_BROWSER = Path(__file__).parent / "browser"
_COLOURS = ";".join(f"--{model.lower()}:{colour}" for model, colour in MODEL_COLOURS.items())
#: In the order in which the browser reads them.
_SHARED = ("page_elements", "messages", "player", "field", "keyboard")
_SCRIPTS = ("scores", "cards", "panel", "present", "keys", "component")


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    return st.components.v2.component(
        "rematch_match",
        html=f'<div class="cockpit" style="{_COLOURS}"><div class="match"></div></div>',
        css=browser_text(SHARED_BROWSER, "keyboard.css", "slider.css")
        + browser_text(_BROWSER, "match.css", "present.css"),
        js=browser_text(SHARED_BROWSER, *(f"{name}.js" for name in _SHARED))
        + browser_text(_BROWSER, *(f"{name}.js" for name in _SCRIPTS)),
    )


def _nothing() -> None:
    """Do nothing: Streamlit stores a component's value only if there is a callback."""


def match_element(data: AlongData, *, callbacks: Mapping[str, Callable[[], None]], key: str) -> None:
    """Draw the slider and what is first at its α, or the presentation.

    callbacks: called when the user went to another headline of the presentation (`stepped`, {index}) or closed it
    (`left`). `st.session_state[key]` has `moved` ({alphas, settled}) and, in the callback, the message of its name.
    """
    _component()(
        key=key,
        data=data.as_data(),
        on_moved_change=_nothing,
        **{f"on_{name}_change": callback for name, callback in callbacks.items()},
    )
