"""Streamlit component for the cards and their review by keyboard (Python side). Its browser side is in `browser`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from core.presentation.theme import MODEL_COLOURS
from pages.page_files import SHARED_BROWSER, browser_text

_BROWSER = Path(__file__).parent / "browser"
_COLOURS = ";".join(f"--{model.lower()}:{colour}" for model, colour in MODEL_COLOURS.items())
#: In the order in which the browser reads them.
_SHARED = ("page_elements", "tags", "keyboard")
_SCRIPTS = ("operations", "strip", "note", "bulk", "card", "bar", "cards", "review_keys", "component")


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    return st.components.v2.component(
        "rematch_cards",
        html=f'<div class="workbench" style="{_COLOURS}"></div>',
        css=browser_text(SHARED_BROWSER, "keyboard.css") + browser_text(_BROWSER, "workbench.css"),
        js=browser_text(SHARED_BROWSER, *(f"{name}.js" for name in _SHARED))
        + browser_text(_BROWSER, *(f"{name}.js" for name in _SCRIPTS)),
    )


def cards_element(data: Mapping[str, Any], *, callbacks: Mapping[str, Callable[[], None]], key: str) -> None:
    """Draw the cards.

    data: of `Cards`, with `handled`, `notice` and `can_undo`. callbacks: called when the user chose an article
    (`chosen`), changed tags (`operated`), or opened an article on the Alpha page (`opened`); the message is in
    `st.session_state[key]`.
    """
    _component()(key=key, data=data, **{f"on_{name}_change": callback for name, callback in callbacks.items()})
