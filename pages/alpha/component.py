"""Streamlit component for the α slider, the list and the images (Python side). Its browser side is in `browser`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from core.presentation.theme import MODEL_COLOURS
from pages.alpha.board_data import BoardData
from pages.alpha.slider_data import SliderData
from pages.page_files import SHARED_BROWSER, browser_text

_BROWSER = Path(__file__).parent / "browser"
_COLOURS = ";".join(f"--{model.lower()}:{colour}" for model, colour in MODEL_COLOURS.items())
#: In the order in which the browser reads them.
_SHARED = ("page_elements", "messages", "player", "field", "tags", "keyboard")
_SCRIPTS = ("tiles", "histogram", "slider", "list", "rank_line", "article", "keys", "component")
_STYLES = ("tiles", "board", "rank_line")


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    return st.components.v2.component(
        "rematch_alpha",
        html=f'<div class="cockpit" style="{_COLOURS}"><div class="alpha"></div><div class="board"></div></div>',
        css=browser_text(SHARED_BROWSER, "keyboard.css", "slider.css")
        + browser_text(_BROWSER, *(f"{name}.css" for name in _STYLES)),
        js=browser_text(SHARED_BROWSER, *(f"{name}.js" for name in _SHARED))
        + browser_text(_BROWSER, *(f"{name}.js" for name in _SCRIPTS)),
    )


def _nothing() -> None:
    """Do nothing: Streamlit stores a component's value only if there is a callback."""


def alpha_element(
    slider: SliderData,
    board: BoardData,
    pinned: Sequence[float] | None,
    *,
    callbacks: Mapping[str, Callable[[], None]],
    key: str,
) -> None:
    """Draw slider and board.

    pinned: the α of each slider to compare with. callbacks: called when the user chose an article (`chosen`), opened
    it (`opened`), chose another order, search or page (`listed`), a pinned α (`pinned`) or a tag (`tagged`).
    `st.session_state[key]` has `moved` ({alphas, settled}) and, in the callback, the message of its name.
    """
    _component()(
        key=key,
        data={"slider": slider.as_data(), "board": board.as_data(), "pinned": pinned},
        on_moved_change=_nothing,
        **{f"on_{name}_change": callback for name, callback in callbacks.items()},
    )
