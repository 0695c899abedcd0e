"""Alpha page: an α slider with the metrics, the ranks of all articles, and the images that one article finds."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.analysis.alpha_choice import Plateau
from core.data.domain import Domain
from core.errors import InputError
from core.evaluation.alpha_selection import best_range
from core.evaluation.published import PUBLISHED
from core.evaluation.sweep import Ranked
from core.presentation.alpha_notes import val_note
from core.presentation.paper_tables import path_sentences
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from core.workspace.sweep_results import Results
from pages.alpha.board_data import Shown, board_data
from pages.alpha.component import alpha_element
from pages.alpha.listing import choose_options
from pages.alpha.per_article import comparison, input_share, point_per_article, submit_alphas
from pages.alpha.point import point_at, positions_of, submit_exact
from pages.alpha.slider_data import Exact, SliderData, Tables, Tick, tables_of
from pages.alpha.tagging import set_tag
from pages.page_files import page_file
from pages.shared import session, sidebar
from pages.shared.alpha_position import current_position
from pages.shared.cached_results import choice_note_of, flat_of, results_of, stamp_of
from pages.shared.errors import show_error
from pages.shared.help_texts import ALPHA, help_for
from pages.shared.images import prepare_images
from pages.shared.text import plain
from pages.shared.worker import result_of, show_pending


@st.cache_resource(max_entries=16, show_spinner=False)
def _tables(_results: Results, stamp: tuple, both: bool) -> Tables:
    """Return the slider's tables, computed once for each sweep."""
    if both and _results.plane is not None:
        plane = _results.plane
        flat = plane.ranks.reshape(-1, plane.ranks.shape[-1])
        return tables_of(plane.alphas, plane.table(), flat, [not _results.info.has_exact_plane] * len(flat))
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
    flat: Plateau | None,
    share: float | None,
) -> None:
    """Draw slider and board at the current α, and a note while the exact ranks are computed.

    share: of the temperature, if the board shows each article at its own α.
    """
    name = f"alpha {results.run.info.domain} {results.run.info.name}"  # another run starts with a new element
    element = session.SessionValue[Mapping[str, Any]](name, {})

    position = current_position(element.get().get("moved"), len(labels), results.run)
    alphas = position.alphas
    pinned = _pinned_alphas(len(labels))
    point = point_at(results, alphas)
    future = submit_exact(workspace, results, alphas) if position.settled and not point.is_exact else None
    exact: Ranked | None = None if future is None else result_of(future)
    if exact is not None:
        point = point.replaced_by(exact)
    own_alphas = None if share is None else submit_alphas(workspace, results, share)
    found = None if own_alphas is None else result_of(own_alphas)
    row, replaces = chosen_row(results), None if exact is None else alphas
    if found is not None:
        own = point_per_article(results, found.alphas, row)
        st.caption(comparison(results, found, own, point))
        point, replaces = own, ()
    positions = positions_of(results, len(labels) == 2)
    alpha_element(
        slider_data(results, labels, alphas, exact, flat),
        board_data(workspace, domain, results, Shown(positions, point, replaces, row, pinned is not None)),
        pinned,
        callbacks=_callbacks(workspace, domain, element),
        key=name,
    )
    if reason := session.TAGGING_ERROR.get():
        show_error(reason)
    session.follow_opened(page_file("changes"), session.FILTERS)
    if future is not None and exact is None:
        doing = "Computing with exact weights (the first time takes some seconds, to load the model)…"
        show_pending(future, f":material/hourglass_top: {doing}", _show_why_not_exact)
    if own_alphas is not None and found is None:
        doing = "Computing the α of each article (the first time takes some seconds, to load the model)…"
        show_pending(own_alphas, f":material/hourglass_top: {doing}", _show_why_not_exact)


def _callbacks(
    workspace: Workspace, domain: Domain, element: session.SessionValue[Mapping[str, Any]]
) -> dict[str, Callable[[], None]]:
    """Return the callback for each kind of message of the element."""

    def on(name: str, act: Callable[[Mapping[str, Any]], None]) -> Callable[[], None]:
        def callback() -> None:
            if (message := element.get().get(name)) is not None:
                act(message)

        return callback

    return {
        "chosen": on("chosen", lambda message: session.ARTICLE.pin(str(message["article"]))),
        "listed": on("listed", choose_options),
        "pinned": on("pinned", lambda message: session.PINNED.pin(message["alphas"] or None)),
        "tagged": on("tagged", lambda message: set_tag(workspace, domain.info.slug, message)),
        "opened": on("opened", lambda message: session.open_article(str(message["article"]))),
    }


def _pinned_alphas(count: int) -> tuple[float, ...] | None:
    """Return the pinned α of each of `count` sliders, from this session or the address; keep them in the address."""
    pinned = session.parse_alphas(text := session.PINNED.current())
    if len(pinned) != count:
        return None
    session.PINNED.write(text)
    return pinned


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


def chosen_row(results: Results) -> int:
    """Return the row of the article selected in this session or the URL, else the row that fine-tuning moved most."""
    article_id = session.ARTICLE.current()
    if article_id and (row := results.row_of(article_id)) is not None:
        session.ARTICLE.write(article_id)
        return row
    return int(np.abs(np.log(results.ranks[-1]) - np.log(results.ranks[0])).argmax())


def show_notes(domain: Domain, run: Run, results: Results, flat: Plateau | None) -> None:
    """Show what to know about plateau, choice of α and interpolation."""
    if flat is not None:
        n = int(run.curve()["n"].iloc[0])
        st.caption(
            f"Grey on the slider is the plateau: from α = {flat.low:g} to {flat.high:g}, {flat.metric} is within noise "
            f"of its value at α* = {flat.best:g} (val, n = {n:,}). No test at 5 % can tell them apart, or they differ "
            f"by less than one article. From {flat.same_low:g} to {flat.same_high:g} it is shown to be equivalent."
        )
    if results.split == "val":
        st.caption(plain(choice_note_of(run)))
    if (note := val_note(domain)) is not None:
        st.caption(note)
    for sentence in path_sentences(results.info, "a value marked ≈"):
        st.caption(sentence)


def main() -> None:
    """Draw the page."""
    header = sidebar.show_title(ALPHA)
    workspace, domain, run = sidebar.require_run(ALPHA)
    with header:
        sidebar.show_heading(domain, run)
        results = results_of(run, domain, sidebar.input_split(domain, run))
        labels = input_towers(results)
        share = input_share() if len(labels) == 1 else None
    prepare_images(workspace, domain, results.split)
    flat = flat_of(run, domain) if len(labels) == 1 else None
    with st.container(key="alpha_view"):
        show_view(workspace, domain, results, labels, flat, share)
    show_notes(domain, run, results, flat)


try:
    main()
except InputError as error:
    show_error(error)
