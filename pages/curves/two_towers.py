"""The view "Two towers": a metric on the plane of an α for each tower. A click sets both α on all pages."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.data.domain import Domain
from core.evaluation.alpha_selection import Criterion
from core.evaluation.metrics import METRICS, table_metrics
from core.evaluation.tower_plane import best_of_plane
from core.presentation.curve_charts import PLANE_COLOURS, plot_plane
from core.presentation.print_chart import ChartFigure
from core.workspace.runs import Run
from pages.curves.component import plane_element
from pages.curves.downloads import input_downloads
from pages.shared import session
from pages.shared.alpha_position import current_position
from pages.shared.cached_results import plane_bands_of

_DIGITS = 6


def plane_of(run: Run) -> pd.DataFrame | None:
    """Return the plane of the run as a table; without one, say why and return None."""
    table = run.plane_table()
    if table is None:
        st.info(
            "This view shows a metric over two α, one for each tower. It is empty because training changed only one "
            "tower, or because the sweep used --alphas. In the second case, sweep again without it: "
            f"`rematch sweep --domain {run.info.domain} --run {run.info.name}`"
        )
    return table


def show_plane(run: Run, domain: Domain, table: pd.DataFrame, metric: Criterion) -> None:
    """Show a heat map of a metric over the α of both towers, and all metrics at a point of it."""
    best = best_of_plane(table, metric)
    with st.container(key="curves_plane"):  # its height is reserved
        with st.spinner("Computing intervals…"):
            bands = plane_bands_of(run, domain, metric)
        _show_element(run, table, metric, best, bands)
    n, how = int(table["n"].iloc[0]), "exact" if run.sweep_info().has_exact_plane else "interpolated"
    where = f"α = {best['alpha_image']:g} of the image tower and {best['alpha_text']:g} of the text tower"
    title = f"{run.info.domain} · {run.info.name} · {METRICS[metric].label}, val, n = {n:,}"
    caption = (
        f"{METRICS[metric].label} of run {run.info.name} on {run.info.domain} (val, n = {n:,}) over a WiSE-FT "
        f"coefficient α for each tower (0: zero-shot, 1: fine-tuned), {how}. Diamond: α* = "
        f"{run.selected().alpha:g} for both. Star: the highest value, {best[metric]:.3f} at {where}, chosen on the "
        f"same articles from {len(table):,} points."
    )
    figure = ChartFigure(plot_plane(table, metric, best, run.selected().alpha), title, caption)
    input_downloads(
        figure,
        f"{run.info.domain}-{run.info.name}-plane-{metric.replace('@', '')}",
        "Plane as CSV",
        lambda: table_with_intervals(run, domain, table),
        "One row for each pair of α, with the 95 % intervals of all metrics. Takes some seconds.",
    )
    st.caption(
        f"val, n = {n:,}, every point {how}. Best {metric}: {best[metric]:.3f} at {where}. The value is "
        f"slightly optimistic, because it is the best of {len(table):,} points on the same articles."
    )


def table_with_intervals(run: Run, domain: Domain, table: pd.DataFrame) -> pd.DataFrame:
    """Return the plane with domain, run, split, and columns {metric}_low and {metric}_high."""
    named = pd.DataFrame({"domain": run.info.domain, "run": run.info.name, "split": "val"}, index=table.index)
    bands = {}
    for metric in table_metrics():
        bands[f"{metric}_low"], bands[f"{metric}_high"] = plane_bands_of(run, domain, metric)
    return pd.concat([named, table], axis=1).assign(**bands).round(_DIGITS)


@st.fragment
def _show_element(
    run: Run, table: pd.DataFrame, metric: str, best: pd.Series, bands: tuple[np.ndarray, np.ndarray]
) -> None:
    """Draw the plane at the current α of all pages, which the user can set there."""
    element = session.SessionValue[Mapping[str, Any]](f"plane {run.info.domain} {run.info.name}", {})
    moved = element.get().get("moved")
    if moved is not None:
        session.TOWERS.set(True)  # Alpha then has a slider for each tower
    alphas = current_position(moved, 2, run).alphas
    plane_element(plane_data(run, table, metric, best, bands, alphas), element.key)


def plane_data(
    run: Run,
    table: pd.DataFrame,
    metric: str,
    best: pd.Series,
    bands: tuple[np.ndarray, np.ndarray],
    alphas: tuple[float, ...],
) -> dict[str, Any]:
    """Return what the component draws. alphas: the current α of the image and of the text tower."""
    metrics, selected = list(table_metrics()), run.selected().alpha
    how = "✓ exact" if run.sweep_info().has_exact_plane else "≈ interpolated"
    return {
        "alphas": list(alphas),
        "grid": sorted(table["alpha_image"].unique().tolist()),
        "metrics": [{"label": METRICS[name].label, "help": METRICS[name].help} for name in metrics],
        "shown": metrics.index(metric),
        "basis": f"val, n = {int(table['n'].iloc[0]):,}, {how}",
        "values": [table[name].round(_DIGITS).tolist() for name in metrics],
        "low": bands[0].round(_DIGITS).tolist(),
        "high": bands[1].round(_DIGITS).tolist(),
        "colours": PLANE_COLOURS,
        "marks": [
            {"kind": "zero-shot", "label": "zero-shot", "at": [0.0, 0.0]},
            {"kind": "fine-tuned", "label": "fine-tuned", "at": [1.0, 1.0]},
            {"kind": "selected", "label": f"α* = {selected:g}", "at": [selected, selected]},
            {"kind": "best", "label": "best point", "at": [float(best["alpha_image"]), float(best["alpha_text"])]},
        ],
    }
