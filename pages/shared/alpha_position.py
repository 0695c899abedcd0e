"""Where α stands: under the hand, else as the address says it, else where it was last, else the run's own choice.

What the browser's component last said is the truth, and comes with every message it sends: a value that the server
kept and the browser were to learn of would be lost to whatever message crosses it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.workspace.runs import Run
from pages.shared.session import ALPHA, ALPHA_TEXT, LAST_ALPHA, RERANK, QueryParameter, parse_alpha


@dataclass(frozen=True)
class Position:
    """alphas: one, or the image and the text tower's. settled: False while the hand holds the slider."""

    alphas: tuple[float, ...]
    settled: bool = True


def position_of(moved: Mapping[str, Any] | None, address: Sequence[float | None], otherwise: float) -> Position:
    """From what the component says, if it is for so many α as there are in `address`, else from the address.

    moved: {alphas, settled}. address: its value for each α, None where it has none.
    """
    if moved is not None and len(moved["alphas"]) == len(address):
        return Position(_complete(map(parse_alpha, moved["alphas"]), otherwise), bool(moved["settled"]))
    return Position(_complete(address, otherwise))


def _complete(alphas: Iterable[float | None], otherwise: float) -> tuple[float, ...]:
    return tuple(otherwise if alpha is None else alpha for alpha in alphas)


def current_position(moved: Mapping[str, Any] | None, count: int, run: Run) -> Position:
    """Where the `count` α's of the page stand; where they came to rest is kept in the address and for other pages."""
    parameters = (ALPHA, ALPHA_TEXT)[:count]
    position = position_of(moved, [parameter.in_address() for parameter in parameters], last_alpha(run))
    if position.settled:
        moved_before = moved is not None or _moved_alpha(run) is not None
        if moved_before or any(parameter.texts() for parameter in parameters):
            LAST_ALPHA.set((str(run.folder), position.alphas[0]))
        for parameter, alpha in zip(parameters, position.alphas, strict=True):
            if moved_before or parameter.texts():
                parameter.write(alpha)
    return position


def input_alpha(run: Run, help: str | None = None) -> float:
    """Input α as a number; moved on another page, it is the same here, and in the address."""
    own, moved = run.selected().alpha, _moved_alpha(run)
    if moved not in (None, own) and not ALPHA.texts():
        ALPHA.pin(moved)

    def remember() -> None:
        LAST_ALPHA.set((str(run.folder), ALPHA.get()))

    alpha = float(
        st.number_input(
            "α of WiSE-FT", 0.0, 1.0, own, 0.01, format="%.2f", on_change=remember, help=help, **ALPHA.bound
        )
    )
    if alpha != own or moved is not None:
        LAST_ALPHA.set((str(run.folder), alpha))
    return alpha


def last_alpha(run: Run) -> float:
    """Where α came to rest for this run in this session; the run's own choice before it moved."""
    moved = _moved_alpha(run)
    return run.selected().alpha if moved is None else moved


def _moved_alpha(run: Run) -> float | None:
    folder, alpha = LAST_ALPHA.get()
    return alpha if folder == str(run.folder) else None


def forget_position(run: Run | None) -> None:
    """Take α and how it was re-ranked from `run`, which is looked at from now on. For callbacks."""
    LAST_ALPHA.reset()
    own: dict[QueryParameter[Any], Any] = {}
    if run is not None:
        own = {ALPHA: run.selected().alpha, RERANK: run.reranking().method}
    for parameter in (ALPHA, ALPHA_TEXT, RERANK):
        if parameter.get() is not None and parameter in own:  # a widget's, which writes it into the address itself
            parameter.set(own[parameter])
        parameter.write(None)
