"""Alpha page: an α slider with the metrics, the ranks of all articles, and the images that one article finds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from core.analysis.alpha_choice import Plateau
from core.data.domain import Domain
from core.data.text_search import rows_containing
from core.errors import InputError
from core.evaluation.alpha_selection import best_range
from core.evaluation.published import PUBLISHED
from core.evaluation.sweep import Ranked
from core.presentation.alpha_notes import val_note
from core.presentation.paper_tables import path_sentences
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from pages.alpha.board_data import BoardData, found_images, line_of, rows_of, shown_article
from pages.alpha.component import alpha_element
from pages.alpha.per_article import comparison, input_share, point_per_article, submit_alphas
from pages.alpha.point import Point, point_at, submit_exact
from pages.alpha.slider_data import Exact, SliderData, Tables, Tick, tables_of
from pages.shared import session, sidebar
from pages.shared.alpha_position import current_position
from pages.shared.cached_results import choice_note_of, flat_of, results_of, stamp_of
from pages.shared.errors import show_error
from pages.shared.help_texts import ALPHA, help_for
from pages.shared.images import prepare_images
from pages.shared.text import counted, plain
from pages.shared.worker import result_of, show_pending

LISTED = 50


@dataclass(frozen=True)
class ListOptions:
    """The choice of listed articles.

    order: a key of ORDERS. words: what their texts must contain. page: from 1.
    """

    order: str
    words: str
    page: int


#: Sort keys of the list from ranks (zero-shot, at α, fine-tuned), int [N] each; the lowest value comes first.
ORDERS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]] = {
    "moved most by fine-tuning": lambda zero_shot, here, fine_tuned: -np.abs(np.log(fine_tuned / zero_shot)),
    "gained most on fine-tuned": lambda zero_shot, here, fine_tuned: np.log(here / fine_tuned),
    "lost most on fine-tuned": lambda zero_shot, here, fine_tuned: np.log(fine_tuned / here),
    "rank at α": lambda zero_shot, here, fine_tuned: here,
    "time": lambda zero_shot, here, fine_tuned: np.zeros(len(here)),
}


@st.cache_resource(max_entries=16, show_spinner=False)
def _tables(_results: Results, stamp: tuple, both: bool) -> Tables:
    """Return the slider's tables, computed once for each sweep."""
    if both and _results.plane is not None:
        plane = _results.plane
        flat = plane.ranks.reshape(-1, plane.ranks.shape[-1])
        return tables_of(plane.alphas, plane.table(), flat, [True] * len(flat))
    return tables_of(_results.alphas.tolist(), _results.curve, _results.ranks, _results.interpolated.tolist())


def ticks_of(results: Results) -> list[Tick]:
    """Return the named α of the slider: both ends, α*, and the lowest and highest α of the paper."""
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
        Tick(
            selected.alpha,
            f"α* {selected.alpha:g}",
            f"highest {selected.criterion} on val{best_range(selected)}",
            "best",
        ),
    ]


def input_towers(results: Results) -> list[str]:
    """Return the labels of the sliders: one, or one for each tower if the user switches that on."""
    both = results.plane is not None and st.toggle(
        "α for each tower", help=help_for("Tower", "Plane"), **session.TOWERS.bound
    )
    return ["α of the image tower", "α of the text tower"] if both else ["α"]


@st.fragment
def show_view(
    workspace: Workspace,
    domain: Domain,
    results: Results,
    labels: list[str],
    listing: ListOptions,
    flat: Plateau | None,
    share: float | None,
) -> None:
    """Draw slider and board at the current α, and a note while the exact ranks are computed.

    share: of the temperature, if the board shows each article at its own α.
    """
    name = f"alpha {results.run.info.domain} {results.run.info.name}"  # another run starts with a new element
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
    own_alphas = None if share is None else submit_alphas(workspace, results, share)
    found = None if own_alphas is None else result_of(own_alphas)
    on_board = point if found is None else point_per_article(results, found.alphas, chosen_row(results))
    if found is not None:
        st.caption(comparison(results, found, on_board, point))
    alpha_element(
        slider_data(results, labels, alphas, exact, flat),
        board_data(workspace, domain, results, on_board, listing),
        on_chosen=choose,
        key=name,
    )
    if future is not None and exact is None:
        doing = "Computing with exact weights (the first time takes some seconds, to load the model)…"
        show_pending(future, f":material/hourglass_top: {doing}", _show_why_not_exact)
    if own_alphas is not None and found is None:
        doing = "Computing the α of each article (the first time takes some seconds, to load the model)…"
        show_pending(own_alphas, f":material/hourglass_top: {doing}", _show_why_not_exact)


def _show_why_not_exact(sentence: str) -> None:
    st.caption(f"The exact value could not be computed: {plain(sentence)}")


