"""One α of a run evaluated with its exact weights, as a task for the worker (`core.jobs.model_worker`)."""

from core.data.time_split import Split
from core.evaluation.sweep import Ranked
from core.jobs.model_worker import opened
from core.workspace.folders import Places


def rank_exactly(
    places: Places, slug: str, run_name: str, split: Split, alpha_image: float, alpha_text: float
) -> Ranked:
    """The split with the image tower at `alpha_image` and the text tower at `alpha_text`. InputError as `open_run`."""
    tuned = opened(places, slug, run_name)
    images = next(tuned.embeddings("image", [alpha_image], split))
    texts = next(tuned.embeddings("text", [alpha_text], split))
    return tuned.view(split).ranked(texts, images)
