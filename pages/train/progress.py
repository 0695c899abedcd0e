"""Trainings on the Train page: running, ended, or stopped and waiting to be resumed."""

from collections.abc import Callable
from functools import partial

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.errors import RematchError
from core.evaluation.models import Model
from core.jobs import background
from core.jobs.background import JobStatus
from core.jobs.job import Job
from core.presentation.theme import MODEL_COLOURS, NEUTRAL, VALUE, hover
from core.workspace.folders import Workspace
from core.workspace.runs import Run, active_runs, load_runs
from core.workspace.unfinished_runs import Unfinished, load_unfinished
from pages.page_files import page_file
from pages.shared import session
from pages.shared.charts import show_figure
from pages.shared.errors import show_error, show_log, without_paths
from pages.shared.help_texts import help_for
from pages.shared.jobs import close, input_cancel, output_of, show_bar, show_cancelled, watch_job, why_failed
from pages.shared.sidebar import choose_run, selection
from pages.shared.text import counted, plain

CHART_HEIGHT = 260
VAL_METRICS = ("val_mrr@100", "val_recall@1")


def start(workspace: Workspace, slug: str, verb: list[str]) -> None:
    """Start a training; store a notice if that fails or one is running already. For callbacks."""
    session.UNCONFIRMED.reset()
    session.TRAINING_NOTICE.reset()
    try:
        with st.spinner("Starting…"):
            started = background.start(workspace, Job("train", slug), verb)
    except RematchError as error:
        session.TRAINING_NOTICE.set(f"The training could not be started: {plain(str(error))}")
        return
    if not started:
        session.TRAINING_NOTICE.set(
            "Your training was not started, because one of this domain is already running. This page shows it."
        )


def show_training(workspace: Workspace, slug: str) -> bool:
    """Show the running training, or how the last one ended; return whether one is running."""
    if notice := session.TRAINING_NOTICE.get():
        session.TRAINING_NOTICE.reset()
        st.warning(plain(without_paths(notice)))
    job = Job("train", slug)
    status = background.status(workspace, job)
    if status.state == "running" or _running(workspace, slug):
        show, is_over = partial(_show_running, workspace, slug), partial(_is_over, workspace, slug)
        watch_job(workspace, job, show, is_over)
        return True
    _show_ended(workspace, slug, status)
    return False


def _running(workspace: Workspace, slug: str) -> Unfinished | None:
    """Return the training that a process runs: the job of this page, or one from a terminal."""
    return next((training for training in reversed(load_unfinished(workspace, slug)) if training.is_running), None)


def _is_over(workspace: Workspace, slug: str, status: JobStatus) -> bool:
    return status.state != "running" and _running(workspace, slug) is None


def _show_running(workspace: Workspace, slug: str, status: JobStatus) -> None:
    training = _running(workspace, slug)
    with st.container(border=True):
        st.header("Training now")
        if status.state == "running":
            show_bar(status, "")
        else:
            st.caption("It was started in a terminal. To stop it, press Ctrl+C there.")
        if training is not None:
            _show_history_so_far(training)
        if status.state == "running":
            with st.expander("Log"):
                show_log(status.log, "No output yet.")
            input_cancel(
                workspace,
                Job("train", slug),
                "Stop this training? Rematch keeps the finished epochs, and you can resume it later.",
            )


def _show_history_so_far(training: Unfinished) -> None:
    info, history = training.info, training.history()
    done = max(0, len(history) - 1)
    st.caption(
        f"{plain(info.name)}: {plain(info.encoder)}, {plain(info.settings.tune)} tuned · "
        f"{done} of {counted(info.settings.epochs, 'epoch')} done"
    )
    if len(history):
        show_history(history, info.settings.epochs, f"history-{info.name}")
    else:
        st.caption("The curves appear after the articles are encoded and zero-shot is measured.")


def show_history(history: pd.DataFrame, epochs: int, name: str) -> None:
    """Show val metrics and loss over the finished epochs, on an axis for all epochs."""
    last = history.iloc[-1]
    values = (
        f"after epoch {int(last['epoch'])}: val mrr@100 {last['val_mrr@100']:.3f}, recall@1 {last['val_recall@1']:.3f}"
    )
    with st.grid("auto", min_column_width=300, gap="small"):
        show_figure(
            plot_val(history, epochs), f"{name}-val", f"Line chart of val over the epochs; {values}.", CHART_HEIGHT
        )
        show_figure(
            plot_loss(history, epochs), f"{name}-loss", "Line chart of the training loss of each epoch.", CHART_HEIGHT
        )


