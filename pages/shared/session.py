"""Where α stands: under the hand, else as the address says it, else where it was last, else the run's own choice.

What the browser's component last said is the truth, and comes with every message it sends: a value that the server
kept and the browser were to learn of would be lost to whatever message crosses it.
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from core.workspace.runs import Run
from pages.shared.addresses import pin

ALPHA_KEYS = ("alpha", "alpha_text")  # in the address; with one α for both towers only the first
RERANK_KEY = "rerank"  # in the address of pages that ask anew
_LAST = "_last_alpha"  # (the run's folder, α) once α was moved, or came with the address


@dataclass(frozen=True)
class Position:
    """alphas: one, or the image and the text tower's. settled: False while the hand holds the slider."""

    alphas: tuple[float, ...]
    settled: bool = True


def position_of(moved: Mapping[str, Any] | None, said: Sequence[str | None], otherwise: float) -> Position:
    """From what the component says, if it is for so many α as there are in `said`, else from the address.

    moved: {alphas, settled}. said: the address' value for each α, None where it has none.
    """
    if moved is not None and len(moved["alphas"]) == len(said):
        return Position(tuple(_alpha(alpha, otherwise) for alpha in moved["alphas"]), bool(moved["settled"]))
    return Position(tuple(_alpha(alpha, otherwise) for alpha in said))


def _alpha(value: object, otherwise: float) -> float:
    try:
        alpha = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return otherwise
    return alpha if math.isfinite(alpha) and 0.0 <= alpha <= 1.0 else otherwise


def current_position(moved: Mapping[str, Any] | None, count: int, run: Run) -> Position:
    """Where the `count` α's of the page stand; where they came to rest is kept in the address and for other pages."""
    keys = ALPHA_KEYS[:count]
    position = position_of(moved, [st.query_params.get(key) for key in keys], last_alpha(run))
    if position.settled:
        moved_before = _moved_alpha(run) is not None
        if moved is not None or moved_before or not st.query_params.keys().isdisjoint(keys):
            st.session_state[_LAST] = (str(run.folder), position.alphas[0])
        for key, alpha in zip(keys, position.alphas, strict=True):
            text = f"{alpha:g}"
            if st.query_params.get(key) != text and (moved is not None or moved_before or key in st.query_params):
                st.query_params[key] = text
    return position


def input_alpha(run: Run, help: str | None = None) -> float:
    """Input α as a number; moved on another page, it is the same here, and in the address."""
    key, own, moved = ALPHA_KEYS[0], run.selected().alpha, _moved_alpha(run)
    if moved not in (None, own) and key not in st.query_params:
        pin(key, moved)

    def remember() -> None:
        st.session_state[_LAST] = (str(run.folder), st.session_state[key])

    alpha = float(
        st.number_input(
            "α of WiSE-FT", 0.0, 1.0, own, 0.01, format="%.2f", key=key, bind="query-params", on_change=remember,
            help=help,
        )
    )  # fmt: skip
    if alpha != own or moved is not None:
        st.session_state[_LAST] = (str(run.folder), alpha)
    return alpha


def last_alpha(run: Run) -> float:
    """Where α came to rest for this run in this session; the run's own choice before it moved."""
    moved = _moved_alpha(run)
    return run.selected().alpha if moved is None else moved


def _moved_alpha(run: Run) -> float | None:
    folder, alpha = st.session_state.get(_LAST, ("", None))
    return alpha if folder == str(run.folder) else None


def forget_position(run: Run | None) -> None:
    """Take α and how it was re-ranked from `run`, which is looked at from now on. For callbacks."""
    st.session_state.pop(_LAST, None)
    own = {} if run is None else {ALPHA_KEYS[0]: run.selected().alpha, RERANK_KEY: run.reranking().method}
    for key in (*ALPHA_KEYS, RERANK_KEY):
        if key in st.session_state and key in own:  # a widget's, which writes it into the address itself
            st.session_state[key] = own[key]
        with suppress(StreamlitAPIException):  # it is a widget's
            st.query_params.pop(key, None)
