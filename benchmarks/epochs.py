"""An epoch of fine-tuning the heads: Rematch against the obvious loop, which decodes and encodes everything again."""

from dataclasses import replace

import torch

from benchmarks import obvious
from benchmarks.measuring import Line, compare
from core.data.domain import Domain
from core.data.query_text import Reading
from core.encoders.base import first_tuned_stages
from core.encoders.loading import load_encoder
from core.experiment.experiment import Experiment
from core.experiment.train import train_pairs
from core.training.history import Epoch
from core.training.settings import default_settings
from core.training.trainer import finetune
from core.workspace.folders import Workspace


def lite_head_epoch(domain: Domain, workspace: Workspace) -> Line:
    """Measure an epoch after a first pass has filled the cache; validation is excluded for both."""
    settings = replace(default_settings("lite", "head"), epochs=1)
    experiment = Experiment(domain, load_encoder("lite", torch.device("cpu"), workspace.cache), Reading(), workspace)
    activations = experiment.activations(first_tuned_stages(experiment.encoder, "head"))
    rows = domain.subset("train").index.to_numpy()
    pairs = train_pairs(experiment)
    files = [domain.images_root / file for file in domain.subset("train")["image_file"]]
    texts = [experiment.queries[row] for row in rows]
    plain = load_encoder("lite", torch.device("cpu"), workspace.cache)

    def ours() -> float:
        epochs: list[Epoch] = []
        val = experiment.view("val", activations).ranks()[0]
        finetune(experiment.encoder, activations, pairs, lambda _: val, settings, epochs.append)
        return epochs[-1].loss or 0.0

    return compare(
        "fine-tuning epoch, lite, head tuned",
        f"n = {len(rows)}",
        lambda: obvious.head_epoch(plain, files, texts, settings.batch_size, settings.lr),
        ours,
        lambda theirs, ours: f"loss {theirs:.3f} against {ours:.3f} (different order and warm-up)",
    )