def plot_val(history: pd.DataFrame, epochs: int) -> go.Figure:
    """Plot mrr@100 and recall@1 on val after each epoch; epoch 0 is zero-shot."""
    figure = go.Figure()
    for metric, dash in zip(VAL_METRICS, ("solid", "dot"), strict=True):
        figure.add_scatter(
            x=history["epoch"],
            y=history[metric],
            name=metric.replace("_", " "),
            mode="lines+markers",
            line={"color": MODEL_COLOURS[Model.FINE_TUNED], "dash": dash},
            marker={
                "color": [MODEL_COLOURS[Model.ZERO_SHOT], *[MODEL_COLOURS[Model.FINE_TUNED]] * (len(history) - 1)],
                "size": 7,
            },
            hovertemplate=f"{hover('y', VALUE)} after epoch %{{x}}",
        )
    figure.update_xaxes(title="epoch (0 is zero-shot)", range=[-0.2, epochs + 0.2])
    figure.update_yaxes(rangemode="tozero")
    return figure


def plot_loss(history: pd.DataFrame, epochs: int) -> go.Figure:
    """Plot the mean training loss of each epoch."""
    trained = history.dropna(subset=["train_loss"])
    figure = go.Figure()
    figure.add_scatter(
        x=trained["epoch"],
        y=trained["train_loss"],
        name="training loss",
        showlegend=True,
        mode="lines+markers",
        line={"color": NEUTRAL},
        marker={"size": 7},
        hovertemplate=f"{hover('y', VALUE)} in epoch %{{x}}",
    )
    figure.update_xaxes(title="epoch", range=[-0.2, epochs + 0.2])
    return figure


def _do_confirmed(action: Callable[[], object]) -> None:
    session.UNCONFIRMED.reset()
    try:
        action()
    except RematchError as error:
        session.TRAINING_NOTICE.set(str(error))


def _show_ended(workspace: Workspace, slug: str, status: JobStatus) -> None:
    """Show how the last job of this domain ended, until the user closes it."""
    if status.state == "never started":
        return
    with st.container(border=True):
        if status.state == "done":
            st.success("The training is finished.", icon=":material/check_circle:")
            st.text(without_paths(output_of(status)))
            name = None if status.result is None else status.result.record.get("run")
            for run in load_runs(workspace, slug):
                if run.info.name == name and run.is_swept:
                    _show_next_steps(run)
        elif status.state == "cancelled":
            show_cancelled("A user cancelled the training. You can resume it below if it has finished an epoch.")
        else:
            show_error(f"The training failed: {why_failed(status)}", ":material/error:")
            with st.expander("Last lines of the log"):
                show_log(status.log, "No output.")
        st.button("Close", key="close_training", on_click=close, args=(workspace, Job("train", slug)))


def _show_next_steps(run: Run) -> None:
    """Show links to the pages of the new run, after a button that chooses it: links use the run of the sidebar."""
    now = selection().run
    if now is None or now.info.name != run.info.name:
        st.button(
            "Choose this run", key="choose_new_run", on_click=choose_run, args=(run.info.name,), help=help_for("Run")
        )
        return
    with st.container(horizontal=True):
        st.page_link(page_file("alpha"), label="Drag its α", icon=":material/tune:")
        st.page_link(page_file("curves"), label="See its curves", icon=":material/show_chart:")


def show_unfinished(workspace: Workspace, slug: str) -> None:
    """Show stopped trainings, to resume or discard, and runs without a sweep."""
    stopped = [training for training in load_unfinished(workspace, slug) if not training.is_running]
    unswept = [run for run in active_runs(workspace, slug) if not run.is_swept]
    if not stopped and not unswept:
        return
    st.header("Unfinished", help=help_for("Run", "Sweep"))
    for training in stopped:
        _show_stopped(workspace, slug, training)
    for run in unswept:
        name = run.info.name
        with st.container(border=True):
            st.markdown(f"**{plain(name)}** is trained, but has no sweep of α yet, so no other page shows it.")
            verb = ["sweep", f"--domain={slug}", f"--run={name}"]
            st.button(
                "Sweep α",
                key=f"sweep_{name}",
                on_click=start,
                args=(workspace, slug, verb),
                help=help_for("Sweep", "α (alpha)"),
            )


def _show_stopped(workspace: Workspace, slug: str, training: Unfinished) -> None:
    info, done = training.info, max(0, len(training.history()) - 1)
    name = info.name
    progress = f"after {done} of {info.settings.epochs} epochs" if done else "before the end of its first epoch"
    with st.container(border=True):
        st.markdown(
            f"**{plain(name)}** — {plain(info.encoder)}, {plain(info.settings.tune)} tuned; stopped {progress}."
        )
        if session.UNCONFIRMED.get() == ("discard", name):
            st.write("Discard this training? Its weights will be deleted.")
            with st.container(horizontal=True):
                discard = training.discard
                st.button("Yes, discard it", key=f"discard_yes_{name}", on_click=_do_confirmed, args=(discard,))
                st.button("No, keep it", key=f"discard_no_{name}", on_click=session.UNCONFIRMED.reset)
            return
        verb = ["train", f"--domain={slug}", f"--resume={name}", "--sweep"]
        with st.container(horizontal=True):
            st.button(
                "Resume",
                key=f"resume_{name}",
                icon=":material/play_arrow:",
                on_click=start,
                args=(workspace, slug, verb),
            )
            st.button("Discard", key=f"discard_{name}", on_click=session.UNCONFIRMED.set, args=(("discard", name),))
