"""DaWin's α of each article, as a task for the worker (`core.jobs.model_worker`)."""

from dataclasses import dataclass

import numpy as np

from core.data.time_split import Split
from core.jobs.model_worker import load_run_cached
from core.workspace.folders import Workspace


@dataclass(frozen=True)
class ArticleAlphas:
    """DaWin's λ of each labelled article of a split, float64 [n], and the temperature of its softmax."""

    alphas: np.ndarray
    temperature: float


def alpha_per_article(workspace: Workspace, slug: str, run_name: str, split: Split, share: float) -> ArticleAlphas:
    """Return each article's λ at `share` of the temperature that training ended with. Raises InputError as `open_run`.

    It uses the path of the sweep, so nothing is encoded again.
    """
    from core.experiment.signals import signals_between, temperature_of  # imports torch

    loaded_run = load_run_cached(workspace, slug, run_name)
    path, temperature = loaded_run.path(split), share * temperature_of(loaded_run)
    ends = path.at(0.0, 0.0), path.at(1.0, 1.0)
    return ArticleAlphas(signals_between(loaded_run.view(split), *ends, [temperature]).weights[0], temperature)
