"""A fine-tuning from a domain to a run's folder: what `train` and the demo call."""

import importlib.metadata
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pandas as pd
from torch import Tensor

from core.data.domain import Domain
from core.data.text import TextChoice
from core.encoders.base import first_tuned_stages
from core.encoders.checkpoints import weights_fingerprint, write_weights
from core.encoders.loading import DeviceChoice, choose_device, load_encoder
from core.files import replacing
from core.training.distributed import by_main, check_same, first_on_each_machine, is_main, own_device, process_count
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
    """Fine-tune, and write the run's folder. Raises InputError for anything a user can mend.

    Within `core.training.distributed.processes` every process calls this alike and gets the same run, but only the
    main one calls `on_epoch` and writes the folder.
    """
    own = own_device(choose_device(device))
    with first_on_each_machine():
        encoder = load_encoder(encoder_name, own, places.cache)
    experiment = Experiment(domain, encoder, text, places)
    zero_shot = weights_fingerprint(experiment.zero_shot)
    check_same({"settings": repr(settings), "articles": experiment.fingerprint(), "zero-shot weights": zero_shot})
    with first_on_each_machine():
        activations = experiment.activations(first_tuned_stages(encoder, settings.tune))
    val = experiment.view("val", activations)
    train_rows = domain.subset("train").index.to_numpy()
    pairs = Pairs(images=experiment.gallery.target[train_rows], texts=train_rows)
    history: list[Epoch] = []

    def keep(epoch: Epoch) -> None:
        history.append(epoch)
        if is_main():
            on_epoch(epoch)

    changed = finetune(encoder, activations, pairs, lambda _: val.ranks()[0], settings, keep)
    return by_main(lambda: _write_run(experiment, settings, zero_shot, history, changed)), experiment


def _write_run(
    experiment: Experiment, settings: Settings, zero_shot: str, history: list[Epoch], changed: dict[str, Tensor]
) -> Run:
    encoder, domain, places = experiment.encoder, experiment.domain.info.slug, experiment.places
    folder = reserve_folder(places, domain, encoder.name, settings.tune)
    info = RunInfo(
        domain=domain,
        name=folder.name,
        created_at=now(),
        encoder=encoder.name,
        text=experiment.text,
        english=experiment.english,
        device=str(encoder.logit_scale.device),
        processes=process_count(),
        settings=settings,
        articles=experiment.fingerprint(),
        zero_shot=zero_shot,
        fine_tuned=weights_fingerprint(changed),
        versions={name: importlib.metadata.version(name) for name in _VERSIONS_OF},
    )
    run = Run(info, folder)
    write_weights(run.weights_file, changed, {"encoder": encoder.name, "domain": domain})
    _write_history(history, folder / "history.csv")
    save_run(run)
    return run


def _write_history(history: list[Epoch], path: Path) -> None:
    names = {"loss": "train_loss", "val_mrr": "val_mrr@100", "val_recall_1": "val_recall@1"}
    with replacing(path) as temporary:
        pd.DataFrame([asdict(epoch) for epoch in history]).rename(columns=names).to_csv(temporary, index=False)
