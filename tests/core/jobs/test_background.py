"""Long work in a process of its own: started once, watched from anywhere."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import InputError
from core.jobs import background
from core.jobs.background import JobStatus
from core.jobs.job import DEMO, Job
from core.workspace.folders import Workspace
from tests.disks import mounted
from tests.stand_in_job import StartedJob


def wait(workspace: Workspace, job: Job, until: Callable[[JobStatus], bool], seconds: float = 60) -> JobStatus:
    end = time.monotonic() + seconds
    while not until(status := background.status(workspace, job)):
        assert time.monotonic() < end, status
        time.sleep(0.05)
    return status


@pytest.fixture
def sleeper(stand_in) -> list[StartedJob]:
    """What is started sleeps until a file `wake` appears in the job's folder."""
    return stand_in("sleep")


def test_a_job_that_never_was(workspace):
    assert background.status(workspace, DEMO) == JobStatus("never started", "", 0, None, [])


def test_a_job_that_downloads_tells_bytes_and_speed(workspace, sleeper):
    assert background.start(workspace, DEMO, ["demo"])
    folder = workspace.root / "jobs" / "demo"
    wait(workspace, DEMO, lambda status: status.label == "Sleeping")
    assert background.status(workspace, DEMO).amount == "3 of 7"
    step = {"label": "Downloading", "done": 2_000_000, "total": 8_000_000, "unit": "B", "speed": 500_000.0}
    (folder / "progress.json").write_text(json.dumps(step))
    assert background.status(workspace, DEMO).amount == "2.0 of 8.0 MB, 0.5 MB/s, less than a minute left"
    (folder / "wake").touch()
    wait(workspace, DEMO, lambda status: status.state == "done")


def test_a_job_ends_as_done_and_keeps_what_it_printed(workspace):
    assert background.start(workspace, Job("import", "list"), ["runs"])
    status = wait(workspace, Job("import", "list"), lambda status: status.state != "running")
    assert status.state == "done"
    assert "no domains yet" in status.log[0]
    assert status.result is not None
    assert status.result.record == {"runs": []}
    assert "no domains yet" in status.result.text
    assert status.error is None


def test_a_job_that_fails_says_why(workspace):
    assert background.start(workspace, Job("import", "list"), ["report", "--domain", "nowhere"])
    status = wait(workspace, Job("import", "list"), lambda status: status.state != "running")
    assert status.state == "failed"
    assert "'nowhere'" in status.log[-1]
    assert status.error is not None
    assert (status.error.kind, status.result) == ("InputError", None)
    assert "'nowhere'" in status.error.sentence


def test_an_unexpected_error_is_named_by_its_kind_and_gone_with_the_next_job(workspace, stand_in):
    stand_in("crash")
    assert background.start(workspace, Job("import", "list"), ["runs"])
    ended = wait(workspace, Job("import", "list"), lambda status: status.state != "running")
    assert ended.error is not None
    assert (ended.state, ended.error.kind) == ("failed", "ZeroDivisionError")
    stand_in("sleep")
    assert background.start(workspace, Job("import", "list"), ["runs"])
    (workspace.root / "jobs" / "import-list" / "wake").touch()
    assert wait(workspace, Job("import", "list"), lambda status: status.state == "done").error is None


def test_a_job_runs_once_at_a_time_and_can_be_started_anew(workspace, sleeper):
    assert background.start(workspace, DEMO, ["demo"])
    assert not background.start(workspace, DEMO, ["demo"]), "from the first moment on"
    assert background.status(workspace, DEMO).state == "running"
    status = wait(workspace, DEMO, lambda status: status.log != [])
    assert (status.state, status.label, status.done, status.total) == ("running", "Sleeping", 3, 7)
    assert status.log == ["one line"]
    assert not background.start(workspace, DEMO, ["demo"])
    (workspace.root / "jobs" / "demo" / "wake").touch()
    assert wait(workspace, DEMO, lambda status: status.state != "running").state == "done"
    assert background.start(workspace, DEMO, ["demo"])
    wait(workspace, DEMO, lambda status: status.state == "done")