def slider_data(
    results: Results, labels: list[str], alphas: Sequence[float], exact: Ranked | None, flat: Plateau | None
) -> SliderData:
    """Return what the slider draws from."""
    return SliderData(
        _tables(results, stamp_of(results.run), len(labels) == 2),
        list(zip(labels, alphas, strict=True)),
        alphas,
        ticks_of(results),
        _error_sentence(results, len(labels) == 2),
        f"{results.split}, n = {len(results.articles):,}",
        None if exact is None else Exact.of(alphas, exact),
        (flat.low, flat.high) if flat is not None else None,
    )


def _error_sentence(results: Results, both: bool) -> str:
    path = results.info.paths.get(results.split)
    if path is None:
        return "exact weights"
    recall = "" if path.error.recall_1 is None else f"recall@1 ± {path.error.recall_1:.4f}, "
    towers = ", each tower separately" if both else ""
    return (
        f"interpolated between {path.nodes} exact points{towers}; measured error: mrr@100 ± {path.error.mrr_100:.4f}, "
        f"{recall}other first ten images for {path.error.top10_flip_rate:.1%} of the articles"
    )


def input_listing(results: Results) -> ListOptions:
    """Input order, search words and page of the list."""
    order_column, search_column, page_column = st.columns([2, 2, 3], vertical_alignment="bottom")
    order = order_column.selectbox(
        "Order of the articles", list(ORDERS), help=help_for("Article", "Rank", "Fine-tuned"), **session.ORDER.bound
    )
    words = search_column.text_input("Words in the text", placeholder="flood, Größe …", **session.WORDS_FOUND.bound)
    pages = -(-len(results.articles) // LISTED)
    with page_column:
        page = st.pagination(pages, key="alpha_page") if pages > 1 and not words else 1
    return ListOptions(order if order in ORDERS else next(iter(ORDERS)), words or "", min(max(page or 1, 1), pages))


def board_data(workspace: Workspace, domain: Domain, results: Results, point: Point, listing: ListOptions) -> BoardData:
    """Return the list, and the selected article with its first images."""
    rows, passing = listed_rows(results, point, listing)
    row = chosen_row(results)
    listed = f"{len(rows)} of {passing:,} found, of" if listing.words else f"{len(rows)} of"
    return BoardData(
        rows_of(results, point, rows),
        shown_article(workspace, domain, results, point, row),
        found_images(workspace, domain, results, point, row),
        f"{listed} {counted(len(results.articles), 'article')} of {results.split}: rank of the own image among "
        f"{counted(len(results.gallery.files), 'image')}. ▲ better than fine-tuned, ▼ worse.",
        point.name,
        line_of(workspace, domain, results, row),
    )


def chosen_row(results: Results) -> int:
    """Return the row of the article selected in this session or the URL, else the row that fine-tuning moved most."""
    article_id = session.ARTICLE.current()
    if article_id and (row := results.row_of(article_id)) is not None:
        session.ARTICLE.write(article_id)
        return row
    return int(np.abs(np.log(results.ranks[-1]) - np.log(results.ranks[0])).argmax())


def listed_rows(results: Results, point: Point, listing: ListOptions) -> tuple[np.ndarray, int]:
    """Return the rows of the listed articles, and the number that match the search."""
    rows = np.argsort(ORDERS[listing.order](results.ranks[0], point.ranks, results.ranks[-1]), kind="stable")
    if listing.words:
        rows = rows[np.isin(rows, rows_containing(results.articles, listing.words))]
    return rows[(listing.page - 1) * LISTED : listing.page * LISTED], len(rows)


def main() -> None:
    """Draw the page."""
    sidebar.show_title(ALPHA)
    workspace, domain, run = sidebar.require_run(ALPHA)
    results = results_of(run, domain, sidebar.input_split(domain, run))
    sidebar.show_heading(domain, run)
    prepare_images(workspace, domain, results.articles)
    labels = input_towers(results)
    flat = flat_of(run, domain) if len(labels) == 1 else None
    share = input_share() if len(labels) == 1 else None
    show_view(workspace, domain, results, labels, input_listing(results), flat, share)
    if flat is not None:
        n = int(run.curve()["n"].iloc[0])
        st.caption(
            f"Grey on the slider is the plateau: from α = {flat.low:g} to {flat.high:g}, {flat.metric} is within "
            "noise of "
            f"its value at α* = {flat.best:g} (val, n = {n:,}). No test at 5 % can tell them apart, or they differ "
            "by less than one article. From {flat.same_low:g} to {flat.same_high:g} it is shown to be equivalent."
        )
    if results.split == "val":
        st.caption(plain(choice_note_of(run)))
    if (note := val_note(domain)) is not None:
        st.caption(note)
    for sentence in path_sentences(results.info, "a value marked ≈"):
        st.caption(sentence)


try:
    main()
except InputError as error:
    show_error(error)
