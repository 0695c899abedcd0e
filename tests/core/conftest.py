"""A finished run of a tiny model, as most rooms of the workspace need it."""

import pytest

from core.data.domain import Domain
from core.data.query_text import Reading
from core.experiment.loaded_run import LoadedRun, open_run
from core.experiment.train import train_run
from core.training.settings import Settings
from core.workspace.folders import Workspace
from core.workspace.runs import Run


@pytest.fixture
def run(shapes_domain: Domain, workspace: Workspace, tiny_name: str) -> Run:
    """TinyClip tuned whole; with little training, so that nothing bends wildly."""
    settings = Settings(tune="all", epochs=2, lr=1e-3, batch_size=16)
    return train_run(shapes_domain, tiny_name, settings, Reading(), "cpu", workspace)[0]


@pytest.fixture
def opened(run: Run, shapes_domain: Domain, workspace: Workspace) -> LoadedRun:
    return open_run(run, shapes_domain, workspace, "cpu")
