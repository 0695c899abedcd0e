"""Overview page: what Rematch does in one diagram, the next steps, and a card for each domain."""

import streamlit as st

from core.presentation.cross_fit import CROSS_FITTED, HOW
from core.workspace.runs import load_runs
from pages import tour
from pages.overview.cards import show_cards
from pages.overview.diagram import diagram
from pages.overview.next_steps import next_steps, show_next_steps
from pages.page_files import page_file
from pages.shared import session, sidebar
from pages.shared.empty_states import show_how_to_begin
from pages.shared.help_texts import OVERVIEW, help_for
from pages.shared.published import input_published
from pages.shared.session import Selection
from pages.shared.text import plain


def show_start(now: Selection) -> None:
    """Show the diagram, and next to it what to do next with the selected domain, or how to begin."""
    explained, next_ = st.columns([3, 2], gap="medium", vertical_alignment="top")
    explained.container(key="diagram").html(diagram())
    with next_:
        if now.domain is None:
            show_how_to_begin(now.workspace, OVERVIEW.about)
            return
        slug = now.domain.info.slug
        st.markdown(f"**Next, with {plain(slug)}**")
        show_next_steps(slug, next_steps(len(load_runs(now.workspace, slug)), now.run), now.run)


def show_domains(now: Selection) -> None:
    """Show the cards of all domains, the link to import another, and published numbers to compare with."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="domains_heading"):
        st.header(
            "Domains",
            anchor=False,
            width="content",
            help=help_for("Domain", "MRR@100", "Recall@k", "n", "α*", "Cross-fitted", "Run", "Head"),
        )
        st.page_link(
            page_file("data"),
            label="Import your own articles",
            icon=":material/upload:",
            query_params=session.TO_IMPORT,
        )
        st.space("stretch")
        paper = input_published()
    show_cards(now.workspace, paper)
    published = (
        " Published numbers are results of the paper on other articles: compare differences between models."
        if paper
        else ""
    )
    st.caption(f"{CROSS_FITTED}: {HOW}.{published}")


def main() -> None:
    """Draw the page."""
    now = sidebar.selection()
    with sidebar.show_title(OVERVIEW):
        st.caption(
            "Which image belongs to which article? Compare CLIP before training, fine-tuned on your news, and mixed "
            "from both."
        )
        if now.run is not None:
            tour.input_start()
    show_start(now)
    if now.domain is not None:
        show_domains(now)


main()
