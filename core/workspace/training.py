"""A fine-tuning from a domain to a run's folder: what `train` and the demo call."""

import importlib.metadata
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from core.data.domain import Domain
from core.data.text import TextChoice
from core.encoders.base import first_tuned_stages
from core.encoders.checkpoints import weights_fingerprint, write_weights
from core.encoders.loading import DeviceChoice, choose_device, load_encoder
from core.files import replacing
from core.training.finetune import Epoch, Pairs, finetune
from core.training.settings import Settings
from core.workspace.experiment import Experiment
from core.workspace.places import Places
from core.workspace.runs import Run, RunInfo, now, reserve_folder, save_run

_VERSIONS_OF = ("torch", "torchvision", "open_clip_torch", "timm", "transformers", "numpy", "pillow")


def train_run(
    domain: Domain,
    encoder_name: str,
    settings: Settings,
    text: TextChoice,
    device: DeviceChoice,
    places: Places,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
) -> tuple[Run, Experiment]:
    """Fine-tune, and write the run's folder. Raises InputError for anything a user can mend."""
    encoder = load_encoder(encoder_name, choose_device(device), places.cache)
    experiment = Experiment(domain, encoder, text, places)
    activations = experiment.activations(first_tuned_stages(encoder, settings.tune))
    val = experiment.view("val", activations)
    train_rows = domain.subset("train").index.to_numpy()
    pairs = Pairs(images=experiment.gallery.target[train_rows], texts=train_rows)
    history: list[Epoch] = []

    def keep(epoch: Epoch) -> None:
        history.append(epoch)
        on_epoch(epoch)

    changed = finetune(encoder, activations, pairs, lambda _: val.ranks()[0], settings, keep)
    folder = reserve_folder(places, domain.info.slug, encoder.name, settings.tune)
    info = RunInfo(
        domain=domain.info.slug,
        name=folder.name,
        created_at=now(),
        encoder=encoder.name,
        text=text,
        english=experiment.english,
        device=str(encoder.logit_scale.device),
        settings=settings,
        articles=experiment.fingerprint(),
        zero_shot=weights_fingerprint(experiment.zero_shot),
        fine_tuned=weights_fingerprint(changed),
        versions={name: importlib.metadata.version(name) for name in _VERSIONS_OF},
    )
    run = Run(info, folder)
    write_weights(run.weights_file, changed, {"encoder": encoder.name, "domain": domain.info.slug})
    _write_history(history, folder / "history.csv")
    save_run(run)
    return run, experiment


def _write_history(history: list[Epoch], path: Path) -> None:
    names = {"loss": "train_loss", "val_mrr": "val_mrr@100", "val_recall_1": "val_recall@1"}
    with replacing(path) as temporary:
        pd.DataFrame([asdict(epoch) for epoch in history]).rename(columns=names).to_csv(temporary, index=False)
