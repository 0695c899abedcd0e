"""How long a training would take on this machine, measured on a few seconds of it.

This door is light, so that a page can name it; the model worker goes through it to `core.experiment.measure_time`.
"""

from dataclasses import dataclass

from core.data.query_text import Reading
from core.training.settings import Settings
from core.workspace.folders import Workspace


@dataclass(frozen=True)
class Estimate:
    """Seconds. starting: until models are loaded; encoding: what is not in the cache yet; epochs: with val; sweep."""

    starting: float
    encoding: float
    epochs: float
    sweep: float

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.starting + self.encoding + self.epochs + self.sweep


def estimate(workspace: Workspace, slug: str, encoder: str, settings: Settings, text: Reading) -> Estimate:
    """What `train --sweep` would take. Changes nothing. Raises InputError as the training itself would."""
    from core.experiment.measure_time import measure

    return measure(workspace.load_domain(slug), encoder, settings, text, workspace)
