"""Where α stands: under the hand, else as the address says it, else where it was last, else the run's own choice.

What the browser's component last said is the truth, and comes with every message it sends: a value that the server
kept and the browser were to learn of would be lost to whatever message crosses it.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.workspace.runs import Run

ALPHA_KEYS = ("alpha", "alpha_text")  # in the address; with one α for both towers only the first
RERANK_KEY = "rerank"  # in the address of pages that ask anew
_LAST = "_last_alpha"  # (the run's folder, α), for the pages that have an α of their own


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
        for key, alpha in zip(keys, position.alphas, strict=True):
            text = f"{alpha:g}"
            if st.query_params.get(key) != text and (moved is not None or key in st.query_params):
                st.query_params[key] = text
        st.session_state[_LAST] = (str(run.folder), position.alphas[0])
    return position


def last_alpha(run: Run) -> float:
    """Where α came to rest for this run in this session; the run's own choice before it moved."""
    folder, alpha = st.session_state.get(_LAST, ("", 0.0))
    return alpha if folder == str(run.folder) else run.selected().alpha


def forget_position() -> None:
    """Another run is looked at: its α and how it was re-ranked are its own. For callbacks."""
    for key in (*ALPHA_KEYS, RERANK_KEY):
        if key in st.session_state:  # a widget's, which takes it out of the address itself
            del st.session_state[key]
        else:
            st.query_params.pop(key, None)
