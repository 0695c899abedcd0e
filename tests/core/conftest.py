"""A finished run of a tiny model, trained once per session, as most tests of the library need it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from core.data.domain import Domain
from core.data.query_text import Reading
from core.training.settings import Settings
from core.workspace.folders import Workspace
from core.workspace.runs import Run, find_run
from tests.snapshots import Snapshots

if TYPE_CHECKING:  # it imports torch
    from core.experiment.loaded_run import LoadedRun

TrainOnce = Callable[..., Run]


@pytest.fixture
def train_once(shapes_domain: Domain, workspace: Workspace, tiny_name: str, snapshots: Snapshots) -> TrainOnce:
    """Return a function that trains TinyClip on the shapes; equal settings are trained once and copied afterwards."""

    def train(settings: Settings, reading: Reading = Reading()) -> Run:
        def make(fresh: Workspace) -> None:
            from core.experiment.train import train_run

            snapshots.restore("shapes", fresh, lambda _: None)
            train_run(fresh.load_domain("shapes"), tiny_name, settings, reading, "cpu", fresh)

        snapshots.restore((settings, reading), workspace, make)
        return find_run(workspace, "shapes", None)

    return train


@pytest.fixture
def run(train_once: TrainOnce) -> Run:
    """TinyClip tuned whole; with little training, so that nothing bends wildly."""
    return train_once(Settings(tune="all", epochs=2, lr=1e-3, batch_size=16))


@pytest.fixture
def loaded_run(run: Run, shapes_domain: Domain, workspace: Workspace) -> LoadedRun:
    from core.experiment.loaded_run import open_run

    return open_run(run, shapes_domain, workspace, "cpu")
