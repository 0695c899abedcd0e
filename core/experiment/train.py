"""Fine-tuning of an encoder on a domain into a run's folder, from the start or from a checkpoint."""

import importlib.metadata
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
from torch import Tensor

from core.data.domain import Domain
from core.data.query_text import Reading
from core.encoders.base import first_tuned_stages
from core.encoders.choices import DeviceChoice
from core.encoders.loading import choose_device, load_encoder
from core.encoders.weights import weights_fingerprint, write_weights
from core.errors import InputError, RematchError
from core.experiment.experiment import Experiment
from core.storage.disk_errors import DiskError
from core.storage.files import atomic_write
from core.training.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from core.training.distributed import (
    check_same,
    first_on_each_machine,
    is_main,
    on_main_process,
    own_device,
    process_count,
)
from core.training.history import Epoch, best_epoch
from core.training.pairs import Pairs
from core.training.settings import Settings
from core.training.trainer import finetune
from core.workspace.builds import check_build
from core.workspace.folders import Workspace
from core.workspace.provenance import translators_of
from core.workspace.runs import Run, RunInfo, load_runs, now, save_run
from core.workspace.unfinished_runs import TrainingInfo, Unfinished, begin_training, check_can_train

VERSIONS_OF = ("torch", "torchvision", "open_clip_torch", "timm", "transformers", "numpy", "pillow")
_HISTORY = {"loss": "train_loss", "val_mrr": "val_mrr@100", "val_recall_1": "val_recall@1"}

OnEpoch = Callable[[Epoch], None]


def train_run(
    domain: Domain,
    encoder_name: str,
    settings: Settings,
    text: Reading,
    device: DeviceChoice,
    workspace: Workspace,
    on_epoch: OnEpoch = lambda epoch: None,
    name: str | None = None,
) -> tuple[Run, Experiment]:
    """Fine-tune an encoder and write the run's folder. Raises InputError for problems that the user can fix.

    name: of the run; made of encoder and `settings.tune` if not given.

    In `core.training.distributed.processes` all processes call this function and get the same run, but only the main
    process calls `on_epoch` and writes files.
    """
    check_can_train(domain)
    experiment = _experiment(domain, encoder_name, text, device, workspace)
    first_tuned_stages(experiment.encoder, settings.tune)  # raises before a folder is created
    articles, zero_shot = experiment.fingerprint(), weights_fingerprint(experiment.zero_shot)
    check_same({"settings": repr(settings), "articles": articles, "zero-shot weights": zero_shot})
    encoder, english = experiment.encoder.name, experiment.english
    slug, translators = domain.info.slug, translators_of(domain, experiment.english)
    built = experiment.encoder.built
    info = TrainingInfo(
        slug, name or "", now(), encoder, text, english, device, settings, articles, zero_shot, translators, built
    )
    return _train(on_main_process(lambda: begin_training(workspace, info)), experiment, on_epoch), experiment


def resume_run(
    unfinished: Unfinished,
    domain: Domain,
    device: DeviceChoice,
    workspace: Workspace,
    on_epoch: OnEpoch = lambda epoch: None,
) -> tuple[Run, Experiment]:
    """Resume after the last full epoch; the run has the same weights as after an uninterrupted training.

    on_epoch: called for the earlier epochs too. Raises InputError if the domain or encoder changed, the checkpoint is
    damaged, another process runs this training, or it is started under torchrun with several processes.
    """
    if process_count() > 1:
        raise InputError("--resume works in one process only; start it without torchrun.")
    info = unfinished.info
    experiment = _experiment(domain, info.encoder, info.text, device, workspace, info.english)
    experiment.check_articles(info.articles, info.translators, f"training '{info.name}'", "discard it and train again")
    check_build(info, f"training '{info.name}'", experiment.encoder.built)
    if weights_fingerprint(experiment.zero_shot) != info.zero_shot:
        raise InputError(
            f"the zero-shot weights of {info.encoder} are not those that training '{info.name}' started from, so it "
            f"cannot be resumed. Discard it and train again."
        )
    return _train(unfinished, experiment, on_epoch), experiment


def _experiment(
    domain: Domain,
    encoder_name: str,
    text: Reading,
    device: DeviceChoice,
    workspace: Workspace,
    english: bool | None = None,
) -> Experiment:
    process_device = own_device(choose_device(device))
    with first_on_each_machine():
        encoder = load_encoder(encoder_name, process_device, workspace.cache)
    return Experiment(domain, encoder, text, workspace, english)


def _train(unfinished: Unfinished, experiment: Experiment, on_epoch: OnEpoch) -> Run:
    """Train from the checkpoint, if there is one, to a finished run."""
    with unfinished.hold() if is_main() else nullcontext():
        try:
            return _train_locked(unfinished, experiment, on_epoch)
        except RematchError as error:
            has_checkpoint = unfinished.checkpoint_file.exists()
            if is_main() and not has_checkpoint:  # there is nothing to resume
                unfinished.remove()
            if isinstance(error, DiskError) and has_checkpoint:
                raise DiskError(f"{error} The full epochs are stored; {_resume_hint(unfinished)}") from None
            raise
        except KeyboardInterrupt:  # Ctrl-C, or SIGTERM
            raise RematchError(f"training stopped; {_resume_hint(unfinished)}") from None