def test_a_job_whose_process_was_killed_has_failed(workspace, sleeper):
    background.start(workspace, DEMO, ["demo"])
    wait(workspace, DEMO, lambda status: status.log != [])
    sleeper[0].process.kill()
    sleeper[0].process.wait()
    assert wait(workspace, DEMO, lambda status: status.state != "running").state == "failed"


@pytest.mark.skipif(not hasattr(os, "getsid"), reason="sessions are POSIX's")
def test_a_job_outlives_the_terminal_of_the_app(workspace, sleeper):
    background.start(workspace, DEMO, ["demo"])
    wait(workspace, DEMO, lambda status: status.log != [])
    assert os.getsid(sleeper[0].process.pid) != os.getsid(0)


def test_a_job_that_is_cancelled_tidies_up_and_says_so(workspace, stand_in):
    started = stand_in("never end")
    background.start(workspace, Job("train", "news"), ["train"])
    wait(workspace, Job("train", "news"), lambda status: status.log != [])
    background.cancel(workspace, Job("train", "news"))
    started[0].process.wait(timeout=30)
    status = wait(workspace, Job("train", "news"), lambda status: status.state != "running")
    assert status.state == "cancelled"
    assert "tidied up" in status.log
    assert background.start(workspace, Job("train", "news"), ["train"]), "it can be started again"
    wait(workspace, Job("train", "news"), lambda status: status.log != [])
    started[1].process.kill()
    started[1].process.wait()
    assert background.status(workspace, Job("train", "news")).state == "failed", "an old wish to cancel does not count"


def test_cancelling_what_does_not_run_changes_nothing(workspace):
    background.cancel(workspace, Job("train", "news"))
    assert background.status(workspace, Job("train", "news")).state == "never started"
    background.start(workspace, Job("import", "list"), ["runs"])
    wait(workspace, Job("import", "list"), lambda status: status.state == "done")
    background.cancel(workspace, Job("import", "list"))
    assert background.status(workspace, Job("import", "list")).state == "done"
    background.clear(workspace, Job("import", "list"))
    assert background.status(workspace, Job("import", "list")).state == "never started"


@pytest.mark.parametrize("name", ["", "../up", "a/b", "A", "a b", ".", "a--b", "a\n"])
def test_a_jobs_name_cannot_leave_the_workspace(workspace, name):
    for ask in (
        background.status,
        background.cancel,
        background.clear,
        lambda *asked: background.start(*asked, ["runs"]),
    ):
        with pytest.raises(InputError, match="cannot name a job"):
            ask(workspace, Job("train", name))


@pytest.mark.parametrize(("verb", "status", "state"), [("succeed", 0, "done"), ("fail", 2, "failed")])
def test_a_disk_that_fills_up_does_not_change_how_a_job_ended(tmp_path, stand_in, verb, status, state):
    started = stand_in(verb)
    with mounted(tmp_path / "disk", 1) as disk:
        workspace = Workspace(disk.folder / "workspace", disk.folder / "cache")
        background.start(workspace, Job("import", "news"), ["import"])
        wait(workspace, Job("import", "news"), lambda status: status.log != [])
        wake = workspace.root / "jobs" / "import-news" / "wake"
        with disk.with_room_for(0):
            wake.touch()
            started[0].process.wait(timeout=60)
            ended = background.status(workspace, Job("import", "news"))
            assert (ended.state, ended.exit_status, ended.log) == (state, status, ["at work"])
            assert (ended.error is not None) == (state == "failed"), "the space of its error is reserved too"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_job_whose_words_find_no_room_still_leaves_its_status(tmp_path, monkeypatch):
    """The error of a verb goes to the log, which is on the full disk."""
    popen = subprocess.Popen
    monkeypatch.setattr(
        background.subprocess, "Popen", lambda words, **options: popen(words, **options | {"stdout": full})
    )
    workspace = Workspace(tmp_path / "workspace", tmp_path / "cache")
    with Path("/dev/full").open("wb") as full:
        background.start(workspace, Job("import", "list"), ["report", "--domain", "nowhere"])
        ended = wait(workspace, Job("import", "list"), lambda status: status.state != "running")
    assert (ended.state, ended.exit_status, ended.log) == ("failed", 2, [])
