"""Order, search and page of the list of articles on the Alpha page. The address holds all three."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.data.text_search import rows_containing
from core.workspace.sweep_results import Results
from pages.alpha.point import Point
from pages.shared import session

LISTED = 50


@dataclass(frozen=True)
class ListOptions:
    """The choice of listed articles.

    order: a key of ORDERS. words: what their texts must contain. page: from 1.
    """

    order: str
    words: str
    page: int


@dataclass(frozen=True)
class ListState:
    """What the controls of the list show.

    orders: the keys of ORDERS. page: from 1, at most `pages`. range: which articles of how many are listed.
    """

    orders: list[str]
    order: str
    words: str
    page: int
    pages: int
    range: str


@dataclass(frozen=True)
class Listed:
    """The listed rows of the results, int [M], and the state of the controls."""

    rows: np.ndarray
    state: ListState


#: Sort keys of the list from ranks (zero-shot, at α, fine-tuned), int [N] each; the lowest value comes first.
ORDERS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "moved most by fine-tuning": lambda zero_shot, here, fine_tuned: -np.abs(np.log(fine_tuned / zero_shot)),
    "gained most on fine-tuned": lambda zero_shot, here, fine_tuned: np.log(here / fine_tuned),
    "lost most on fine-tuned": lambda zero_shot, here, fine_tuned: np.log(fine_tuned / here),
    "rank at α": lambda zero_shot, here, fine_tuned: here,
    "time": lambda zero_shot, here, fine_tuned: np.zeros(len(here)),
}

#: Those that depend on α: while the slider moves, only the server can put the articles in order.
ORDERS_AT_ALPHA = ("gained most on fine-tuned", "lost most on fine-tuned", "rank at α")


def current_options() -> ListOptions:
    """Return the options in the address; the first order, no words and page 1 where it has none."""
    order = session.ORDER.in_address()
    known = order if order is not None and order in ORDERS else next(iter(ORDERS))
    return ListOptions(known, session.WORDS_FOUND.in_address() or "", session.LIST_PAGE.in_address() or 1)


def choose_options(changes: Mapping[str, Any]) -> None:
    """Write changed options into the address: order, words and page, each if present. For callbacks."""
    for name, parameter in (("order", session.ORDER), ("words", session.WORDS_FOUND)):
        if name in changes:
            parameter.write(str(changes[name]) or None)
    if "page" in changes:
        page = session.parse_page(changes["page"])
        session.LIST_PAGE.write(None if page == 1 else page)


def listed_rows(results: Results, point: Point, options: ListOptions) -> Listed:
    """Return the rows of one page of the articles that contain the words, in order."""
    rows = np.argsort(ORDERS[options.order](results.ranks[0], point.ranks, results.ranks[-1]), kind="stable")
    if options.words:
        rows = rows[np.isin(rows, rows_containing(results.articles, options.words))]
    pages = max(1, -(-len(rows) // LISTED))
    page = min(max(options.page, 1), pages)
    start = (page - 1) * LISTED
    shown = rows[start : start + LISTED]
    found = " found" if options.words else ""
    numbers = f"{start + 1:,}–{start + len(shown):,} of {len(rows):,}{found}" if len(shown) else "none found"
    return Listed(shown, ListState(list(ORDERS), options.order, options.words, page, pages, numbers))
