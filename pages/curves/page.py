"""Curves page: metrics over α of this run, of all domains, on the plane of both towers, and on another domain."""

import streamlit as st

from core.data.domain import Domain
from core.errors import InputError
from core.evaluation.alpha_selection import Criterion
from core.evaluation.metrics import METRICS, table_metrics
from core.presentation.paper_tables import paper_table, readings_of_table_4, render
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from pages.curves.all_domains import show_all_domains
from pages.curves.downloads import input_run_downloads
from pages.curves.elsewhere import curve_of_other, show_elsewhere
from pages.curves.this_run import lines_of, show_notes, show_panels
from pages.curves.two_towers import plane_of, show_plane
from pages.page_files import page_file
from pages.shared import session, sidebar
from pages.shared.errors import show_error
from pages.shared.help_texts import CURVES, help_for
from pages.shared.published import input_published
from pages.shared.text import counted

VIEWS = ("This run", "All domains", "Two towers", "Elsewhere")
HELP_OF_VIEWS = (
    "This run: its six metrics. All domains: one metric of their newest runs. Two towers: an α for each tower. "
    "Elsewhere: this run on another domain."
)


def input_metric(parameter: session.QueryParameter[str], default: Criterion = "recall@1") -> Criterion:
    """Input one of the paper's metrics; the choice is in the URL."""
    about = "  \n".join(f"{metric}: {METRICS[metric].help}" for metric in table_metrics())
    chosen = st.segmented_control("Metric", table_metrics(), default=default, help=about, **parameter.bound)
    return next((metric for metric in table_metrics() if metric == chosen), default)


def show_this_run(workspace: Workspace, run: Run, domain: Domain) -> None:
    """Show one panel for each of the six metrics of the run, with the other runs of its domain."""
    with st.container(key="curves_panels"):  # its height is reserved
        with st.spinner("Reading the sweeps and computing intervals…"):
            lines, notes = lines_of(workspace, run, domain)
        show_panels(run, lines)
    input_run_downloads(lines, run.info.name)
    show_notes(run, lines, notes)


def show_view(view: str | None, workspace: Workspace, domain: Domain, run: Run) -> None:
    """Show one of VIEWS."""
    if view == "All domains":
        show_all_domains(workspace, run, input_metric(session.METRIC))
    elif view == "Two towers":
        if (table := plane_of(run)) is not None:
            show_plane(run, domain, table, input_metric(session.PLANE_METRIC))
    elif view == "Elsewhere":
        if (found := curve_of_other(workspace, domain, run)) is not None:
            show_elsewhere(domain, run, *found, input_metric(session.TRACE_METRIC, "mrr@100"))
    else:
        show_this_run(workspace, run, domain)


def show_tables(domain: Domain, run: Run) -> None:
    """Show the paper's tables 1–3 and 4 for this run, with the published numbers if the user chooses them."""
    published = input_published()
    split = sidebar.input_split(domain, run)
    table = paper_table(run, domain, split, published)
    metrics = list(table_metrics())
    shown = table.shown_rows().astype(dict.fromkeys(metrics, object)).where(table.rows.notna(), "–")
    shown[metrics] = shown[metrics].map(lambda value: value if value == "–" else f"{value:.3f}")
    shown["n"] = [f"{value:,.0f}" if value != "–" else "–" for value in shown["n"]]
    shown["alpha"] = ["–" if alpha != alpha else f"{alpha:g}" for alpha in table.rows["alpha"]]
    with st.container(key="curves_table"):
        st.dataframe(shown, hide_index=True, width="stretch")
    for note in table.notes:
        st.caption(note)
    st.page_link(page_file("findings"), label="Is the difference significant?", icon=":material/lightbulb:")
    counts = next(iter(table.table_4.values()))
    gained, lost = (f"{value:.3f}" if value is not None else "none" for value in (counts.improvement, counts.decrease))
    st.write(
        f"**Table 4.** Of the {counted(counts.n, 'article')} that fine-tuning improved over zero-shot (and that both "
        f"models rank among the first 100), WiSE-FT moves {counts.n_improved:,} up by {gained} ranks on average and "
        f"{counts.n_decreased:,} down by {lost}."
        + (
            f" Published: {table.published.improvement:g} up, {table.published.decrease:g} down."
            if table.published
            else ""
        )
        + " The paper does not say which model must find an article in the first 100, so here is every reading:"
    )
    st.dataframe(readings_of_table_4(table), hide_index=True, width="stretch")
    st.download_button(
        "Table as CSV", render(table, "csv"), f"{run.info.domain}-{run.info.name}.csv", "text/csv", on_click="ignore"
    )


def main() -> None:
    """Draw the page."""
    header = sidebar.show_title(CURVES)
    workspace, domain, run = sidebar.require_run(CURVES)
    with header:
        sidebar.show_heading(domain, run)
    view = st.segmented_control(
        "Curves",
        VIEWS,
        default=VIEWS[0],
        help=help_for("Domain", "Tower", "Plane", also=HELP_OF_VIEWS),
        **session.VIEW.bound,
    )
    try:
        show_view(view, workspace, domain, run)
        st.header("Zero-shot, fine-tuning, WiSE-FT")
        show_tables(domain, run)
    except InputError as error:
        show_error(error)


main()
