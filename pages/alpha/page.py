"""Drag α and see what moves: the metrics, the ranks of all articles, and the images one article finds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from core.analysis.alpha_choice import Plateau
from core.data.domain import Domain
from core.data.text_search import rows_containing
from core.errors import InputError
from core.evaluation.published import PUBLISHED
from core.evaluation.sweep import Ranked
from core.presentation.paper_tables import path_sentences
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from pages.alpha.board_data import Answer, found_images, rows_of, shown_article
from pages.alpha.component import alpha_element
from pages.alpha.point import Point, point_at, submit_exact
from pages.alpha.slider_data import Exact, SliderData, Tables, Tick, tables_of
from pages.shared import session, sidebar
from pages.shared.alpha_position import current_position
from pages.shared.cached_results import flat_of, results_of, stamp_of
from pages.shared.errors import show_error
from pages.shared.images import prepare_images
from pages.shared.text import plain
from pages.shared.worker import result_of, show_pending

LISTED = 50


@dataclass(frozen=True)
class ListOptions:
    """Which articles are listed. order: a key of ORDERS; words: to be found in them; page: counted from 1."""

    order: str
    words: str
    page: int


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


def input_towers(results: Results) -> list[str]:
    """The label of each α: one, or one for each tower if that is switched on and both change with α."""
    both = results.plane is not None and st.toggle("α for each tower", **session.TOWERS.bound)
    return ["α of the image tower", "α of the text tower"] if both else ["α"]


@st.fragment
def show_view(
    workspace: Workspace,
    domain: Domain,
    results: Results,
    labels: list[str],
    listing: ListOptions,
    flat: Plateau | None,
) -> None:
    """All that moves with α: one element, and what is said while an exact value is waited for."""
    name = f"alpha {results.run.info.domain} {results.run.info.name}"  # another run begins anew
    element = session.SessionValue[Mapping[str, Any]](name, {})

    def choose() -> None:
        if (chosen := element.get().get("chosen")) is not None:
            session.ARTICLE.pin(str(chosen["article"]))

    position = current_position(element.get().get("moved"), len(labels), results.run)
    alphas = position.alphas
    point = point_at(results, alphas)
    future = submit_exact(workspace, results, alphas) if position.settled and not point.is_exact else None
    exact: Ranked | None = None if future is None else result_of(future)
    if exact is not None:
        point = point.replaced_by(exact)
    alpha_element(
        hand_of(results, labels, alphas, exact, flat),
        answer_of(workspace, domain, results, point, listing),
        on_chosen=choose,
        key=name,
    )
    if future is not None and exact is None:
        doing = "Computing with exact weights (the first time a model is loaded, some seconds)…"
        show_pending(future, f":material/hourglass_top: {doing}", _show_why_not_exact)


def _show_why_not_exact(sentence: str) -> None:
    st.caption(f"The exact value could not be computed: {plain(sentence)}")


def hand_of(
    results: Results, labels: list[str], alphas: Sequence[float], exact: Ranked | None, flat: Plateau | None
) -> SliderData:
    """What the slider draws from."""
    return SliderData(
        _tables(results, stamp_of(results.run), len(labels) == 2),
        list(zip(labels, alphas, strict=True)),
        alphas,
        ticks_of(results),
        _error_sentence(results, len(labels) == 2),
        f"{results.split}, n = {len(results.articles)}",
        None if exact is None else Exact.of(alphas, exact),
        (flat.low, flat.high) if flat is not None else None,
    )


def _error_sentence(results: Results, both: bool) -> str:
    path = results.info.paths.get(results.split)
    if path is None:
        return "exact weights"
    towers = ", each tower by itself" if both else ""
    return (
        f"interpolated between {path.nodes} exact points{towers}: mrr@100 ± {path.error.mrr_100:.4f}, "
        f"first ten of ± {path.error.top10_flip_rate:.1%} of the articles (measured)"
    )


def input_listing(results: Results) -> ListOptions:
    """How the list is ordered, what it is searched for, and which part of it is shown."""
    order_column, search_column, page_column = st.columns([2, 2, 3], vertical_alignment="bottom")
    order = order_column.selectbox("Order of the articles", list(ORDERS), **session.ORDER.bound)
    words = search_column.text_input("Words in the text", placeholder="flood, Größe …", **session.WORDS_FOUND.bound)
    pages = -(-len(results.articles) // LISTED)
    with page_column:
        page = st.pagination(pages, key="alpha_page") if pages > 1 and not words else 1
    return ListOptions(order if order in ORDERS else next(iter(ORDERS)), words or "", min(max(page or 1, 1), pages))


def answer_of(workspace: Workspace, domain: Domain, results: Results, point: Point, listing: ListOptions) -> Answer:
    """The list, and the chosen article with its first images."""
    rows, passing = listed_rows(results, point, listing)
    row = chosen_row(results)
    few = f"{len(rows)} of {passing} found, of" if listing.words else f"{len(rows)} of"
    return Answer(
        rows_of(results, point, rows),
        shown_article(workspace, domain, results, point, row),
        found_images(workspace, domain, results, point, row),
        f"{few} {len(results.articles)} {results.split} articles: the rank of their own image among "
        f"{len(results.gallery.files)}. ▲ better than fine-tuned, ▼ worse.",
        point.name,
    )


def chosen_row(results: Results) -> int:
    """Row of the article chosen in this session or in the address; else of the one that fine-tuning moved most."""
    article_id = session.ARTICLE.current()
    if article_id and (row := results.row_of(article_id)) is not None:
        session.ARTICLE.write(article_id)
        return row
    return int(np.abs(np.log(results.ranks[-1]) - np.log(results.ranks[0])).argmax())


def listed_rows(results: Results, point: Point, listing: ListOptions) -> tuple[np.ndarray, int]:
    """Rows of the articles listed, and how many pass the search."""
    rows = np.argsort(ORDERS[listing.order](results.ranks[0], point.ranks, results.ranks[-1]), kind="stable")
    if listing.words:
        rows = rows[np.isin(rows, rows_containing(results.articles, listing.words))]
    return rows[(listing.page - 1) * LISTED : listing.page * LISTED], len(rows)


def main() -> None:
    """Draw the page."""
    st.title("Alpha")
    workspace, domain, run = sidebar.require_run()
    results = results_of(run, domain, sidebar.input_split(domain, run))
    sidebar.show_heading(domain, run)
    prepare_images(workspace, domain, results.articles)
    labels = input_towers(results)
    flat = flat_of(run, domain) if len(labels) == 1 else None
    show_view(workspace, domain, results, labels, input_listing(results), flat)
    if flat is not None:
        n = int(run.curve()["n"].iloc[0])
        st.caption(
            f"Grey on the slider: from {flat.low:g} to {flat.high:g}, α is within noise of α* = {flat.best:g} in "
            f"{flat.metric} (val, n = {n}); no test at 5 % tells them apart, or less than one article does."
        )
    for sentence in path_sentences(results.info, "what is marked ≈"):
        st.caption(sentence)


try:
    main()
except InputError as error:
    show_error(error)
