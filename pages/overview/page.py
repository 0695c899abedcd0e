"""Overview page: a card for each domain with its newest run, the results, and the next step."""

import pandas as pd
import streamlit as st

from core.data.domain import Domain
from core.errors import InputError
from core.evaluation.models import Model
from core.evaluation.published import PUBLISHED, Paper
from core.presentation.cross_fit import CROSS_FITTED, HOW
from core.presentation.language_notes import language_note
from core.presentation.paper_tables import paper_table
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from pages.page_files import page_file
from pages.shared import session, sidebar
from pages.shared.cached_results import load_domain, swept_runs
from pages.shared.empty_states import show_how_to_begin, show_what_is_missing
from pages.shared.errors import show_error
from pages.shared.help_texts import OVERVIEW
from pages.shared.images import image_of
from pages.shared.published import input_published
from pages.shared.text import counted, period, plain, signed

METRICS = ("recall@1", "recall@10", "recall@100", "mrr@100")
SAMPLES = 4


def show_cards(workspace: Workspace, paper: Paper | None) -> None:
    """Show a card for each domain, two in a row on wide screens."""
    with st.grid(2, min_column_width=330, gap="medium"):
        for slug in workspace.domain_slugs():
            with st.container(border=True):
                try:
                    show_card(workspace, load_domain(workspace, slug), paper)
                except InputError as error:
                    st.subheader(plain(slug))
                    show_error(error)


def show_card(workspace: Workspace, domain: Domain, paper: Paper | None) -> None:
    """Show a domain: its size, some images, the three models of its newest run, and links to the next steps."""
    info, splits = domain.info, domain.articles["split"].value_counts()
    st.subheader(plain(info.title), anchor=False)
    kind = ":orange-badge[:material/science: synthetic]" if info.synthetic else ":gray-badge[real]"
    english = " · with English version" if domain.has_english and info.language != "en" else ""
    st.markdown(f"{kind} :blue-badge[{plain(info.language)}]{english}")
    parts = ", ".join(f"{name} {splits[name]:,}" for name in ("train", "val", "test") if name in splits)
    st.caption(f"{counted(len(domain.articles), 'article')}, {period(domain)} · {parts}")
    show_samples(workspace, domain)
    runs = swept_runs(workspace, info.slug)
    if not runs:
        show_what_is_missing(workspace, domain)
        return
    show_rows(runs[0], domain, paper)
    others = f" · {counted(len(runs) - 1, 'earlier run')}" if len(runs) > 1 else ""
    st.caption(f"Run {plain(runs[0].info.name)} ({plain(runs[0].info.encoder)}, {runs[0].info.settings.tune}){others}")
    at = {session.DOMAIN.key: info.slug, session.RUN.key: runs[0].info.name}
    with st.container(horizontal=True):
        st.page_link(page_file("alpha"), label="Drag α", icon=":material/tune:", query_params=at)
        st.page_link(page_file("changes"), label="Rank changes", icon=":material/swap_vert:", query_params=at)
        st.page_link(page_file("match"), label="Match", icon=":material/image_search:", query_params=at)


def show_samples(workspace: Workspace, domain: Domain) -> None:
    """Show a strip of images from the whole period of the domain."""
    articles = domain.articles
    step = max(1, len(articles) // SAMPLES)
    with st.grid(SAMPLES, min_column_width=50, gap="xsmall", wrap=False):
        for row in range(step // 2, len(articles), step)[:SAMPLES]:
            article = articles.iloc[row]
            data = image_of(workspace, domain, article)
            if data is not None:
                st.image(data, width="stretch", alt=article["title"] or article["text"])


def show_rows(run: Run, domain: Domain, paper: Paper | None) -> None:
    """Show the metrics of the three models on val, with their differences to zero-shot."""
    table = paper_table(run, domain, "val", paper)
    rows = table.rows.set_index("model")
    zero_shot = rows.loc[Model.ZERO_SHOT].to_dict()
    body = {}
    for name, row in rows.to_dict("index").items():
        changed = name in (Model.FINE_TUNED, CROSS_FITTED)  # a difference at α* itself would be partly luck
        mark = "" if str(name).startswith("published") else table.mark
        body[(f"{name}, α = {row['alpha']:g}" if name == Model.WISE_FT else str(name)) + mark] = {
            metric: _cell(row[metric], zero_shot[metric] if changed else None) for metric in METRICS
        }
    st.table(pd.DataFrame(body).T)
    published = f" Published: {PUBLISHED[paper].name}, on other articles." if paper else ""
    st.caption(
        f"val, n = {int(zero_shot['n']):,}. In brackets: difference to zero-shot. α* was chosen on these articles; "
        f"cross-fitted, {HOW}.{published}"
    )
    if (unread := language_note(run, domain)) is not None:
        st.caption(plain(unread))


def _cell(value: float, zero_shot: float | None) -> str:
    if pd.isna(value):
        return "–"
    return f"{value:.3f}" if zero_shot is None else f"{value:.3f} ({signed(value - zero_shot)})"


def main() -> None:
    """Draw the page."""
    sidebar.show_title(OVERVIEW)
    st.write(
        "Which image belongs to which article? Compare CLIP before training (zero-shot), fine-tuned on your news, and "
        "mixed from both with WiSE-FT's α. See what each model gains and loses, article by article."
    )
    workspace = sidebar.selection().workspace
    if sidebar.selection().domain is None:
        show_how_to_begin(workspace, OVERVIEW.about)
        return
    show_cards(workspace, input_published())


main()
