"""Jobs on a page: a progress bar while they run, and one line for each finished job until the user closes it.

A page shows the jobs of all sessions, because a job is identified by its kind and its domain.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from core.errors import InputError, RematchError
from core.jobs import background
from core.jobs.background import JobStatus
from core.jobs.job import Job, Kind, jobs_of
from core.jobs.log import LINES_SHOWN
from core.workspace.folders import Workspace
from pages.shared import session
from pages.shared.errors import show_error, show_log, without_paths
from pages.shared.form_words import in_form_words
from pages.shared.text import counted, plain


@dataclass(frozen=True)
class JobKind:
    """A command that runs as a job, and its texts; {} is replaced by the domain's slug.

    unchanged: returns a sentence about what a failure left unchanged, or "". show_next_steps: draws what the user can
    do after success.
    """

    kind: Kind
    noun: str
    doing: str
    done: str
    failed: str
    unchanged: Callable[[Workspace, str], str]
    show_next_steps: Callable[[Workspace, str], None]

    def job_of(self, slug: str) -> Job:
        """Return the job of this kind for a domain."""
        return Job(self.kind, slug)

    def start(self, workspace: Workspace, slug: str, verb: list[str]) -> None:
        """Start the job. Raises InputError if a job of this kind is running for the domain."""
        if not background.start(workspace, self.job_of(slug), verb):
            raise InputError(f"{self.doing.format(slug)} is already running. Wait until it has ended, then try again.")
        session.STARTED_JOBS.set(session.STARTED_JOBS.get() | {self.job_of(slug)})


@dataclass(frozen=True)
class _Ended:
    """A job that has ended.

    at: time of its last output, in seconds. mine: whether this session started it.
    """

    job: Job
    status: JobStatus
    at: float
    mine: bool


def show_jobs(workspace: Workspace, kind: JobKind) -> None:
    """Show the running jobs of a kind, and one line for each job that ended and was not closed.

    Jobs of other sessions share one line, except the last that ended, so that they take little space.
    """
    ended: list[_Ended] = []
    started = session.STARTED_JOBS.get()
    for job in jobs_of(workspace, kind.kind):
        status = background.status(workspace, job)
        if status.state == "running":
            show_running(workspace, job, kind.doing.format(job.slug))
        elif status.state != "never started":
            at = (job.folder(workspace) / "log.txt").stat().st_mtime
            ended.append(_Ended(job, status, at, job in started))
    ended.sort(key=lambda end: (end.mine, end.at), reverse=True)
    lines = [end for number, end in enumerate(ended) if end.mine or number == 0]
    for end in lines:
        with st.expander(_line(kind, end), expanded=end is lines[0] and end.mine):
            _show_ended(workspace, kind, end.job, end.status)
    if others := ended[len(lines) :]:
        failed = sum(end.status.state == "failed" for end in others)
        with st.expander(f"{counted(len(others), f'earlier {kind.noun}')}, {failed} failed"):
            for end in others:
                _show_ended(workspace, kind, end.job, end.status)
    if len(ended) > 1:
        jobs = [end.job for end in ended]
        st.button(f"Close all {len(ended)}", key=f"close_all_{kind.kind}", on_click=_close_all, args=(workspace, jobs))


def _line(kind: JobKind, end: _Ended) -> str:
    """Return the label of the expander: how the job ended."""
    icon = {"done": ":material/check_circle:", "cancelled": ":material/stop_circle:"}.get(
        end.status.state, ":material/error:"
    )
    return f"{icon} {plain((kind.done if end.status.state == 'done' else kind.failed).format(end.job.slug))}"


def show_bar(status: JobStatus, doing: str) -> None:
    """Show the progress of the job's current step."""
    share = min(1.0, status.done / status.total) if status.total else 0.0
    st.progress(share, plain(f"{doing} {status.label}, {status.amount}. You can leave this page."))


def output_of(status: JobStatus) -> str:
    """Return the last lines of the command's result; of its log if it wrote no result."""
    return "\n".join(status.log if status.result is None else status.result.text.splitlines()[-LINES_SHOWN:])


