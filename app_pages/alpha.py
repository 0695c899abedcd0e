"""Drag α and see what moves: the metrics, the ranks of all articles, and the pictures one article finds."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from app_pages.parts import frame
from app_pages.parts.alpha_board import alpha_board, found_pictures, rows_of, shown_article
from app_pages.parts.alpha_slider import Exact, Tables, Tick, alpha_slider, tables_of
from app_pages.parts.exactness import Pending, exact_ranked
from app_pages.parts.pictures import prepare_pictures
from app_pages.parts.point import Point, point_at
from app_pages.parts.results import results_of, stamp_of
from core.analysis.published import PUBLISHED
from core.data.domain import Domain
from core.data.search import rows_containing
from core.errors import InputError
from core.report.tables import path_sentences
from core.workspace.places import Places
from core.workspace.results import Results

SLIDER, BOARD = "alpha_slider", "alpha_board"
LISTED = 50

#: Orders of the list by ranks (zero-shot, at α, fine-tuned), int [N] each: what comes first has the lowest value.
ORDERS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "moved most by fine-tuning": lambda zero_shot, here, fine_tuned: -np.abs(np.log(fine_tuned / zero_shot)),
    "gained most on fine-tuned": lambda zero_shot, here, fine_tuned: np.log(here / fine_tuned),
    "lost most on fine-tuned": lambda zero_shot, here, fine_tuned: np.log(fine_tuned / here),
    "rank at α": lambda zero_shot, here, fine_tuned: here,
    "time": lambda zero_shot, here, fine_tuned: np.zeros(len(here)),
}


@st.cache_resource(max_entries=16, show_spinner=False)
def _tables(_results: Results, stamp: tuple, both: bool) -> Tables:
    """What the slider draws from; made once for each sweep."""
    if both and _results.plane is not None:
        plane = _results.plane
        flat = plane.ranks.reshape(-1, plane.ranks.shape[-1])
        return tables_of(plane.alphas, plane.table(), flat, [True] * len(flat))
    return tables_of(_results.alphas.tolist(), _results.curve, _results.ranks, _results.interpolated.tolist())


def ticks_of(results: Results) -> list[Tick]:
    """Both ends, α*, and the two α's of the paper."""
    selected = results.info.selected
    papers: dict[float, list[str]] = {}
    for name, published in PUBLISHED.items():
        papers.setdefault(published.alpha, []).append(name)
    low, *_, high = sorted(papers)
    return [
        Tick(0.0, "0 zero-shot", "zero-shot", "start"),
        Tick(1.0, "1 fine-tuned", "fine-tuned", "end"),
        Tick(low, f"paper {low:g}", f"the paper's α for {', '.join(papers[low])}", "paper before"),
        Tick(high, f"{high:g} paper", f"the paper's α for {', '.join(papers[high])}", "paper after"),
        Tick(selected.alpha, f"α* {selected.alpha:g}", f"highest {selected.criterion} on val", "best"),
    ]


def input_alphas(results: Results) -> list[float]:
    """The α's that were typed, settled on, or are in the address: one, or the (image, text) towers'."""
    controls = st.columns(4, vertical_alignment="bottom")
    both = results.plane is not None and controls[-1].toggle("α for each tower", key="towers", bind="query-params")
    best = results.info.selected.alpha
    labels = {
        "alpha": "α of the image tower" if both else "α",
        **({"alpha_text": "α of the text tower"} if both else {}),
    }
    values = []
    for column, (key, label) in zip(controls, labels.items(), strict=False):
        value = column.number_input(
            label, 0.0, 1.0, best, 0.01, format="%.2f", key=key, bind="query-params", on_change=_let_go,
            help="0 is zero-shot, 1 is fine-tuned; part of the page's address.",
        )  # fmt: skip
        values.append(float(value))
    return values


def _let_go() -> None:
    st.session_state.pop("alpha_live", None)


def _on_live() -> None:
    if (live := st.session_state[SLIDER].get("live")) is not None:
        st.session_state["alpha_live"] = live["alphas"]


def _on_settled() -> None:
    settled = st.session_state[SLIDER].get("settled")
    _let_go()
    if settled is not None:
        for key, alpha in zip(("alpha", "alpha_text"), settled["alphas"], strict=False):
            st.session_state[key] = float(alpha)


