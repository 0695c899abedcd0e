"""Jobs: watched while they run, a bar for each, and one line for each that has ended, until it is closed.

Those of other sessions are shown, too: a job is found by its kind and domain.
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
    """A verb that runs as a job, and how it is spoken of; {} stands for the domain's slug.

    comfort: what is as it was when it failed, a sentence or nothing. show_ways_on: what can be done when it is done.
    """

    kind: Kind
    noun: str
    doing: str
    done: str
    failed: str
    comfort: Callable[[Workspace, str], str]
    show_ways_on: Callable[[Workspace, str], None]

    def job_of(self, slug: str) -> Job:
        """The job of this kind that works on a domain."""
        return Job(self.kind, slug)

    def start(self, workspace: Workspace, slug: str, verb: list[str]) -> None:
        """Start the job. Raises InputError if one of this kind is going on for the domain."""
        if not background.start(workspace, self.job_of(slug), verb):
            raise InputError(f"{self.doing.format(slug)} is going on at this moment; wait for its end.")
        session.STARTED_JOBS.set(session.STARTED_JOBS.get() | {self.job_of(slug)})


@dataclass(frozen=True)
class _Ended:
    """A job that has ended. at: when it last printed something, in seconds; mine: started in this session."""

    job: Job
    status: JobStatus
    at: float
    mine: bool


def show_jobs(workspace: Workspace, kind: JobKind) -> None:
    """Show the running jobs of a kind, and one line each for those that ended and were not closed.

    Jobs of other sessions, but for the last to end, share a line, so that they do not push the page down.
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
    """How the job ended, as the line that opens the rest."""
    icon = {"done": ":material/check_circle:", "cancelled": ":material/stop_circle:"}.get(
        end.status.state, ":material/error:"
    )
    return f"{icon} {plain((kind.done if end.status.state == 'done' else kind.failed).format(end.job.slug))}"


def show_bar(status: JobStatus, doing: str) -> None:
    """How far the job's present step is."""
    share = min(1.0, status.done / status.total) if status.total else 0.0
    st.progress(share, plain(f"{doing} {status.label}, {status.amount}. You can leave this page."))


def what_it_found(status: JobStatus) -> str:
    """The end of the answer of the job's verb; of what it printed, if it wrote none."""
    return "\n".join(status.log if status.result is None else status.result.text.splitlines()[-LINES_SHOWN:])


def why_failed(status: JobStatus) -> str:
    """The error that the job's verb wrote; else whether it could write none, or was killed, and at which step."""
    if status.error is not None:
        return status.error.sentence
    if status.exit_status is None:
        at = f"{status.label}, {status.amount}" if status.done else status.label
        return f"its process ended before it could say why (killed, or out of memory, perhaps). Its last step: {at}."
    return (
        "it left no record of why: perhaps the disk of the workspace is full, or an earlier version of Rematch ran it. "
        "Make room there, and start again."
    )


@st.fragment(run_every=1.0)
def watch_job(
    workspace: Workspace, job: Job, show: Callable[[JobStatus], None], is_over: Callable[[JobStatus], bool]
) -> None:
    """Draw the job's status every second with `show`; once `is_over`, draw the whole page again."""
    status = background.status(workspace, job)
    if is_over(status):
        st.rerun()
    show(status)


def show_running(workspace: Workspace, job: Job, doing: str) -> None:
    """Show how far a job is and a button that cancels it, until it has ended, which is said in passing."""

    def show(status: JobStatus) -> None:
        show_bar(status, f"{doing}:")
        st.button("Cancel", key=f"cancel_{job}", on_click=cancel, args=(workspace, job))

    def is_over(status: JobStatus) -> bool:
        if status.state != "running":
            st.toast(plain(f"{doing} has ended: {status.state}."))
        return status.state != "running"

    watch_job(workspace, job, show, is_over)


def _show_ended(workspace: Workspace, kind: JobKind, job: Job, status: JobStatus) -> None:
    slug = str(job.slug)
    if status.state == "done":
        st.success(plain(f"{kind.done.format(slug)}."), icon=":material/check_circle:")
        st.text(in_form_words(without_paths(what_it_found(status))))
        kind.show_ways_on(workspace, slug)
    elif status.state == "cancelled":
        st.info(plain(f"{kind.failed.format(slug)}: cancelled. {kind.comfort(workspace, slug)}"))
    else:
        sentence = f"{kind.failed.format(slug)}: {why_failed(status)} {kind.comfort(workspace, slug)}"
        show_error(in_form_words(sentence), ":material/error:")
        if status.error is None:
            st.caption("The last lines that it printed:")
            show_log(status.log, "none")
    st.button("Close", key=f"close_{job}", on_click=close, args=(workspace, job))


def cancel(workspace: Workspace, job: Job) -> None:
    """Ask a job to end; too early is said in passing. For callbacks."""
    try:
        background.cancel(workspace, job)
    except RematchError as error:  # too early
        st.toast(plain(without_paths(str(error))))


def close(workspace: Workspace, job: Job) -> None:
    """Forget how a job ended; in a workspace that cannot be written it stays, which is said. For callbacks."""
    try:
        background.clear(workspace, job)
    except RematchError as error:
        st.toast(plain(without_paths(str(error))))


def _close_all(workspace: Workspace, jobs: Sequence[Job]) -> None:
    for job in jobs:
        close(workspace, job)