def _resume_hint(unfinished: Unfinished) -> str:
    info = unfinished.info
    return f"resume with: rematch train --domain {info.domain} --resume {info.name}"


def _train_locked(unfinished: Unfinished, experiment: Experiment, on_epoch: OnEpoch) -> Run:
    encoder, settings = experiment.encoder, unfinished.info.settings
    resumed = _read_progress(unfinished)
    history = list(resumed[1]) if resumed is not None else []
    with first_on_each_machine():
        activations = experiment.activations(first_tuned_stages(encoder, settings.tune))
    val = experiment.view("val", activations)

    def record_epoch(epoch: Epoch) -> None:
        history.append(epoch)
        if is_main():
            write_history(history, best_epoch(history, settings), unfinished.history_file)
            on_epoch(epoch)

    def save_checkpoint(checkpoint: Checkpoint) -> None:
        if is_main():
            write_checkpoint(unfinished.checkpoint_file, checkpoint)

    for epoch in history:
        on_epoch(epoch)
    pairs = train_pairs(experiment)
    changed = finetune(
        encoder, activations, pairs, lambda _: val.ranks()[0], settings, record_epoch, save_checkpoint, resumed
    )
    return on_main_process(lambda: _write_run(unfinished, experiment, changed))


def train_pairs(experiment: Experiment) -> Pairs:
    """Return the pairs of the train split."""
    return pairs_of(experiment, experiment.domain.subset("train"))


def pairs_of(experiment: Experiment, articles: pd.DataFrame) -> Pairs:
    """Return the pairs of `articles`, rows of the domain's table with a known image.

    Images count as identical if their files are, texts if their query texts are.
    """
    rows = articles.index.to_numpy()
    return Pairs(
        article_ids=articles["article_id"].astype(str).tolist(),
        images=experiment.gallery.target[rows],
        texts=rows,
        image_groups=pd.factorize(articles["image_hash"])[0],
        text_groups=pd.factorize(pd.Series(experiment.queries)[rows])[0],
    )


def _read_progress(unfinished: Unfinished) -> tuple[Checkpoint, list[Epoch]] | None:
    """Return the last checkpoint and the epochs up to it; None before the first full epoch.

    The history may be one epoch ahead, if the process ended between the two writes.
    """
    if not unfinished.checkpoint_file.exists():
        return None
    checkpoint = read_checkpoint(unfinished.checkpoint_file)
    names = {name: field for field, name in _HISTORY.items()}
    rows = unfinished.history().drop(columns="kept", errors="ignore").rename(columns=names).head(checkpoint.epoch + 1)
    if rows["epoch"].tolist() != list(range(checkpoint.epoch + 1)):
        raise InputError(
            f"cannot resume: {unfinished.history_file} lacks epochs that the checkpoint has. Delete "
            f"{unfinished.checkpoint_file} to start again from the first epoch, or discard the training."
        )
    records = rows.astype({"loss": object}).where(rows.notna(), None).to_dict("records")
    return checkpoint, [Epoch(**{str(name): value for name, value in record.items()}) for record in records]


def _write_run(unfinished: Unfinished, experiment: Experiment, changed: dict[str, Tensor]) -> Run:
    training, encoder = unfinished.info, experiment.encoder
    info = RunInfo(
        domain=training.domain,
        name=training.name,
        created_at=created_at(experiment.workspace, training.domain),
        encoder=training.encoder,
        text=training.text,
        english=experiment.english,
        reads_the_language=experiment.reads_the_language,
        device=str(encoder.logit_scale.device),
        processes=process_count(),
        settings=training.settings,
        articles=training.articles,
        zero_shot=training.zero_shot,
        fine_tuned=weights_fingerprint(changed),
        translators=training.translators,
        built=encoder.built,
        versions={name: importlib.metadata.version(name) for name in VERSIONS_OF},
    )
    run = Run(info, unfinished.folder)
    write_weights(run.weights_file, changed, {"encoder": encoder.name, "domain": training.domain})
    save_run(run)
    unfinished.clear()
    return run


def created_at(workspace: Workspace, slug: str) -> str:
    """Return the current time, or a later one than all runs have, so that order survives a clock set back."""
    with suppress(InputError, ValueError):  # a damaged run must not prevent a new one
        for last in load_runs(workspace, slug)[-1:]:
            after = datetime.fromisoformat(last.info.created_at) + timedelta(microseconds=1)
            return max(now(), after.isoformat(timespec="microseconds"))
    return now()


def write_history(history: Sequence[Epoch], best: int, file: Path) -> None:
    """Write history.csv. best: the epoch whose weights the run has, or would have if it ended now."""
    rows = [asdict(epoch) | {"kept": epoch.epoch == best} for epoch in history]
    with atomic_write(file) as temporary:
        pd.DataFrame(rows).rename(columns=_HISTORY).to_csv(temporary, index=False)
