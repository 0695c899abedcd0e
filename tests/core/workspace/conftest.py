"""A finished run of a tiny model, as most rooms of the workspace need it."""

import pytest

from core.data.domain import Domain
from core.data.reading import Reading
from core.training.settings import Settings
from core.workspace.places import Places
from core.workspace.runs import Run
from core.workspace.training import train_run
from core.workspace.tuned import TunedExperiment, open_run


@pytest.fixture
def run(shapes_domain: Domain, places: Places, tiny_name: str) -> Run:
    """TinyClip tuned whole; with little training, so that nothing bends wildly."""
    settings = Settings(tune="all", epochs=2, lr=1e-3, batch_size=16)
    return train_run(shapes_domain, tiny_name, settings, Reading(), "cpu", places)[0]


@pytest.fixture
def opened(run: Run, shapes_domain: Domain, places: Places) -> TunedExperiment:
    return open_run(run, shapes_domain, places, "cpu")
