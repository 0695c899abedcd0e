"""The current α of a page: slider, then URL parameter, then last value of the session, then the run's α*.

The browser component is the single source of truth for α and sends its value with every message. A value stored on
the server could be overwritten by a message in flight.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from core.workspace.runs import Run
from pages.shared.help_texts import ALPHA_HELP
from pages.shared.session import ALPHA, ALPHA_TEXT, LAST_ALPHAS, PINNED, RERANK, QueryParameter, parse_alpha


@dataclass(frozen=True)
class Position:
    """The α of a page.

    alphas: one value, or one each for image and text tower. settled: False while the user holds the slider.
    """

    alphas: tuple[float, ...]
    settled: bool = True


def position_of(
    moved: Mapping[str, Any] | None, address: Sequence[float | None], otherwise: Sequence[float]
) -> Position:
    """Return the component's position if it has as many α as `address`, else the position in the address.

    moved: {alphas, settled}, the component's last message. address: one entry for each α, None where the URL has no
    value. otherwise: as many α, which replace missing and invalid values.
    """
    if moved is not None and len(moved["alphas"]) == len(address):
        return Position(_complete(map(parse_alpha, moved["alphas"]), otherwise), bool(moved["settled"]))
    return Position(_complete(address, otherwise))


def _complete(alphas: Iterable[float | None], otherwise: Sequence[float]) -> tuple[float, ...]:
    return tuple(last if alpha is None else alpha for alpha, last in zip(alphas, otherwise, strict=True))


def current_position(moved: Mapping[str, Any] | None, count: int, run: Run) -> Position:
    """Return the position of the page's `count` α; store a settled position in the URL and for the other pages."""
    parameters = (ALPHA, ALPHA_TEXT)[:count]
    last = _moved_alphas(run) or (run.selected().alpha,)
    address = [parameter.in_address() for parameter in parameters]
    position = position_of(moved, address, (*last, last[0])[:count])
    if position.settled:
        moved_before = moved is not None or bool(_moved_alphas(run))
        if moved_before or any(parameter.texts() for parameter in parameters):
            _remember(run, position.alphas)
        for parameter, alpha in zip(parameters, position.alphas, strict=True):
            if moved_before or parameter.texts():
                parameter.write(alpha)
    return position


def input_alpha(run: Run) -> float:
    """Input α as a number. It starts at the value that the user last set on any page, and is in the URL."""
    selected, moved = run.selected().alpha, next(iter(_moved_alphas(run)), None)
    if moved not in (None, selected) and not ALPHA.texts():
        ALPHA.pin(moved)

    def remember() -> None:
        _remember(run, (float(ALPHA.get() or 0.0),))

    alpha = float(
        st.number_input(
            "α of WiSE-FT", 0.0, 1.0, selected, 0.01, format="%.2f", on_change=remember, help=ALPHA_HELP, **ALPHA.bound
        )
    )
    if alpha != selected or moved is not None:
        _remember(run, (alpha,))
    return alpha


def set_alpha(run: Run, alpha: float) -> None:
    """Set the α of the run on all pages, and write it into the URL. For callbacks of pages without an input of α."""
    _remember(run, (alpha,))
    ALPHA.write(alpha)


def last_alpha(run: Run) -> float:
    """Return the α that the user last set for this run in this session; the run's α* before that."""
    return next(iter(_moved_alphas(run)), run.selected().alpha)


def _remember(run: Run, alphas: tuple[float, ...]) -> None:
    """Store the α for the other pages; a page with one α keeps that of the text tower until it changes its own."""
    if _moved_alphas(run)[: len(alphas)] != alphas:
        LAST_ALPHAS.set((str(run.folder), alphas))
        if len(alphas) == 1:
            ALPHA_TEXT.write(None)


def _moved_alphas(run: Run) -> tuple[float, ...]:
    """Return the α that the user last set for this run, one or one each for both towers; none before that."""
    folder, alphas = LAST_ALPHAS.get()
    return alphas if folder == str(run.folder) else ()


def forget_position(run: Run | None) -> None:
    """Reset α and re-ranking to those of `run`, which the pages show from now on. For callbacks."""
    LAST_ALPHAS.reset()
    PINNED.pin(None)
    defaults: dict[QueryParameter[Any], Any] = {}
    if run is not None:
        defaults = {ALPHA: run.selected().alpha, RERANK: run.reranking().method}
    for parameter in (ALPHA, ALPHA_TEXT, RERANK):
        if parameter.get() is not None and parameter in defaults:  # its widget writes it into the URL itself
            parameter.set(defaults[parameter])
        parameter.write(None)
