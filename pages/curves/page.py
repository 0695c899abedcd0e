"""Curves page: metrics over α of this run, of all domains, on the plane of both towers, and on another domain."""

import pandas as pd
import streamlit as st

from core.data.domain import Domain
from core.errors import InputError
from core.evaluation.alpha_selection import Criterion
from core.evaluation.metrics import METRICS, table_metrics
from core.evaluation.tower_plane import best_of_plane
from core.experiment.transfer import curve_elsewhere, read_curve_elsewhere
from core.presentation.curve_charts import plot_metric, plot_plane
from core.presentation.language_notes import language_mark
from core.presentation.paper_tables import paper_table, readings_of_table_4, render
from core.presentation.reranking import reranked_by
from core.presentation.trade_off_charts import joined, plot_trace, trade_off_sentences
from core.storage.safe_csv import spreadsheet_csv
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from pages.curves.downloads import input_downloads
from pages.curves.this_run import lines_of, show_notes, show_panels
from pages.page_files import page_file
from pages.shared import session, sidebar
from pages.shared.cached_results import bands_of, curve_with_intervals_of, load_domain, stamp_of, swept_runs
from pages.shared.charts import input_figure_format, show_figure
from pages.shared.errors import show_error
from pages.shared.help_texts import CURVES, help_for
from pages.shared.published import input_published
from pages.shared.text import counted, plain
from pages.shared.worker import forget, result_of, show_pending, submit_once

HELP_OF_VIEWS = (
    "This run: its six metrics. All domains: one metric of their newest runs. Two towers: an α for each tower. "
    "Elsewhere: this run on another domain."
)


INTERVAL = "95 % interval"


def _split_text(table: pd.DataFrame) -> str:
    """Return the split and n of a table whose first rows are of val."""
    return f"val, n = {_n(table):,}"


def _csv(run: Run, table: pd.DataFrame, **columns: str) -> str:
    """Return a table of the run as CSV that says whose it is."""
    named = {"domain": run.info.domain, "run": run.info.name, **columns}
    return spreadsheet_csv(pd.concat([pd.DataFrame(named, index=table.index), table], axis=1))


def _n(table: pd.DataFrame) -> int:
    return int(table["n"].iloc[0])


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
    input_downloads(lines, run.info.name)
    show_notes(run, lines, notes)


def show_all_domains(workspace: Workspace) -> None:
    """Show one metric of the newest run of every domain."""
    metric = input_metric(session.METRIC)
    with st.grid(3, min_column_width=260):
        for slug in workspace.domain_slugs():
            runs = swept_runs(workspace, slug)
            if not runs:
                st.caption(f"**{plain(slug)}** has no sweep yet. Train or sweep it on the Train page.")
                continue
            curve, selected = runs[0].curve(), runs[0].selected().alpha
            with st.container():
                n = int(curve["n"].iloc[0])
                st.caption(
                    f"**{plain(slug)}**, {plain(runs[0].info.name)}{language_mark(runs[0])}"
                    f"{reranked_by(runs[0].reranking())}, "
                    f"val, n = {n:,}, α* = {selected:g}"
                )
                alt = f"Line chart of {metric} over alpha on {slug}."
                name = f"all-{slug}-{metric.replace('@', '')}"
                bands = bands_of(runs[0], load_domain(workspace, slug), metric)
                figure = plot_metric(curve, metric, selected, bands)
                show_figure(figure, name, alt, 260, title=(slug, runs[0].info.name, _split_text(curve), INTERVAL))


def show_plane(run: Run) -> None:
    """Show a heat map of a metric over the α of both towers."""
    table = run.plane_table()
    if table is None:
        st.info(
            "This view shows a metric over two α, one for each tower. It is empty because training changed only one "
            "tower, or because the sweep used --alphas. In the second case, sweep again without it: "
            f"`rematch sweep --domain {run.info.domain} --run {run.info.name}`"
        )
        return
    metric = input_metric(session.PLANE_METRIC)
    selected = run.selected().alpha
    best = best_of_plane(table, metric)
    st.caption(
        f"val, n = {int(table['n'].iloc[0]):,}, every point interpolated. Best {metric}: {best[metric]:.3f} at α = "
        f"{best['alpha_image']:g} of the image tower and {best['alpha_text']:g} of the text tower. The value is "
        f"slightly optimistic, because it is the best of {len(table):,} points on the same articles."
    )
    name = f"{run.info.domain}-{run.info.name}-plane-{metric.replace('@', '')}"
    alt = f"Heat map of {metric} over the alpha of the image tower and of the text tower."
    title = (run.info.domain, run.info.name, _split_text(table), "interpolated")
    show_figure(plot_plane(table, metric, best, selected), name, alt, 480, title=title)
    st.download_button("Plane as CSV", _csv(run, table), f"{name}.csv", "text/csv", on_click="ignore")


