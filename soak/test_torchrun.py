"""`torchrun … -m core train` as a user types it: one run, one answer, and one error whichever process fails."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch.distributed as dist

from core.data.domain import Domain
from core.workspace.folders import Workspace

ROOT = Path(__file__).parents[1]
SECONDS = 120  # a hang is a failure; each of these takes ten on two idle cores
LAUNCHER = ["-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1", "--nproc-per-node", "2"]
# Python runs this at the start of every process.
REGISTER_TINY_MODEL = """
import os
if "RANK" in os.environ:
    import open_clip
    open_clip.add_model_config({config!r})
"""

Ended = subprocess.CompletedProcess[str]


@pytest.fixture
def train(shapes_domain: Domain, tiny_name: str) -> list[str]:
    """Arguments of the command that trains the heads of the tiny CLIP on the shapes."""
    return ["-m", "core", "train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "head", "--epochs", "2"]


@pytest.fixture
def environment(tiny_name: str, tmp_path: Path) -> dict[str, str]:
    config = Path(tiny_name.partition(":")[2]).with_suffix(".json")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(REGISTER_TINY_MODEL.format(config=str(config)))
    loopback = "lo0" if sys.platform == "darwin" else "lo"
    return os.environ | {
        "PYTHONPATH": str(tmp_path / "site"), "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": loopback,
    }  # fmt: skip


@pytest.fixture
def torchrun(environment: dict[str, str]) -> Callable[[list[str]], Ended]:
    def run(arguments: list[str]) -> Ended:
        command = [sys.executable, *LAUNCHER, *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS)

    return run


@pytest.fixture
def two_left_alone(environment: dict[str, str], train: list[str]) -> Callable[..., list[Ended]]:
    """Start two processes as torchrun does, but without ending one because the other has failed."""

    def run(**second_environment: str) -> list[Ended]:
        store = dist.TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
        shared = environment | {
            "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(store.port),
            "TORCHELASTIC_RUN_ID": "test", "TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_RESTART_COUNT": "0",
        }  # fmt: skip
        started = [
            subprocess.Popen(
                [sys.executable, *train],
                cwd=ROOT, env=shared | {"RANK": number, "LOCAL_RANK": number} | own,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for number, own in (("0", {}), ("1", second_environment))
        ]  # fmt: skip
        try:
            outputs = [process.communicate(timeout=SECONDS) for process in started]
        finally:
            for process in started:
                process.kill()
        return [Ended([], process.returncode, *output) for process, output in zip(started, outputs, strict=True)]

    return run


def test_two_processes_make_one_run_and_give_one_answer(torchrun, train, workspace: Workspace):
    done = torchrun([*train, "--json"])
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert [row["epoch"] for row in record["history"]] == [0, 1, 2]
    assert np.isfinite([row["train_loss"] for row in record["history"][1:]]).all()
    assert [folder.name for folder in workspace.runs_folder("shapes").iterdir()] == [record["run"]]


def test_an_error_of_all_processes_is_in_the_report_of_torchrun(torchrun):
    failed = torchrun(["-m", "core", "train", "--domain", "nowhere"])
    assert failed.returncode != 0
    # The main process prints the error unless torchrun stops it first.
    assert len(re.findall("^error: .*'nowhere'", failed.stderr, re.MULTILINE)) <= 1
    report = failed.stderr.partition("Root Cause")[2]
    assert re.search("InputError: .*'nowhere'", report)
    assert "exitcode  : 2" in report
    assert failed.stdout == ""


def test_an_error_of_one_process_is_in_its_error_file_and_ends_the_main_process(two_left_alone, workspace, tmp_path):
    error_file = tmp_path / "error.json"
    main, second = two_left_alone(REMATCH_WORKSPACE=str(tmp_path / "stale"), TORCHELASTIC_ERROR_FILE=str(error_file))
    assert (main.returncode, second.returncode) == (1, 2)
    assert second.stderr == ""
    message = json.loads(error_file.read_text())["message"]["message"]
    assert re.match("InputError: .*'shapes'", message)
    assert str(tmp_path / "stale") in message
    assert not workspace.runs_folder("shapes").exists()


def test_a_folder_that_cannot_be_written_ends_all_processes(two_left_alone, workspace):
    (workspace.root / "runs").write_text("no folder")
    main, second = two_left_alone()
    assert (main.returncode, second.returncode) == (1, 1)
    assert main.stderr.count("runs is a file") == 1
    assert second.stderr == ""
