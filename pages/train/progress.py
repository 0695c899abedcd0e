"""A training as the Train page shows it: going on, ended, or stopped and waiting to be resumed."""

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
from core.workspace.runs import Run, load_runs
from core.workspace.unfinished_runs import Unfinished, load_unfinished
from pages.shared import session
from pages.shared.charts import show_figure
from pages.shared.errors import show_error, show_log, without_paths
from pages.shared.jobs import close, show_bar, watch_job, what_it_found, why_failed
from pages.shared.sidebar import choose_run, selection
from pages.shared.text import counted, plain

CHART_HEIGHT = 260
VAL_METRICS = ("val_mrr@100", "val_recall@1")


def start(workspace: Workspace, slug: str, verb: list[str]) -> None:
    """Start a training, or say that one is going on already."""
    session.UNCONFIRMED.reset()
    session.TRAINING_NOTICE.reset()
    try:
        with st.spinner("Starting…"):
            started = background.start(workspace, Job("train", slug), verb)
    except RematchError as error:
        session.TRAINING_NOTICE.set(f"The training could not be started: {plain(str(error))}")
        return
    if not started:
        session.TRAINING_NOTICE.set("A training of this domain is going on already; it is the one shown here.")


def show_training(workspace: Workspace, slug: str) -> bool:
    """What goes on, or how the last one ended; True while something goes on."""
    if told := session.TRAINING_NOTICE.get():
        session.TRAINING_NOTICE.reset()
        st.warning(plain(without_paths(told)))
    job = Job("train", slug)
    status = background.status(workspace, job)
    if status.state == "running" or _going_on(workspace, slug):
        show, is_over = partial(_show_running, workspace, slug), partial(_is_over, workspace, slug)
        watch_job(workspace, job, show, is_over)
        return True
    _show_ended(workspace, slug, status)
    return False


def _going_on(workspace: Workspace, slug: str) -> Unfinished | None:
    """The training that a process holds now: this page's job, or one from a terminal."""
    return next((each for each in reversed(load_unfinished(workspace, slug)) if each.is_running), None)


def _is_over(workspace: Workspace, slug: str, status: JobStatus) -> bool:
    return status.state != "running" and _going_on(workspace, slug) is None


def _show_running(workspace: Workspace, slug: str, status: JobStatus) -> None:
    training = _going_on(workspace, slug)
    with st.container(border=True):
        st.subheader("Training now")
        if status.state == "running":
            show_bar(status, "")
        else:
            st.caption("Started in a terminal, so it can be stopped only there.")
        if training is not None:
            _show_growing(training)
        if status.state == "running":
            with st.expander("What it says"):
                show_log(status.log, "nothing yet")
            _input_cancel(workspace, slug)


def _show_growing(training: Unfinished) -> None:
    info, history = training.info, training.history()
    done = max(0, len(history) - 1)
    st.caption(
        f"{plain(info.name)}: {plain(info.encoder)}, {plain(info.settings.tune)} tuned · "
        f"{done} of {counted(info.settings.epochs, 'epoch')} done"
    )
    if len(history):
        show_history(history, info.settings.epochs, f"history-{info.name}")
    else:
        st.caption("The curves begin as soon as the articles are encoded and zero-shot is measured.")


def show_history(history: pd.DataFrame, epochs: int, name: str) -> None:
    """Val metrics and loss over the epochs, as far as they are; the axis is as long as the training will be."""
    last = history.iloc[-1]
    said = (
        f"after epoch {int(last['epoch'])}: val mrr@100 {last['val_mrr@100']:.3f}, recall@1 {last['val_recall@1']:.3f}"
    )
    with st.grid("auto", min_column_width=300, gap="small"):
        show_figure(
            plot_val(history, epochs), f"{name}-val", f"Line chart of val over the epochs; {said}.", CHART_HEIGHT
        )
        show_figure(
            plot_loss(history, epochs), f"{name}-loss", "Line chart of the training loss of each epoch.", CHART_HEIGHT
        )


