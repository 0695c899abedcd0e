"""Jobs on the pages: a killed job has failed and can be resumed, and a restarted app finds running jobs."""

import os
import signal
import subprocess
import threading
import time

import pytest
import streamlit as st

from core.data.domain import Domain
from core.data.query_text import Reading
from core.experiment.train import train_run
from core.jobs import background
from core.jobs.job import Job
from core.training.settings import Settings
from core.workspace.folders import Workspace
from core.workspace.unfinished_runs import load_unfinished
from tests.pages.conftest import Open
from tests.stand_in_job import StartedJob

Started = list[StartedJob]


@pytest.fixture
def started(stand_in) -> Started:
    """Real processes that sleep in place of a verb, and the verbs they were to be."""
    return stand_in("sleep")


def until(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def kill(workspace: Workspace, job: Job, process: subprocess.Popen) -> None:
    until(lambda: background.status(workspace, job).log != [])
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


def button(app, label: str):
    return next(each for each in app.button if each.label == label)


@pytest.fixture
def stopped(shapes_domain: Domain, workspace: Workspace, tiny_name: str) -> str:
    """Return the name of a training that was stopped after its first epoch."""

    class StoppedError(Exception):
        pass

    def stop(epoch) -> None:
        if epoch.epoch == 2:
            raise StoppedError

    settings = Settings(tune="head", epochs=2, lr=0.01, batch_size=16)
    with pytest.raises(StoppedError):
        train_run(shapes_domain, tiny_name, settings, Reading("title"), "cpu", workspace, stop)
    return load_unfinished(workspace, "shapes")[0].info.name


def test_a_training_that_was_killed_has_failed_and_is_resumed_from_the_page(
    stopped, workspace, open_page: Open, started
):
    background.start(workspace, Job("train", "shapes"), ["train"])
    kill(workspace, Job("train", "shapes"), started[0].process)
    app = open_page("train")
    assert not app.exception
    assert "process ended" in app.error[0].value.replace("\\", "")
    assert app.code[0].value == "one line"
    button(app, "Resume").click().run()
    assert not app.exception
    assert app.header[0].value == "Training now"
    assert started[1].verb == ["train", "--domain=shapes", f"--resume={stopped}", "--sweep"]


def test_an_analysis_that_was_killed_is_reported_and_can_be_repeated(run, workspace, open_page: Open, started):
    background.start(workspace, Job("analyse", "shapes"), ["analyse"])
    kill(workspace, Job("analyse", "shapes"), started[0].process)
    app = open_page("findings")
    assert not app.exception
    assert "process ended" in app.error[0].value.replace("\\", "")
    next(each for each in app.button if each.label.startswith("Compute all")).click().run()
    assert not app.exception
    assert started[1].verb[:2] == ["analyse", "--domain=shapes"]


def test_an_import_that_was_killed_shows_its_last_lines_and_step(workspace, open_page: Open, started):
    background.start(workspace, Job("import", "news"), ["import"])
    until(lambda: background.status(workspace, Job("import", "news")).label == "Sleeping")
    kill(workspace, Job("import", "news"), started[0].process)
    app = open_page("data")
    assert not app.exception
    (error,) = [each.value for each in app.error if "process ended" in each.value]
    assert "Sleeping, 3 of 7" in error.replace("\\", "")
    assert "one line" in [each.value for each in app.code]


@pytest.mark.parametrize("page", ["data", "findings", "train"])
def test_a_job_that_found_no_room_for_its_error_says_that(page, run, workspace, open_page: Open):
    job = {"data": "import-shapes", "findings": "analyse-shapes", "train": "train-shapes"}[page]
    folder = workspace.root / "jobs" / job
    folder.mkdir(parents=True)
    (folder / "log.txt").touch()
    (folder / "running.lock").touch()
    (folder / "status.txt").write_text("1 ")
    app = open_page(page)
    assert not app.exception
    assert any("disk of the workspace" in each.value.replace("\\", "") for each in app.error)


def test_a_second_click_starts_nothing(shapes_domain, workspace, open_page: Open, started):
    app = open_page("train")
    again = open_page("train")  # another tab, drawn before the first click
    button(app, "Start training").click().run()
    button(again, "Start training").click().run()
    assert not again.exception
    assert again.header[0].value == "Training now"
    assert len(started) == 1


def test_eight_windows_that_click_at_once_start_one_job(workspace, started):
    results: list[bool] = []
    threads = [
        threading.Thread(target=lambda: results.append(background.start(workspace, Job("train", "shapes"), ["train"])))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False] * 7 + [True]
    assert len(started) == 1


def test_many_who_look_are_not_taken_for_the_job(workspace, started):
    """Reading a job's status takes no lock that another reader could mistake for a running job."""
    background.start(workspace, Job("train", "shapes"), ["train"])
    kill(workspace, Job("train", "shapes"), started[0].process)
    seen: set[str] = set()
    end = threading.Event()

    def look() -> None:
        while not end.is_set():
            seen.add(background.status(workspace, Job("train", "shapes")).state)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(1.0)
        assert seen == {"failed"}
        assert background.start(workspace, Job("train", "shapes"), ["train"])
    finally:
        end.set()
        for thread in threads:
            thread.join()


def test_an_app_that_was_restarted_finds_the_job_again(shapes_domain, workspace, open_page: Open, started):
    button(open_page("train"), "Start training").click().run()
    st.cache_resource.clear()
    st.cache_data.clear()
    app = open_page("train")
    assert app.header[0].value == "Training now"
    kill(workspace, Job("train", "shapes"), started[0].process)
    app = open_page("train")
    assert not app.exception
    assert "failed" in app.error[0].value
    assert button(app, "Start training")