@st.fragment
def alpha_view(places: Places, domain: Domain, results: Results, listing: tuple[str, str, int]) -> None:
    """Everything that moves with α."""
    typed = input_alphas(results)
    both = len(typed) == 2
    live: Sequence[float] | None = st.session_state.get("alpha_live")
    alphas = list(live) if live is not None and len(live) == len(typed) else typed
    point = point_at(results, alphas)
    exact = None
    if live is None and not point.is_exact:
        exact = exact_ranked(places, results, alphas)
    show_slider(results, both, alphas, exact)
    if isinstance(exact, Pending):
        exact.show()
    elif exact is not None:
        point = point.replaced_by(exact)
    show_board(places, domain, results, point, listing)


def show_slider(results: Results, both: bool, alphas: Sequence[float], exact: object) -> None:
    """The component, with what it needs to draw by itself."""
    n = len(results.articles)
    labels = ("α of the image tower", "α of the text tower") if both else ("α",)
    alpha_slider(
        _tables(results, stamp_of(results.run), both),
        list(zip(labels, alphas, strict=True)),
        alphas,
        ticks_of(results),
        error=_error_sentence(results, both),
        of=f"{results.split}, n = {n}",
        exact=None if exact is None or isinstance(exact, Pending) else Exact.of(alphas, exact),
        on_live=_on_live,
        on_settled=_on_settled,
        key=SLIDER,
    )


def _error_sentence(results: Results, both: bool) -> str:
    path = results.info.paths.get(results.split)
    if path is None:
        return "exact weights"
    towers = ", each tower by itself" if both else ""
    return (
        f"interpolated between {path.nodes} exact points{towers}: mrr@100 ± {path.error.mrr_100:.4f}, "
        f"first ten of ± {path.error.recall_10:.1%} of the articles (measured)"
    )


def input_order(results: Results) -> tuple[str, str, int]:
    """How the list is ordered, what it is searched for, and which part of it is shown."""
    order_column, search_column, page_column = st.columns([2, 2, 3], vertical_alignment="bottom")
    order = order_column.selectbox("Order of the articles", list(ORDERS), key="order", bind="query-params")
    words = search_column.text_input("Words in the text", key="find", bind="query-params", placeholder="flood, Größe …")
    with page_column:
        pages = -(-len(results.articles) // LISTED)
        page = st.pagination(pages, key="alpha_page") if pages > 1 and not words else 1
    return order if order in ORDERS else next(iter(ORDERS)), words or "", min(max(page or 1, 1), pages)


def listed_rows(results: Results, point: Point, order: str, words: str, page: int) -> tuple[np.ndarray, int]:
    """Rows of the articles listed, and how many pass the search."""
    keys = ORDERS[order](results.ranks[0], point.ranks, results.ranks[-1])
    rows = np.argsort(keys, kind="stable")
    if words:
        rows = rows[np.isin(rows, rows_containing(results.articles, words))]
    return rows[(page - 1) * LISTED : page * LISTED], len(rows)


def show_board(places: Places, domain: Domain, results: Results, point: Point, listing: tuple[str, str, int]) -> None:
    """The list, and the chosen article with its first pictures."""
    rows, passing = listed_rows(results, point, *listing)
    row = frame.chosen_article_row(results)
    n = len(results.articles)
    few = f"{len(rows)} of {passing} found, of {n}" if listing[1] else f"{len(rows)} of {n}"
    alpha_board(
        rows_of(results, point, rows),
        shown_article(places, domain, results, point, row),
        found_pictures(places, domain, results, point, row),
        caption=f"{few} {results.split} articles: the rank of their own picture among {len(results.gallery.files)}. "
        "▲ better than fine-tuned, ▼ worse.",
        alpha=point.name,
        on_chosen=_on_chosen,
        key=BOARD,
    )


def _on_chosen() -> None:
    if (chosen := st.session_state[BOARD].get("chosen")) is not None:
        frame.choose_article(str(chosen["article"]))


def main() -> None:
    """Draw the page."""
    st.title("Alpha")
    places, domain, run = frame.require_run()
    results = results_of(run, domain, frame.input_split(domain))
    frame.show_heading(domain, run)
    prepare_pictures(places, domain, results.articles)
    listing = input_order(results)
    alpha_view(places, domain, results, listing)
    for sentence in path_sentences(results.info, "what is marked ≈"):
        st.caption(sentence)


try:
    main()
except InputError as error:
    st.error(str(error))
