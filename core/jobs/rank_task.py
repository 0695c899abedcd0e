"""Exact evaluation of a run at one α, as a task for the worker (`core.jobs.model_worker`)."""

from core.data.time_split import Split
from core.evaluation.sweep import Ranked
from core.jobs.model_worker import load_run_cached
from core.workspace.folders import Workspace


def rank_exactly(
    workspace: Workspace, slug: str, run_name: str, split: Split, alpha_image: float, alpha_text: float
) -> Ranked:
    """Rank a split with each tower at its α, with exact weights. Raises InputError as `open_run`."""
    loaded_run = load_run_cached(workspace, slug, run_name)
    images = next(loaded_run.embeddings("image", [alpha_image], split))
    texts = next(loaded_run.embeddings("text", [alpha_text], split))
    return loaded_run.view(split).ranked(texts, images)