def why_failed(status: JobStatus) -> str:
    """Return the error that the command wrote; else why there is none, with the last step."""
    if status.error is not None:
        return status.error.sentence
    if status.exit_status is None:
        at = f"{status.label}, {status.amount}" if status.done else status.label
        step = f" Its last step: {at}." if at else ""
        return f"Its process ended without an error message; it was killed or ran out of memory.{step}"
    return (
        "It wrote no error message: the disk of the workspace is full, or an earlier version of Rematch ran the job. "
        "Free some space on that disk and start it again."
    )


@st.fragment(run_every=1.0)
def watch_job(
    workspace: Workspace, job: Job, show: Callable[[JobStatus], None], is_over: Callable[[JobStatus], bool]
) -> None:
    """Draw the job's status every second with `show`; redraw the whole page when `is_over` returns True."""
    status = background.status(workspace, job)
    if is_over(status):
        st.rerun()
    show(status)


def input_cancel(workspace: Workspace, job: Job, question: str) -> None:
    """Input that the job is to be cancelled, after a dialog with `question`."""
    if session.UNCONFIRMED.get() != (action := ("cancel", str(job))):
        st.button(
            "Cancel", key=f"cancel_{job}", icon=":material/stop:", on_click=session.UNCONFIRMED.set, args=(action,)
        )
        return
    st.write(plain(question))
    with st.container(horizontal=True):
        st.button("Yes, stop it", key=f"cancel_yes_{job}", type="primary", on_click=cancel, args=(workspace, job))
        st.button("No, continue", key=f"cancel_no_{job}", on_click=session.UNCONFIRMED.reset)


def show_cancelled(sentence: str) -> None:
    """Show that a user cancelled a job, which is no error."""
    st.info(plain(sentence), icon=":material/stop_circle:")


def show_running(workspace: Workspace, job: Job, doing: str) -> None:
    """Show the progress of a job and a button that cancels it; report its end in a toast."""

    def show(status: JobStatus) -> None:
        show_bar(status, f"{doing}:")
        input_cancel(workspace, job, f"{doing}: stop it? What is finished remains.")

    def is_over(status: JobStatus) -> bool:
        if status.state != "running":
            st.toast(plain(f"{doing} has ended: {status.state}."))
        return status.state != "running"

    watch_job(workspace, job, show, is_over)


def _show_ended(workspace: Workspace, kind: JobKind, job: Job, status: JobStatus) -> None:
    slug = str(job.slug)
    if status.state == "done":
        st.success(plain(f"{kind.done.format(slug)}."), icon=":material/check_circle:")
        st.text(in_form_words(without_paths(output_of(status))))
        kind.show_next_steps(workspace, slug)
    elif status.state == "cancelled":
        show_cancelled(f"{kind.failed.format(slug)}: a user cancelled it. {kind.unchanged(workspace, slug)}")
    else:
        sentence = f"{kind.failed.format(slug)}: {why_failed(status)} {kind.unchanged(workspace, slug)}"
        show_error(in_form_words(sentence), ":material/error:")
        if status.error is None:
            st.caption("Its last output:")
            show_log(status.log, "No output.")
    st.button("Close", key=f"close_{job}", on_click=close, args=(workspace, job))


def cancel(workspace: Workspace, job: Job) -> None:
    """Cancel a job, and report in a toast if that is not possible yet. For callbacks."""
    session.UNCONFIRMED.reset()
    try:
        background.cancel(workspace, job)
    except RematchError as error:
        st.toast(plain(without_paths(str(error))))


def close(workspace: Workspace, job: Job) -> None:
    """Delete the record of a job that ended, and report in a toast if the disk is read-only. For callbacks."""
    try:
        background.clear(workspace, job)
    except RematchError as error:
        st.toast(plain(without_paths(str(error))))


def _close_all(workspace: Workspace, jobs: Sequence[Job]) -> None:
    for job in jobs:
        close(workspace, job)
