"""Streamlit component for the α slider and the board below it (Python side)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from core.presentation.theme import MODEL_COLOURS
from pages.alpha.board_data import BoardData
from pages.alpha.slider_data import SliderData

_HERE = Path(__file__).parent
_COLOURS = ";".join(f"--{model.lower()}:{colour}" for model, colour in MODEL_COLOURS.items())


@st.cache_resource(show_spinner=False)
def _component() -> Callable[..., Any]:
    scripts = ("slider_data.js", "rank_line.js", "board_data.js", "component.js")
    return st.components.v2.component(
        "rematch_alpha",
        html=f'<div class="alpha" style="{_COLOURS}"></div>\n<div class="board" style="{_COLOURS}"></div>',
        css=(_HERE / "component.css").read_text(encoding="utf-8"),
        js="\n".join((_HERE / script).read_text(encoding="utf-8") for script in scripts),
    )


def _nothing() -> None:
    """Do nothing: Streamlit stores a component's value only if there is a callback."""


def alpha_element(
    slider: SliderData,
    board: BoardData,
    *,
    on_chosen: Callable[[], None],
    key: str,
) -> None:
    """Draw slider and board.

    `st.session_state[key]` has `moved` ({alphas, settled}) and, in the callback, `chosen` ({article}).
    """
    _component()(
        key=key,
        data={"slider": slider.as_data(), "board": board.as_data()},
        on_moved_change=_nothing,
        on_chosen_change=on_chosen,
    )
