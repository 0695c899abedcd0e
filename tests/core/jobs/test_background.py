"""Long work in a process of its own: started once, watched from anywhere."""

import json
import os
import subprocess
import sys
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

SLEEPER = """
import sys, time
from pathlib import Path
from filelock import FileLock
from core.progress import progress_reporter
folder = Path(sys.argv[1])
with FileLock(folder / "running.lock"):
    with progress_reporter("Sleeping") as report:
        report(3, 7)
        print("one line", flush=True)
        while not (folder / "wake").exists():
            time.sleep(0.05)
    (folder / "status.txt").write_text("0")
"""


def wait(workspace: Workspace, job: Job, until: Callable[[JobStatus], bool], seconds: float = 60) -> JobStatus:
    end = time.monotonic() + seconds
    while not until(status := background.status(workspace, job)):
        assert time.monotonic() < end, status
        time.sleep(0.05)
    return status


@pytest.fixture
def sleeper(monkeypatch):
    """Replace the command of a job by a process that sleeps until a file `wake` appears in the job's folder."""
    popen = subprocess.Popen

    def start(arguments, **options):
        return popen([sys.executable, "-c", SLEEPER, arguments[3]], **options)

    monkeypatch.setattr(background.subprocess, "Popen", start)


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


UNEXPECTED = """
import sys
from pathlib import Path
from core.cli import job_runner
import core.cli.main

core.cli.main.main = lambda verb: 1 / 0
sys.exit(job_runner.run(Path(sys.argv[1]), []))
"""


def test_an_unexpected_error_is_named_by_its_kind_and_gone_with_the_next_job(workspace, monkeypatch):
    popen = subprocess.Popen
    with monkeypatch.context() as patch:
        run = lambda words, **options: popen([sys.executable, "-c", UNEXPECTED, words[3]], **options)  # noqa: E731
        patch.setattr(background.subprocess, "Popen", run)
        assert background.start(workspace, Job("import", "list"), ["runs"])
        ended = wait(workspace, Job("import", "list"), lambda status: status.state != "running")
    assert ended.error is not None
    assert (ended.state, ended.error.kind) == ("failed", "ZeroDivisionError")
    assert background.start(workspace, Job("import", "list"), ["runs"])
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


def test_a_job_whose_process_was_killed_has_failed(workspace, sleeper, monkeypatch):
    started = []
    popen = background.subprocess.Popen
    monkeypatch.setattr(background.subprocess, "Popen", lambda *a, **o: started.append(popen(*a, **o)) or started[-1])
    background.start(workspace, DEMO, ["demo"])
    wait(workspace, DEMO, lambda status: status.log != [])
    started[0].kill()
    started[0].wait()
    assert wait(workspace, DEMO, lambda status: status.state != "running").state == "failed"


@pytest.mark.skipif(not hasattr(os, "getsid"), reason="sessions are POSIX's")
def test_a_job_outlives_the_terminal_of_the_app(workspace, sleeper, monkeypatch):
    started = []
    popen = background.subprocess.Popen
    monkeypatch.setattr(background.subprocess, "Popen", lambda *a, **o: started.append(popen(*a, **o)) or started[-1])
    background.start(workspace, DEMO, ["demo"])
    wait(workspace, DEMO, lambda status: status.log != [])
    assert os.getsid(started[0].pid) != os.getsid(0)
    (workspace.root / "jobs" / "demo" / "wake").touch()
    started[0].wait()


BUSY = """
import sys, time
from pathlib import Path
from core.errors import InputError
from core.cli import job_runner
import core.cli.main

def main(verb):
    print("busy", flush=True)
    try:
        while True:
            time.sleep(0.05)
    finally:
        print("tidied up", flush=True)

core.cli.main.main = main
sys.exit(job_runner.run(Path(sys.argv[1]), []))
"""


@pytest.fixture
def busy(monkeypatch):
    """Replace the command of a job by one that never ends."""
    popen, started = subprocess.Popen, []

    def start(arguments, **options):
        started.append(popen([sys.executable, "-c", BUSY, arguments[3]], **options))
        return started[-1]

    monkeypatch.setattr(background.subprocess, "Popen", start)
    yield started
    for process in started:
        process.kill()
        process.wait()


def test_a_job_that_is_cancelled_tidies_up_and_says_so(workspace, busy):
    background.start(workspace, Job("train", "news"), ["train"])
    wait(workspace, Job("train", "news"), lambda status: status.log != [])
    background.cancel(workspace, Job("train", "news"))
    busy[0].wait(timeout=30)
    status = wait(workspace, Job("train", "news"), lambda status: status.state != "running")
    assert status.state == "cancelled"
    assert "tidied up" in status.log
    assert background.start(workspace, Job("train", "news"), ["train"]), "it can be started again"
    wait(workspace, Job("train", "news"), lambda status: status.log != [])
    busy[1].kill()
    busy[1].wait()
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


ENDING = """
import sys, time
from pathlib import Path
from core.cli import job_runner
import core.cli.main
from core.jobs.records import write_error
folder = Path(sys.argv[1])

def main(verb):
    print("at work", flush=True)
    while not (folder / "wake").exists():
        time.sleep(0.05)
    if STATUS:
        write_error("InputError", "why " * 500)
    return STATUS

core.cli.main.main = main
sys.exit(job_runner.run(folder, []))
"""


@pytest.mark.parametrize(("status", "state"), [(0, "done"), (2, "failed")])
def test_a_disk_that_fills_up_does_not_change_how_a_job_ended(tmp_path, monkeypatch, status, state):
    popen, started = subprocess.Popen, []

    def start(arguments, **options):
        started.append(popen([sys.executable, "-c", ENDING.replace("STATUS", str(status)), arguments[3]], **options))
        return started[-1]

    with mounted(tmp_path / "disk", 1) as disk:
        workspace = Workspace(disk.folder / "workspace", disk.folder / "cache")
        with monkeypatch.context() as patch:
            patch.setattr(background.subprocess, "Popen", start)
            background.start(workspace, Job("import", "news"), ["import"])
        wait(workspace, Job("import", "news"), lambda status: status.log != [])
        wake = workspace.root / "jobs" / "import-news" / "wake"
        with disk.with_room_for(0):
            wake.touch()
            started[0].wait(timeout=60)
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
