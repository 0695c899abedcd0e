"""Watching what runs elsewhere without holding the page: a job, or a task of the model worker."""

from collections.abc import Callable
from concurrent.futures import Future

import streamlit as st

from core.jobs import background
from core.jobs.background import JobStatus
from core.jobs.job import Job
from core.workspace.folders import Workspace

JOB_SECONDS = 1.0
WORKER_SECONDS = 0.3


@st.fragment(run_every=JOB_SECONDS)
def watch_job(
    workspace: Workspace, job: Job, show: Callable[[JobStatus], None], is_over: Callable[[JobStatus], bool]
) -> None:
    """Draw the job's status every second with `show`; once `is_over`, draw the whole page again."""
    status = background.status(workspace, job)
    if is_over(status):
        st.rerun()
    show(status)


@st.fragment(run_every=WORKER_SECONDS)
def watch_worker(future: Future, sentence: str, show: Callable[[str], object] = st.caption) -> None:
    """Say with `show` what is being computed; once it is done, draw the whole page again."""
    if future.done():
        st.rerun()
    show(sentence)
