"""Metrics over α: this run, all domains beside each other, the plane of both towers, and what happens elsewhere."""

import streamlit as st

from core.data.domain import Domain
from core.errors import InputError
from core.evaluation.alpha_selection import Criterion
from core.evaluation.metrics import METRICS, table_metrics
from core.evaluation.published import PAPERS, PUBLISHED
from core.evaluation.tower_plane import best_of_plane
from core.experiment.transfer import curve_elsewhere, read_curve_elsewhere
from core.presentation.curve_charts import plot_metric, plot_plane, plot_trace
from core.presentation.language_notes import language_mark
from core.presentation.paper_tables import paper_table, path_sentences, precision_sentences, render
from core.presentation.reranking import reranked_by
from core.storage.safe_csv import spreadsheet_csv
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from pages.shared import session, sidebar
from pages.shared.cached_results import bands_of, load_domain, stamp_of, swept_runs
from pages.shared.charts import input_figure_format, show_figure
from pages.shared.errors import show_error
from pages.shared.text import plain
from pages.shared.worker import forget, result_of, show_pending, submit_once


def input_metric(parameter: session.QueryParameter[str], default: Criterion = "recall@1") -> Criterion:
    """One of the paper's metrics, kept in the address."""
    about = "  \n".join(f"{metric}: {METRICS[metric].help}" for metric in table_metrics())
    chosen = st.segmented_control("Metric", table_metrics(), default=default, help=about, **parameter.bound)
    return next((metric for metric in table_metrics() if metric == chosen), default)


def show_this_run(run: Run, domain: Domain) -> None:
    """All six metrics of the run, each a chart of its own."""
    curve, selected = run.curve(), run.selected().alpha
    st.caption(
        f"Blue circle: zero-shot (α = 0). Green square: fine-tuned (α = 1). Diamond: α* = {selected:g}, the highest "
        f"val {run.selected().criterion}. Solid: val, n = {int(curve['n'].iloc[0])}, with the 95 % interval at each α."
        + (" Dotted: test." if "test" in set(curve["split"]) else "")
    )
    with st.grid(3, min_column_width=260):
        for metric in table_metrics():
            name = f"{run.info.domain}-{run.info.name}-{metric.replace('@', '')}"
            alt = f"Line chart of {metric} over alpha; the chosen alpha is {selected:g}."
            show_figure(plot_metric(curve, metric, selected, bands_of(run, domain, metric)), name, alt, 240)
    for sentence in [*path_sentences(run.sweep_info(), "the line"), *precision_sentences(run.sweep_info().precision)]:
        st.caption(sentence)
    st.download_button(
        "Curves as CSV", spreadsheet_csv(curve), f"{run.info.domain}-{run.info.name}-curves.csv", "text/csv"
    )


def show_all_domains(workspace: Workspace) -> None:
    """The newest run of every domain, one metric."""
    metric = input_metric(session.METRIC)
    with st.grid(3, min_column_width=260):
        for slug in workspace.domain_slugs():
            runs = swept_runs(workspace, slug)
            if not runs:
                st.caption(f"{plain(slug)}: not swept yet")
                continue
            curve, selected = runs[0].curve(), runs[0].selected().alpha
            with st.container():
                n = int(curve["n"].iloc[0])
                st.caption(
                    f"**{plain(slug)}**, {plain(runs[0].info.name)}{language_mark(runs[0])}"
                    f"{reranked_by(runs[0].reranking())}, "
                    f"val n = {n}, α* = {selected:g}"
                )
                alt = f"Line chart of {metric} over alpha on {slug}."
                name = f"all-{slug}-{metric.replace('@', '')}"
                bands = bands_of(runs[0], load_domain(workspace, slug), metric)
                show_figure(plot_metric(curve, metric, selected, bands), name, alt, 240)


def show_plane(run: Run) -> None:
    """The heat map of both towers' α."""
    table = run.plane_table()
    if table is None:
        st.info(
            "There is no plane for this run: one of its towers does not change with α, or the sweep was asked for "
            "single α's (sweep it again without --alphas)."
        )
        return
    metric = input_metric(session.PLANE_METRIC)
    selected = run.selected().alpha
    best = best_of_plane(table, metric)
    st.caption(
        f"val, n = {int(table['n'].iloc[0])}, every point interpolated. Best {metric} {best[metric]:.3f} at image "
        f"{best['alpha_image']:g}, text {best['alpha_text']:g}; it is the best of {len(table)} points looked at, so a "
        "little flattered."
    )
    name = f"{run.info.domain}-{run.info.name}-plane-{metric.replace('@', '')}"
    alt = f"Heat map of {metric} over the alpha of the image tower and of the text tower."
    show_figure(plot_plane(table, metric, best, selected), name, alt, 480)
    st.download_button("Plane as CSV", spreadsheet_csv(table), f"{name}.csv", "text/csv")