def plot_val(history: pd.DataFrame, epochs: int) -> go.Figure:
    """mrr@100 and recall@1 on val after each epoch; epoch 0 is zero-shot."""
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
    """The mean loss of each epoch's batches."""
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


def _input_cancel(workspace: Workspace, slug: str) -> None:
    if session.UNCONFIRMED.get() != ("cancel", slug):
        ask = session.UNCONFIRMED.set
        st.button("Cancel", key="cancel", icon=":material/stop:", on_click=ask, args=(("cancel", slug),))
        return
    st.write("Stop this training? Full epochs are kept, and it can be resumed.")
    with st.container(horizontal=True):
        cancel = partial(background.cancel, workspace, Job("train", slug))
        st.button("Yes, stop it", key="cancel_yes", type="primary", on_click=_do_confirmed, args=(cancel,))
        st.button("No, go on", key="cancel_no", on_click=session.UNCONFIRMED.reset)


def _do_confirmed(action: Callable[[], object]) -> None:
    session.UNCONFIRMED.reset()
    try:
        action()
    except RematchError as error:
        session.TRAINING_NOTICE.set(str(error))


def _show_ended(workspace: Workspace, slug: str, status: JobStatus) -> None:
    """How the last job of this domain ended, until it is closed."""
    if status.state == "never started":
        return
    with st.container(border=True):
        if status.state == "done":
            st.success("The training is finished.", icon=":material/check_circle:")
            st.text(without_paths(what_it_found(status)))
            name = None if status.result is None else status.result.record.get("run")
            for run in load_runs(workspace, slug):
                if run.info.name == name and run.is_swept:
                    _show_ways_on(run)
        elif status.state == "cancelled":
            st.info("The training was cancelled.", icon=":material/stop_circle:")
        else:
            show_error(f"The training failed: {why_failed(status)}", ":material/error:")
            with st.expander("Its last lines"):
                show_log(status.log, "nothing")
        st.button("Close", key="close_training", on_click=close, args=(workspace, Job("train", slug)))


def _show_ways_on(run: Run) -> None:
    """To the pages that show the new run, once it is the one chosen in the sidebar: links keep what is chosen there."""
    now = selection().run
    if now is None or now.info.name != run.info.name:
        st.button("Choose this run", key="choose_new_run", on_click=choose_run, args=(run.info.name,))
        return
    with st.container(horizontal=True):
        st.page_link("pages/alpha/page.py", label="Drag its α", icon=":material/tune:")
        st.page_link("pages/curves/page.py", label="See its curves", icon=":material/show_chart:")


def show_unfinished(workspace: Workspace, slug: str) -> None:
    """Trainings that were stopped, each to be resumed or discarded, and runs that still lack their sweep."""
    stopped = [each for each in load_unfinished(workspace, slug) if not each.is_running]
    unswept = [run for run in load_runs(workspace, slug) if not run.is_swept]
    if not stopped and not unswept:
        return
    st.subheader("Unfinished")
    for training in stopped:
        _show_stopped(workspace, slug, training)
    for run in unswept:
        name = run.info.name
        with st.container(border=True):
            st.markdown(f"**{plain(name)}** is trained; α has not been swept, so no page shows it yet.")
            verb = ["sweep", f"--domain={slug}", f"--run={name}"]
            st.button("Sweep α", key=f"sweep_{name}", on_click=start, args=(workspace, slug, verb))


def _show_stopped(workspace: Workspace, slug: str, training: Unfinished) -> None:
    info, done = training.info, max(0, len(training.history()) - 1)
    name = info.name
    reached = f"after {done} of {info.settings.epochs} epochs" if done else "before its first epoch was full"
    with st.container(border=True):
        st.markdown(f"**{plain(name)}** — {plain(info.encoder)}, {plain(info.settings.tune)} tuned; stopped {reached}.")
        if session.UNCONFIRMED.get() == ("discard", name):
            st.write("Discard it? What it learned is lost.")
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
