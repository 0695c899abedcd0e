"""Run files for a submission: zero-shot, fine-tuned and WiSE-FT at one α, for one split."""

from dataclasses import dataclass
from pathlib import Path

from core.data.time_split import Split
from core.evaluation.metrics import metrics_of
from core.experiment.loaded_run import LoadedRun
from core.experiment.signals import signals_between, temperature_of
from core.retrieval.run_file import LENGTH, write_submission

FILES = ("run1-zero-shot.tsv", "run2-fine-tuned.tsv", "run3-wise-ft.tsv")


@dataclass(frozen=True)
class SubmittedFile:
    """One run file. images: number per line. metrics: over articles with a known image; None without any."""

    file: str
    alpha: float
    articles: int
    images: int
    metrics: dict[str, float] | None


def submit_runs(loaded_run: LoadedRun, split: Split, out: Path, alpha: float | None = None) -> list[SubmittedFile]:
    """Write run 1 (α = 0), run 2 (α = 1) and run 3 (`alpha`; None for α*) into the folder `out`, with exact weights.

    Raises InputError if the run was not swept or the split is empty.
    """
    alphas = (0.0, 1.0, loaded_run.run.selected().alpha if alpha is None else alpha)
    return [_submit(loaded_run, split, out / file, alpha) for file, alpha in zip(FILES, alphas, strict=True)]


def label_free_alpha(loaded_run: LoadedRun, split: Split) -> float:
    """Return the mean λ of DaWin over all articles of the split, labelled or not, in hundredths.

    It uses texts and images, never the ground truth (`core.analysis.label_free`). Errors as `submit_runs`.
    """
    views = [loaded_run.at(alpha, split) for alpha in (0.0, 1.0)]
    zero_shot, fine_tuned = ((view.embed("text"), view.embed("image")) for view in views)
    signals = signals_between(views[0], zero_shot, fine_tuned, [temperature_of(loaded_run)])
    return round(float(signals.weights[0].mean()), 2)


def _submit(loaded_run: LoadedRun, split: Split, file: Path, alpha: float) -> SubmittedFile:
    view = loaded_run.at(alpha, split)
    texts, images = view.embed("text"), view.embed("image")
    length = write_submission(file, view.article_ids, view.best_images(texts, images, LENGTH))
    ranks = view.image_ranks(texts, images)
    metrics = metrics_of(ranks) if len(ranks) else None
    return SubmittedFile(file.name, alpha, len(view.article_ids), length, metrics)