def show_elsewhere(workspace: Workspace, domain: Domain, run: Run) -> None:
    """Show the run's metrics on another domain against those on its own, over α."""
    others = [slug for slug in workspace.domain_slugs() if slug != domain.info.slug]
    if not others:
        st.info(
            "This view shows what fine-tuning on this domain does to another domain. It is empty because there is only "
            "one. Import another on the Data page."
        )
        return
    slug = st.selectbox("Another domain", others, width=340, help=help_for("Domain"), **session.OTHER_DOMAIN.bound)
    slug = slug if slug in others else others[0]
    other = load_domain(workspace, slug)
    elsewhere = read_curve_elsewhere(workspace, run, other.info)
    if elsewhere is None:
        input_evaluation(workspace, run, slug)
        return
    metric = input_metric(session.TRACE_METRIC, "mrr@100")
    names = (domain.info.slug, slug)
    both = joined(curve_with_intervals_of(run, domain, metric), elsewhere, metric)
    st.write(plain(trade_off_sentences(both, metric, names)))
    st.caption(
        "Up: better on the training domain. Right: better on the other domain. Thick: Pareto-optimal, so no other α is "
        "at least as good on both domains and better on one. Bars: 95 % intervals. α* was chosen on these articles of "
        "the training domain, so it is slightly too high there. Other ways to mix: question trade-off on Findings."
    )
    name = f"{domain.info.slug}-{run.info.name}-on-{slug}-{metric.replace('@', '')}"
    alt = f"{metric} on {domain.info.slug} against {metric} on {slug}, traced by alpha."
    figure = plot_trace(both, metric, names, run.selected().alpha)
    n = f"val, n = {_n(run.curve()):,} and {_n(elsewhere):,}"
    title = (f"{run.info.domain} and {slug}", run.info.name, n, INTERVAL)
    show_figure(figure, name, alt, 440, title=title)
    st.download_button(
        "Curve elsewhere as CSV", _csv(run, elsewhere, measured_on=slug), f"{name}.csv", "text/csv", on_click="ignore"
    )


def input_evaluation(workspace: Workspace, run: Run, slug: str) -> None:
    """Draw the button that evaluates the run on another domain, then a note until the result is there."""
    purpose = f"elsewhere {run.folder} {slug}"
    clicked = st.button(
        f"Evaluate this run on {plain(slug)}",
        icon=":material/play_arrow:",
        key="elsewhere",
        help=help_for("Run", "Domain"),
    )
    if not clicked and purpose not in session.AWAITED.get():
        return
    key = (*stamp_of(run), slug)
    future = submit_once(purpose, key, curve_elsewhere, workspace, run.info.domain, run.info.name, slug)
    if future.done():
        forget(purpose)
    if result_of(future) is None:
        doing = f"Encoding {plain(slug)} at several α: seconds if only heads were tuned, else minutes…"
        show_pending(future, f":material/hourglass_top: {doing}", show_error)
    else:
        st.rerun()  # the curve is stored now


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
    views = ("This run", "All domains", "Two towers", "Elsewhere")
    view = st.segmented_control(
        "Curves",
        views,
        default=views[0],
        help=help_for("Domain", "Tower", "Plane", also=HELP_OF_VIEWS),
        **session.VIEW.bound,
    )
    try:
        if view == "All domains":
            show_all_domains(workspace)
        elif view == "Two towers":
            show_plane(run)
        elif view == "Elsewhere":
            show_elsewhere(workspace, domain, run)
        else:
            show_this_run(workspace, run, domain)
        if view in views[1:]:
            input_figure_format()
        st.subheader("Zero-shot, fine-tuning, WiSE-FT")
        show_tables(domain, run)
    except InputError as error:
        show_error(error)


main()
