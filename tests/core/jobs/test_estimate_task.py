"""What a training would take: of the right order, without leaving a trace, and the cache taken into account."""

import subprocess
import sys
from dataclasses import replace

import pytest

from core.data.query_text import Reading
from core.errors import InputError
from core.experiment import measure_time
from core.experiment.train import train_run
from core.jobs.estimate_task import Estimate, estimate
from core.training.settings import Settings

SETTINGS = Settings(tune="all", epochs=2, lr=1e-3, batch_size=16)


@pytest.fixture(autouse=True)
def without_imports(monkeypatch):
    """Loading torch once more takes longer than all else here."""
    monkeypatch.setattr(measure_time, "_IMPORTS", "pass")


def files_below(folder):
    return {path for path in folder.rglob("*") if path.is_file()}


def test_it_changes_nothing_and_grows_with_the_epochs(shapes_domain, workspace, tiny_name):
    before = files_below(workspace.root)
    short = estimate(workspace, "shapes", tiny_name, SETTINGS, Reading("title"))
    assert short.encoding > 0
    assert short.seconds == short.starting + short.encoding + short.epochs + short.sweep
    long = estimate(workspace, "shapes", tiny_name, replace(SETTINGS, epochs=200), Reading("title"))
    assert long.epochs > 10 * short.epochs
    assert files_below(workspace.root) == before
    assert files_below(workspace.cache) == set()


@pytest.mark.parametrize("tune", ["head", "all"])
def test_what_is_in_the_cache_costs_nothing(shapes_domain, workspace, tiny_name, tune):
    settings = replace(SETTINGS, tune=tune)
    train_run(shapes_domain, tiny_name, settings, Reading("title"), "cpu", workspace)
    kept = files_below(workspace.cache)
    assert estimate(workspace, "shapes", tiny_name, settings, Reading("title")).encoding == 0
    assert files_below(workspace.cache) == kept


def test_what_is_wrong_is_said_as_the_training_would(shapes_domain, workspace, tiny_name):
    with pytest.raises(InputError, match="--tune heads: expected head, text"):
        estimate(workspace, "shapes", tiny_name, replace(SETTINGS, tune="heads"), Reading("title"))
    with pytest.raises(InputError, match="no domain 'nowhere'"):
        estimate(workspace, "nowhere", tiny_name, SETTINGS, Reading("title"))


def test_the_door_is_light():
    """The app's process names the function and must not load torch for it."""
    rooms = "core.jobs.estimate_task, core.workspace.unfinished_runs, core.jobs.background, core.training.settings"
    script = f"import sys, {rooms}; print('torch' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "False"


def test_the_total_is_the_sum():
    assert Estimate(1, 2, 3, 4).seconds == 10
