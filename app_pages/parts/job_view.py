"""Jobs about a domain: a bar while one goes on, and what it said when it has ended, until somebody closes it.

Whoever started them, and wherever: a job is found by its name, which is its verb's and the domain's.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from app_pages.parts.failures import show_error, show_log, without_paths
from app_pages.parts.words import plain
from core.errors import InputError, RematchError
from core.workspace import jobs
from core.workspace.jobs import JobStatus
from core.workspace.places import Places


@dataclass(frozen=True)
class JobKind:
    """A verb that runs as a job, and how it is spoken of; {} stands for the domain's slug.

    comfort: what is as it was when it failed, a sentence or nothing. show_ways_on: what can be done when it is done.
    """

    verb: str
    doing: str
    done: str
    failed: str
    comfort: Callable[[Places, str], str]
    show_ways_on: Callable[[Places, str], None]

    def job_of(self, slug: str) -> str:
        """The job's name."""
        return f"{self.verb}-{slug}"

    def start(self, places: Places, slug: str, verb: list[str]) -> None:
        """Start the job. Raises InputError if one of this kind is going on for the domain."""
        if not jobs.start(places, self.job_of(slug), verb):
            raise InputError(f"{self.doing.format(slug)} is going on at this moment; wait for its end.")


def show_jobs(places: Places, kind: JobKind) -> None:
    """Every job of a kind that is running, and how those have ended that nobody has closed yet."""
    for folder in sorted((places.workspace / "jobs").glob(f"{kind.verb}-*")):
        slug, status = folder.name.removeprefix(f"{kind.verb}-"), jobs.status(places, folder.name)
        if status.state == "running":
            _watch(places, kind, slug)
        elif status.state != "never started":
            _show_ended(places, kind, slug, status)


def show_bar(status: JobStatus, doing: str) -> None:
    """How far the job's present step is."""
    share = min(1.0, status.done / status.total) if status.total else 0.0
    st.progress(share, plain(f"{doing} {status.label}, {status.amount}. You can leave this page."))


def why_failed(status: JobStatus) -> str:
    """The error that the job's verb printed; else whether it could print none, or was killed, and at which step."""
    said = next((line for line in reversed(status.log) if line.startswith("error: ")), "")
    stack = next((line for line in status.log if line.startswith("ended by ")), "")
    if status.exit_status is None:
        at = f"{status.label}, {status.amount}" if status.done else status.label
        why = f"its process ended before it could say why (killed, or out of memory, perhaps). Its last step: {at}."
    else:
        why = "it could not write down why, since the disk of the workspace is full. Make room there, and start again."
    return said.removeprefix("error: ") or stack or why


@st.fragment(run_every=1.0)
def _watch(places: Places, kind: JobKind, slug: str) -> None:
    job = kind.job_of(slug)
    status = jobs.status(places, job)
    if status.state != "running":
        st.toast(plain(f"{kind.doing.format(slug)} has ended: {status.state}."))
        st.rerun()
    show_bar(status, f"{kind.doing.format(slug)}:")
    st.button("Cancel", key=f"cancel_{job}", on_click=cancel, args=(places, job))


def _show_ended(places: Places, kind: JobKind, slug: str, status: JobStatus) -> None:
    job = kind.job_of(slug)
    with st.container(border=True):
        if status.state == "done":
            st.success(plain(f"{kind.done.format(slug)}."), icon=":material/check_circle:")
            st.text(without_paths("\n".join(line for line in status.log if not line.startswith("next: "))))
            kind.show_ways_on(places, slug)
        else:
            why = "cancelled." if status.state == "cancelled" else why_failed(status)
            sentence = f"{kind.failed.format(slug)}: {why} {kind.comfort(places, slug)}"
            show_error(sentence, ":material/error:")
            if status.state == "failed" and status.exit_status is None:
                st.caption("The last lines that it printed:")
                show_log(status.log, "none")
        st.button("Close", key=f"close_{job}", on_click=close, args=(places, job))


def cancel(places: Places, job: str) -> None:
    """Ask a job to end; too early is said in passing. For callbacks."""
    try:
        jobs.cancel(places, job)
    except RematchError as error:  # too early
        st.toast(plain(without_paths(str(error))))


def close(places: Places, job: str) -> None:
    """Forget how a job ended; in a workspace that cannot be written it stays, which is said. For callbacks."""
    try:
        jobs.clear(places, job)
    except RematchError as error:
        st.toast(plain(without_paths(str(error))))
