"""Measuring what `core.jobs.estimate_task` estimates: small shares of the real work, timed and multiplied.

A sample of the domain goes through the same functions as a training, into a cache of its own that is thrown away.
What costs the same for any number of articles (a key, an import) falls out, since two sizes are compared.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import numpy as np
import torch
from torch.nn import functional

from core.data.domain import Domain
from core.data.query_text import Reading
from core.data.time_split import SPLITS
from core.encoders.base import TOWERS, Encoder, TowerName, first_tuned_stages
from core.encoders.embedding import Activations, embed, image_activations, text_activations
from core.encoders.inputs import pixels_of
from core.encoders.loading import choose_device, load_encoder
from core.evaluation.tower_plane import GRID
from core.experiment.experiment import Experiment, SplitRanker
from core.experiment.sweep import NEIGHBOURS
from core.interpolation.alpha_path import CHECKED_NEAR, NODE_COUNTS
from core.jobs.estimate_task import Estimate
from core.storage.disk_errors import disk_errors_for
from core.training.checkpoint import write_checkpoint
from core.training.pairs import Pairs
from core.training.settings import Settings
from core.training.trainer import Training
from core.workspace.folders import Workspace
from core.workspace.unfinished_runs import check_can_train

_SAMPLES = (4, 16, 64)  # articles; the largest only where the one before was quick
_QUICK = 1.0  # seconds
_REPEATS = 7
_SMALL_BATCH = 8
_BATCH_PATIENCE = 2.0  # seconds a whole batch may take; a larger one is extrapolated from two small ones
_CURVE = 101  # points of the continuous curve
_MOMENTS = 2  # that AdamW keeps of each weight, beside it in a checkpoint
_IMPORTS = "import core.experiment.sweep, core.experiment.train"


def measure(domain: Domain, encoder_name: str, settings: Settings, text: Reading, workspace: Workspace) -> Estimate:
    """See `core.jobs.estimate_task.estimate`."""
    check_can_train(domain)
    starting = _timed(lambda: subprocess.run([sys.executable, "-c", _IMPORTS], check=False, capture_output=True))
    begun = time.perf_counter()
    encoder = load_encoder(encoder_name, choose_device("auto"), workspace.cache)
    starting += time.perf_counter() - begun
    experiment = Experiment(domain, encoder, text, workspace)
    starts = first_tuned_stages(encoder, settings.tune)
    with disk_errors_for(workspace.cache / "estimate"):
        workspace.cache.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix=".probe-", dir=workspace.cache)
    with folder as scratch:
        encoding, sample = _encoding(experiment, starts, Path(scratch))
        embedding = {tower: _each(encoder, sample[tower]) for tower in TOWERS}
        return Estimate(
            starting,
            encoding,
            _epochs(experiment, sample, embedding, settings, Path(scratch)),
            _sweep(experiment, embedding),
        )


def _timed(work: Callable[..., object], *arguments: object) -> float:
    begun = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - begun


def _quickest(work: Callable[[], object]) -> float:
    """The quickest of several times, so that what else goes on for a moment does not count thousandfold."""
    seconds = [_timed(work)]
    while len(seconds) < _REPEATS and sum(seconds) < _QUICK:
        seconds.append(_timed(work))
    return min(seconds)


def _encoding(
    experiment: Experiment, starts: dict[TowerName, int], scratch: Path
) -> tuple[float, dict[TowerName, Activations]]:
    """Seconds for what is not kept yet, and the activations of the largest sample."""
    whole = Preparation(experiment, starts)
    counts = {"pixels": len(experiment.gallery.files), "image": len(experiment.gallery.files),
              "text": len(experiment.queries)}  # fmt: skip
    kept = {part: whole.is_kept(part) for part in counts}
    kept["pixels"] |= kept["image"]  # nobody asks for pixels then
    seconds: list[dict[str, float]] = []
    sizes: list[dict[str, int]] = []
    for number, size in enumerate(_SAMPLES):
        if number == len(_SAMPLES) - 1 and sum(seconds[-1].values()) > _QUICK:
            break
        sample = Preparation(_sampled(experiment, size, scratch / str(size)), starts)
        seconds.append({part: _timed(sample.read, part) for part in counts})
        sizes.append({part: len(sample.read(part)) for part in counts})
    total = 0.0
    for part, count in counts.items():
        more = sizes[-1][part] - sizes[-2][part]
        each = max(0.0, seconds[-1][part] - seconds[-2][part]) / more if more else 0.0
        total += 0.0 if kept[part] else each * count
    return total, {"image": sample.read("image"), "text": sample.read("text")}  # type: ignore[dict-item]


def _sampled(experiment: Experiment, size: int, cache: Path) -> Experiment:
    """The same with a few of the articles, from all over the domain, and a cache of its own."""
    articles = experiment.articles
    rows = np.unique(np.linspace(0, len(articles) - 1, min(size, len(articles))).round().astype(int))
    sampled = articles.iloc[rows].reset_index(drop=True)
    domain = replace(experiment.domain, articles=sampled, test_pictures=None)
    workspace = Workspace(experiment.workspace.root, cache)
    return Experiment(domain, experiment.encoder, experiment.text, workspace, experiment.english)


class Preparation:
    """What a training reads before its first epoch, part by part: pixels, and activations of each tower."""

    def __init__(self, experiment: Experiment, starts: dict[TowerName, int]) -> None:
        self._experiment, self._starts = experiment, starts

    def read(self, part: str) -> Activations | np.ndarray:
        """`pixels`, or the activations of the `image` or `text` tower; from the cache, or made."""
        experiment, encoder, cache = self._experiment, self._experiment.encoder, self._experiment.workspace.cache
        if part == "text":
            return text_activations(encoder, self._starts["text"], experiment.queries, cache)
        files, hashes = experiment.files, experiment.gallery.hashes
        if part == "pixels":
            return pixels_of(encoder, files, hashes, cache)
        return image_activations(encoder, self._starts["image"], files, hashes, cache)

    def is_kept(self, part: str) -> bool:
        """True if nothing has to be computed for it: an encoder that refuses to is not asked."""
        try:
            with _refusing(self._experiment.encoder):
                self.read(part)
        except _NotKeptError:
            return False
        return True


class _NotKeptError(Exception):
    pass


@contextmanager
def _refusing(encoder: Encoder) -> Iterator[None]:
    """Inside, the encoder raises _NotKeptError instead of computing."""

    def refuse(*_: object) -> NoReturn:
        raise _NotKeptError

    work = ("preprocess", "tokenize", "forward_between")
    for name in work:
        setattr(encoder, name, refuse)
    try:
        yield
    finally:
        for name in work:
            delattr(encoder, name)


def _each(encoder: Encoder, sample: Activations) -> float:
    """Seconds for one of many through the rest of the tower, without gradients."""
    rows = np.arange(len(sample))
    embed(encoder, sample, rows)
    return _quickest(lambda: embed(encoder, sample, rows).cpu()) / len(rows)


def _epochs(
    experiment: Experiment,
    sample: dict[TowerName, Activations],
    embedding: dict[TowerName, float],
    settings: Settings,
    scratch: Path,
) -> float:
    """All epochs: steps with gradients, val after each (and before the first), and the checkpoint."""
    count = len(experiment.domain.subset("train"))
    steps = -(-count // settings.batch_size)
    texts = np.arange(len(sample["text"]))
    images = texts % len(sample["image"])
    pairs = Pairs([str(row) for row in texts], images, texts, images, texts)
    training = Training(experiment.encoder, sample, pairs, settings)
    step = _step(training, len(texts), round(count / steps))
    checkpoint = replace(training.checkpoint(0), optimizer_state={})
    saving = _timed(lambda: write_checkpoint(scratch / "checkpoint.safetensors", checkpoint)) * (1 + _MOMENTS)
    training.finish()
    val = experiment.view("val", {})
    measuring = _embedding(val, embedding) + _ranking(val, experiment.encoder)
    return settings.epochs * (steps * step + saving + measuring) + measuring


def _step(training: Training, available: int, batch: int) -> float:
    """Seconds for one step on `batch` pairs."""

    def step_on(size: int) -> Callable[[], object]:
        rows = np.resize(np.arange(available), size)
        return lambda: training.step(rows)

    small = min(_SMALL_BATCH, batch)
    step_on(small)()  # the first sets the optimiser up
    seconds = _quickest(step_on(small))
    if seconds * batch / small <= _BATCH_PATIENCE:
        return _quickest(step_on(batch))
    double = _quickest(step_on(2 * small))
    return seconds + max(0.0, double - seconds) / small * (batch - small)


def _embedding(view: SplitRanker, embedding: dict[TowerName, float]) -> float:
    return sum(embedding[tower] * len(view.rows(tower)) for tower in TOWERS)


def _ranking(view: SplitRanker, encoder: Encoder) -> float:
    """Seconds for the ranks and the first pictures of a split, on any embeddings of its size."""
    texts, images = (
        functional.normalize(torch.randn(len(view.rows(tower)), encoder.embedding_dim), dim=-1)
        for tower in ("text", "image")
    )
    return _quickest(lambda: view.ranked(texts, images))


def _sweep(experiment: Experiment, embedding: dict[TowerName, float]) -> float:
    """The nodes of both splits and the points around the choice exactly, then the curve and val's plane by rank."""
    seconds = 0.0
    for split in SPLITS:
        if split == "train" or not experiment.has(split):
            continue
        view = experiment.view(split, {})
        exact = NODE_COUNTS[0] + len(CHECKED_NEAR) + 2 * NEIGHBOURS + 1
        ranked = exact + _CURVE + (len(GRID) ** 2 if split == "val" else 0)
        seconds += exact * _embedding(view, embedding) + ranked * _ranking(view, experiment.encoder)
    return seconds
