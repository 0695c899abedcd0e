"""Comparison of a domain's runs: different settings, metrics and training curves."""

import plotly.graph_objects as go
import streamlit as st

from core.evaluation.models import Model
from core.presentation.language_notes import MARK, language_mark
from core.presentation.run_tables import NOTE, compared, differing_settings
from core.presentation.theme import MODEL_COLOURS, NEUTRAL, VALUE, hover
from core.workspace.folders import Workspace
from core.workspace.runs import Run, load_runs
from pages.shared import session
from pages.shared.charts import show_figure
from pages.shared.help_texts import help_for
from pages.train.manage_runs import input_actions, show_notice

HISTORY = {"val mrr@100": "val_mrr@100", "val recall@1": "val_recall@1", "training loss": "train_loss"}
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
_SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up")
COMPARED = len(_DASHES)


def show_earlier_runs(workspace: Workspace, slug: str) -> None:
    """Show the table of runs and their training curves, or the empty state."""
    every = list(reversed(load_runs(workspace, slug)))
    st.header("Earlier runs of this domain", help=help_for("Run"))
    if not every:
        st.write(
            "Here you will compare settings and results of the domain's runs. There are none yet: start a training "
            "above, and it appears here when it has finished."
        )
        return
    runs = [run for run in every if not run.is_archived]
    if len(runs) < len(every) and st.toggle(
        f"Show archived runs ({len(every) - len(runs)})", key=session.ARCHIVED_RUNS.key
    ):
        runs = every
    show_notice()
    if not runs:
        st.write("All runs of this domain are archived. Show them with the switch above, to restore one.")
        return
    table = compared(runs)
    metrics = [name for name in map(str, table) if "@" in name]
    # Rounded in Python as on all pages; the browser would round halves up.
    table[metrics] = table[metrics].astype(float).map(lambda value: float(f"{value:.3f}"))
    same = " No setting differs between them." if len(runs) > 1 and differing_settings(runs).empty else ""
    st.caption(f"Newest first, with the settings that differ.{same} Metrics on val. {NOTE}")
    if any(run.is_archived for run in runs):
        table.insert(1, "archived", [run.is_archived for run in runs])
    selected = st.dataframe(
        table,
        key=f"runs {slug} {' '.join(run.info.name for run in runs)}",  # rows of another table are not selected
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        width="stretch",
        column_config={name: st.column_config.NumberColumn(format="%.3f") for name in metrics}
        | {"lr": st.column_config.NumberColumn(format="%.1e")},
    )
    input_actions(workspace, slug, [runs[row] for row in selected["selection"]["rows"] if row < len(runs)])
    if any(language_mark(run) for run in runs):
        st.caption(f"{MARK} The encoder does not read the language of the articles, so the numbers say little.")
    _show_histories({run.info.name: run for run in runs})


def _show_histories(runs: dict[str, Run]) -> None:
    names = st.multiselect(
        "Training curves of",
        list(runs),
        help=help_for("Run", also=f"At most {COMPARED} runs."),
        default=list(runs)[:3],
        max_selections=COMPARED,
        **session.COMPARED_RUNS.bound,
    )
    measure = st.segmented_control(
        "Curve",
        list(HISTORY),
        default="val mrr@100",
        help=help_for("MRR@100", "Recall@k"),
        **session.COMPARED_CURVE.bound,
    )
    chosen = [runs[name] for name in names if name in runs]
    if not chosen:
        st.caption("Choose runs to see their curves.")
        return
    label = measure or "val mrr@100"
    described = f"Line chart of {label} over the epochs of {', '.join(run.info.name for run in chosen)}."
    show_figure(plot_histories(chosen, label), "training-histories", described, 340)


def plot_histories(runs: list[Run], label: str) -> go.Figure:
    """Plot one line for each run, with its own dash and symbol; the first in colour."""
    figure = go.Figure()
    for index, run in enumerate(runs[:COMPARED]):
        history = run.history()
        figure.add_scatter(
            x=history["epoch"],
            y=history[HISTORY[label]],
            name=run.info.name,
            showlegend=True,
            mode="lines+markers",
            line={"color": NEUTRAL if index else MODEL_COLOURS[Model.FINE_TUNED], "dash": _DASHES[index]},
            marker={"symbol": _SYMBOLS[index], "size": 8},
            hovertemplate=f"{hover('y', VALUE)} after epoch %{{x}}",
        )
    figure.update_xaxes(title="epoch (0 is zero-shot)")
    figure.update_yaxes(title=label, rangemode="tozero")
    return figure
