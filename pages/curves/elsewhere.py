"""The view "Elsewhere": the metrics of a run on another domain against those on its own, along α."""

import pandas as pd
import streamlit as st

from core.data.domain import Domain
from core.evaluation.alpha_selection import Criterion
from core.evaluation.metrics import METRICS, table_metrics
from core.experiment.transfer import curve_elsewhere, read_curve_elsewhere
from core.presentation.print_chart import ChartFigure
from core.presentation.trade_off_charts import joined, plot_trace, trade_off_sentences
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from pages.curves.downloads import input_downloads
from pages.shared import session
from pages.shared.cached_results import curve_with_intervals_of, load_domain, stamp_of
from pages.shared.charts import show_figure
from pages.shared.errors import show_error
from pages.shared.help_texts import help_for
from pages.shared.text import plain
from pages.shared.worker import forget, result_of, show_pending, submit_once

_DIGITS = 6


def curve_of_other(workspace: Workspace, domain: Domain, run: Run) -> tuple[str, pd.DataFrame] | None:
    """Input another domain and return its slug and the curve of the run on it; without one, say what to do."""
    others = [slug for slug in workspace.domain_slugs() if slug != domain.info.slug]
    if not others:
        st.info(
            "This view shows what fine-tuning on this domain does to another domain. It is empty because there is only "
            "one. Import another on the Data page."
        )
        return None
    slug = st.selectbox("Another domain", others, width=340, help=help_for("Domain"), **session.OTHER_DOMAIN.bound)
    slug = slug if slug in others else others[0]
    elsewhere = read_curve_elsewhere(workspace, run, load_domain(workspace, slug).info)
    if elsewhere is None:
        _input_evaluation(workspace, run, slug)
        return None
    return slug, elsewhere


def show_elsewhere(domain: Domain, run: Run, slug: str, elsewhere: pd.DataFrame, metric: Criterion) -> None:
    """Show the metric on both domains along α, which α are Pareto-optimal, and the downloads."""
    names = (domain.info.slug, slug)
    own = curve_with_intervals_of(run, domain, (metric,))
    both = joined(own, elsewhere, metric)
    sentences = trade_off_sentences(both, metric, names)
    st.write(plain(sentences))
    name = f"{names[0]}-{run.info.name}-on-{slug}-{metric.replace('@', '')}"
    alt = f"{metric} on {names[0]} against {metric} on {slug}, traced by alpha."
    chart = plot_trace(both, metric, names, run.selected().alpha)
    show_figure(chart, name, alt, 440, has_camera=False)
    label, n = METRICS[metric].label, f"val, n = {_n(own):,} and {_n(elsewhere):,}"
    title = f"{names[0]} and {slug} · {run.info.name} · {label}, {n} · 95 % intervals"
    caption = (
        f"{label} of run {run.info.name} on its own domain {names[0]} against {slug} ({n}), along the WiSE-FT "
        f"coefficient α. Thick: Pareto-optimal α. Bars: 95 % bootstrap intervals over articles. {sentences}"
    )
    input_downloads(
        ChartFigure(chart, title, caption),
        name,
        "Both curves as CSV",
        lambda: _table(run, domain, slug, elsewhere),
        "One row for each domain and swept α, with the 95 % intervals of all metrics.",
    )
    st.caption(
        "Up: better on the training domain. Right: better on the other domain. Thick: Pareto-optimal, so no other α is "
        "at least as good on both domains and better on one. Bars: 95 % intervals. α* was chosen on these articles of "
        "the training domain, so it is slightly too high there. Other ways to mix: question trade-off on Findings."
    )


def _table(run: Run, domain: Domain, slug: str, elsewhere: pd.DataFrame) -> pd.DataFrame:
    """Return both curves with their intervals: domain, run, measured_on, alpha, n, metrics."""
    curves = {domain.info.slug: curve_with_intervals_of(run, domain, table_metrics()), slug: elsewhere}
    parts = []
    for measured_on, curve in curves.items():
        named = {"domain": run.info.domain, "run": run.info.name, "measured_on": measured_on}
        parts.append(pd.concat([pd.DataFrame(named, index=curve.index), curve], axis=1))
    return pd.concat(parts, ignore_index=True).round(_DIGITS)


def _n(curve: pd.DataFrame) -> int:
    return int(curve["n"].iloc[0])


def _input_evaluation(workspace: Workspace, run: Run, slug: str) -> None:
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
