"""A training in a process of its own is stopped by Ctrl-C, SIGTERM and kill -9, and goes on to the same weights."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from core.data.domain import Domain
from core.workspace.folders import Workspace
from core.workspace.runs import find_run

ROOT = Path(__file__).parents[1]
SECONDS = 120
# A training of many short epochs, so that there is time to stop it.
TRAIN = ["--tune", "lora:2", "--epochs", "60", "--lr", "0.001", "--batch-size", "16"]
KNOW_THE_TINY_MODEL = """
import open_clip, sys
open_clip.add_model_config({config!r})
from core.cli.main import main
from core.jobs.signals import stop_on_sigterm
stop_on_sigterm()
sys.exit(main())
"""


@pytest.fixture
def start(shapes_domain: Domain, tiny_name: str):
    """Start `train --domain shapes` with more arguments, as a process."""
    config = Path(tiny_name.partition(":")[2]).with_suffix(".json")
    script = KNOW_THE_TINY_MODEL.format(config=str(config))
    started = []

    def run(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", script, "train", "--domain", "shapes", *arguments]
        # Ctrl-C counts even where the tests themselves run in the background, which ignores it.
        heed: dict[str, Any] = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        started.append(subprocess.Popen(command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, **pipes, **heed))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()


def wait_for(file: Path, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + SECONDS
    while not file.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_stopped_in_any_way_it_goes_on_to_the_same_weights(start, workspace: Workspace, tiny_name):
    name = "tinyclip-lora2-1"
    folder = workspace.runs_folder("shapes") / name
    first = start("--encoder", tiny_name, *TRAIN)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        wait_for(folder / "checkpoint.safetensors", first)
        before = (folder / "checkpoint.safetensors").stat().st_mtime_ns
        while (folder / "checkpoint.safetensors").stat().st_mtime_ns == before:
            assert first.poll() is None
            time.sleep(0.01)
        first.send_signal(number)
        _, said = first.communicate(timeout=SECONDS)
        if number == signal.SIGKILL:
            assert first.returncode == -signal.SIGKILL
        else:
            assert (first.returncode, said) == (
                1, f"error: training stopped; resume with: rematch train --domain shapes --resume {name}\n"
            )  # fmt: skip
            assert not list(folder.glob(".*.tmp*")), "nothing half-written is left"
        assert not (folder / "run.toml").exists()
        first = start("--resume", name)
    whole = start("--encoder", tiny_name, *TRAIN)
    assert [each.wait(timeout=SECONDS) for each in (first, whole)] == [0, 0]
    stopped, never = (find_run(workspace, "shapes", each) for each in (name, "tinyclip-lora2-2"))
    assert stopped.info.fine_tuned == never.info.fine_tuned
    assert (stopped.folder / "history.csv").read_text() == (never.folder / "history.csv").read_text()
    assert {file.name for file in stopped.folder.iterdir()} == {"run.toml", "weights.safetensors", "history.csv"}
