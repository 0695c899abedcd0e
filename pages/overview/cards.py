"""A card for each domain: size, period, language, sample images, the models of its newest run, and links."""

import streamlit as st

from core.data.domain import Domain
from core.errors import InputError
from core.evaluation.published import Paper
from core.presentation.language_notes import language_mark, language_note
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from pages.overview.bars import bars_of, bars_table
from pages.page_files import page_file
from pages.shared import session
from pages.shared.cached_results import load_domain, paper_rows_of, swept_runs
from pages.shared.empty_states import show_what_is_missing
from pages.shared.errors import show_error
from pages.shared.images import image_url
from pages.shared.text import counted, period, plain, shorten

SAMPLES = 4
_TITLE = 60  # characters
_WIDTH = 270  # least width in pixels: three cards at 1,280 with the sidebar


def show_cards(workspace: Workspace, paper: Paper | None) -> None:
    """Show the cards of all domains, up to three in a row."""
    with st.grid(3, min_column_width=_WIDTH, gap="small", key="domain_cards"):
        for slug in workspace.domain_slugs():
            with st.container(border=True, gap="xsmall", height="stretch"):
                try:
                    show_card(workspace, load_domain(workspace, slug), paper)
                except InputError as error:
                    st.subheader(plain(slug), anchor=False)
                    show_error(error)


def show_card(workspace: Workspace, domain: Domain, paper: Paper | None) -> None:
    """Show a domain, its newest run and links, or the next step if it has no results."""
    info, splits = domain.info, domain.articles["split"].value_counts()
    st.subheader(plain(shorten(info.title, _TITLE)), anchor=False)
    kind = ":orange-badge[:material/science: synthetic]" if info.synthetic else ":gray-badge[real]"
    english = " · with English version" if domain.has_english and info.language != "en" else ""
    st.markdown(f"{kind} :blue-badge[{plain(info.language)}]{english}")
    parts = ", ".join(f"{name} {splits[name]:,}" for name in ("train", "val", "test") if name in splits)
    st.caption(f"{counted(len(domain.articles), 'article')} ({parts})  \n{period(domain)}")
    runs = swept_runs(workspace, info.slug)
    if not runs:
        show_html(info.slug, samples(workspace, domain))
        show_what_is_missing(workspace, domain)
        return
    run = runs[0]
    rows = paper_rows_of(run, domain)
    bars = bars_table(bars_of(rows, paper, language_mark(run)), int(rows["n"].iloc[0]))
    show_html(info.slug, samples(workspace, domain) + bars)
    show_run(run, domain, len(runs) - 1)


def show_html(slug: str, html: str) -> None:
    """Show HTML in a container that has its height before the browser draws it."""
    kind = "results" if "<table" in html else "images"
    st.container(key=f"{kind}_of_{slug}").html(html)


def samples(workspace: Workspace, domain: Domain) -> str:
    """Return HTML of a strip of images from the whole period of the domain; images that cannot be read are left out."""
    articles = domain.articles
    step = max(1, len(articles) // SAMPLES)
    rows = [articles.iloc[row] for row in range(step // 2, len(articles), step)[:SAMPLES]]
    addresses = [url for row in rows if (url := image_url(workspace, domain, row))]
    images = "".join(f'<img src="{url}" alt="">' for url in addresses)
    return f'<div class="samples">{images}</div>'


def show_run(run: Run, domain: Domain, others: int) -> None:
    """Show name, encoder and α* of the newest run, and links to its pages."""
    earlier = f" · {counted(others, 'earlier run')}" if others else ""
    st.caption(
        f"α\\* {run.selected().alpha:g} · run {plain(run.info.name)} ({plain(run.info.encoder)}, "
        f"{run.info.settings.tune} tuned){earlier}"
    )
    if (unread := language_note(run, domain)) is not None:
        st.caption(plain(unread))
    at = {session.DOMAIN.key: run.info.domain, session.RUN.key: run.info.name}
    with st.container(horizontal=True, gap="xsmall"):
        for page, label in (("alpha", "Drag α"), ("changes", "Changes"), ("findings", "Findings"), ("match", "Match")):
            st.page_link(page_file(page), label=label, query_params=at)