def show_elsewhere(workspace: Workspace, domain: Domain, run: Run) -> None:
    """This run on another domain's articles, traced by α."""
    others = [slug for slug in workspace.domain_slugs() if slug != domain.info.slug]
    if not others:
        st.info("There is only one domain. Import another on the Data page to see what fine-tuning here does there.")
        return
    slug = st.selectbox("Another domain", others, width=340, **session.OTHER_DOMAIN.bound)
    slug = slug if slug in others else others[0]
    other = load_domain(workspace, slug)
    elsewhere = read_curve_elsewhere(workspace, run, other.info)
    if elsewhere is None:
        show_asking(workspace, run, slug)
        return
    metric = input_metric(session.TRACE_METRIC, "mrr@100")
    st.caption(
        "Up: better on the articles it was tuned for. Right: better on articles it has never seen the like of. Where "
        "the curve bulges beyond both ends, mixing costs nothing."
    )
    own = run.curve()
    own = own[own["split"] == "val"]
    name = f"{domain.info.slug}-{run.info.name}-on-{slug}-{metric.replace('@', '')}"
    alt = f"{metric} on {domain.info.slug} against {metric} on {slug}, traced by alpha."
    figure = plot_trace(own, elsewhere, metric, (domain.info.slug, slug), run.selected().alpha)
    show_figure(figure, name, alt, 440)
    st.download_button("Curve elsewhere as CSV", spreadsheet_csv(elsewhere), f"{name}.csv", "text/csv")


def show_asking(workspace: Workspace, run: Run, slug: str) -> None:
    """A button that has the worker compute it, then the wait for it."""
    purpose = f"elsewhere {run.folder} {slug}"
    clicked = st.button(f"Evaluate this run on {plain(slug)}", icon=":material/play_arrow:", key="elsewhere")
    if not clicked and purpose not in session.AWAITED.get():
        return
    key = (*stamp_of(run), slug)
    future = submit_once(purpose, key, curve_elsewhere, workspace, run.info.domain, run.info.name, slug)
    if future.done():
        forget(purpose)
    if result_of(future) is None:
        doing = f"Encoding {plain(slug)} at several α; seconds for tuned heads, minutes for more…"
        show_pending(future, f":material/hourglass_top: {doing}", show_error)
    else:
        st.rerun()  # the curve is there now


def show_tables(domain: Domain, run: Run) -> None:
    """Tables 1–3 and table 4 of the paper for this run, published numbers beside if asked for."""
    names = {"none": None} | {PUBLISHED[paper].name: paper for paper in PAPERS}
    label = "Published numbers beside (test set)"
    published = st.selectbox(label, list(names), width=340, **session.PAPER.bound)
    split = sidebar.input_split(domain, run)
    table = paper_table(run, domain, split, names.get(published))
    metrics = list(table_metrics())
    shown = table.shown_rows().astype(dict.fromkeys(metrics, object)).where(table.rows.notna(), "–")
    shown[metrics] = shown[metrics].map(lambda value: value if value == "–" else f"{value:.3f}")
    shown["n"] = [f"{value:.0f}" if value != "–" else "–" for value in shown["n"]]
    shown["alpha"] = [f"{alpha:g}" for alpha in table.rows["alpha"]]
    st.dataframe(shown, hide_index=True, width="stretch")
    for note in table.notes:
        st.caption(note)
    st.page_link("pages/findings/page.py", label="Is the difference significant?", icon=":material/lightbulb:")
    counts = table.table_4
    gained, lost = (f"{value:.3f}" if value is not None else "none" for value in (counts.improvement, counts.decrease))
    st.write(
        f"**Table 4.** Of the {counts.n} articles that fine-tuning improved over zero-shot (and that both models place "
        f"among the first 100), WiSE-FT moves {counts.n_improved} up by {gained} places on average and "
        f"{counts.n_decreased} down by {lost}."
        + (
            f" Published: {table.published.improvement:g} up, {table.published.decrease:g} down."
            if table.published
            else ""
        )
    )
    st.download_button("Table as CSV", render(table, "csv"), f"{run.info.domain}-{run.info.name}.csv", "text/csv")


def main() -> None:
    """Draw the page."""
    st.title("Curves")
    workspace, domain, run = sidebar.require_run()
    sidebar.show_heading(domain, run)
    views = ("This run", "All domains", "Two towers", "Elsewhere")
    view = st.segmented_control("Curves", views, default=views[0], **session.VIEW.bound)
    try:
        if view == "All domains":
            show_all_domains(workspace)
        elif view == "Two towers":
            show_plane(run)
        elif view == "Elsewhere":
            show_elsewhere(workspace, domain, run)
        else:
            show_this_run(run, domain)
        input_figure_format()
        st.subheader("Zero-shot, fine-tuning, WiSE-FT")
        show_tables(domain, run)
    except InputError as error:
        show_error(error)


main()
