"""A fine-tuning from a domain to a run's folder, from the start or from where it was stopped."""

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
from core.workspace.unfinished_runs import TrainingInfo, Unfinished, begin, check_can_train

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
    """Fine-tune, and write the run's folder. Raises InputError for anything a user can fix.

    name: of the run; made of encoder and `settings.tune` if not given.

    Within `core.training.distributed.processes` every process calls this alike and gets the same run, but only the
    main one calls `on_epoch` and writes the folder.
    """
    check_can_train(domain)
    experiment = _experiment(domain, encoder_name, text, device, workspace)
    first_tuned_stages(experiment.encoder, settings.tune)  # what is wrong with it is said before there is a folder
    articles, zero_shot = experiment.fingerprint(), weights_fingerprint(experiment.zero_shot)
    check_same({"settings": repr(settings), "articles": articles, "zero-shot weights": zero_shot})
    encoder, english = experiment.encoder.name, experiment.english
    slug, translators = domain.info.slug, translators_of(domain, experiment.english)
    built = experiment.encoder.built
    info = TrainingInfo(
        slug, name or "", now(), encoder, text, english, device, settings, articles, zero_shot, translators, built
    )
    return _train(on_main_process(lambda: begin(workspace, info)), experiment, on_epoch), experiment


def resume_run(
    unfinished: Unfinished,
    domain: Domain,
    device: DeviceChoice,
    workspace: Workspace,
    on_epoch: OnEpoch = lambda epoch: None,
) -> tuple[Run, Experiment]:
    """Go on after the last full epoch; the run is the one that an uninterrupted training would have made.

    on_epoch: told of the epochs that were done before, too. Raises InputError: domain or encoder are not what they
    were, the checkpoint is damaged, another process trains it, or several are to.
    """
    if process_count() > 1:
        raise InputError("--resume goes on in one process; start it without torchrun.")
    info = unfinished.info
    experiment = _experiment(domain, info.encoder, info.text, device, workspace, info.english)
    experiment.check_articles(info.articles, info.translators, f"training '{info.name}'", "discard it and train again")
    check_build(info, f"training '{info.name}'", experiment.encoder.built)
    if weights_fingerprint(experiment.zero_shot) != info.zero_shot:
        raise InputError(
            f"the zero-shot weights of {info.encoder} are not the ones training '{info.name}' began with, "
            f"so it cannot go on; discard it and train again."
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
    own = own_device(choose_device(device))
    with first_on_each_machine():
        encoder = load_encoder(encoder_name, own, workspace.cache)
    return Experiment(domain, encoder, text, workspace, english)


def _train(unfinished: Unfinished, experiment: Experiment, on_epoch: OnEpoch) -> Run:
    """From the checkpoint if there is one, to a finished run."""
    with unfinished.held() if is_main() else nullcontext():
        try:
            return _train_held(unfinished, experiment, on_epoch)
        except RematchError as error:
            reached = unfinished.checkpoint_file.exists()
            if is_main() and not reached:  # nothing in it is worth keeping
                unfinished.remove()
            if isinstance(error, DiskError) and reached:
                raise DiskError(f"{error} Full epochs are kept: {_way_on(unfinished)}") from None
            raise
        except KeyboardInterrupt:  # Ctrl-C, or SIGTERM
            raise RematchError(f"stopped; {_way_on(unfinished)}") from None


def _way_on(unfinished: Unfinished) -> str:
    info = unfinished.info
    return f"go on with: rematch train --domain {info.domain} --resume {info.name}"


def _train_held(unfinished: Unfinished, experiment: Experiment, on_epoch: OnEpoch) -> Run:
    encoder, settings = experiment.encoder, unfinished.info.settings
    resumed = _where_it_was(unfinished)
    history = list(resumed[1]) if resumed is not None else []
    with first_on_each_machine():
        activations = experiment.activations(first_tuned_stages(encoder, settings.tune))
    val = experiment.view("val", activations)

    def note(epoch: Epoch) -> None:
        history.append(epoch)
        if is_main():
            write_history(history, best_epoch(history, settings), unfinished.history_file)
            on_epoch(epoch)

    def keep(checkpoint: Checkpoint) -> None:
        if is_main():
            write_checkpoint(unfinished.checkpoint_file, checkpoint)

    for epoch in history:
        on_epoch(epoch)
    pairs = train_pairs(experiment)
    changed = finetune(encoder, activations, pairs, lambda _: val.ranks()[0], settings, note, keep, resumed)
    return on_main_process(lambda: _write_run(unfinished, experiment, changed))


def train_pairs(experiment: Experiment) -> Pairs:
    """The train split's pairs."""
    return pairs_of(experiment, experiment.domain.subset("train"))


def pairs_of(experiment: Experiment, articles: pd.DataFrame) -> Pairs:
    """Pairs of `articles`, rows of the domain's table whose image is known.

    Images are identical where their files are, texts where what is read of them is.
    """
    rows = articles.index.to_numpy()
    return Pairs(
        article_ids=articles["article_id"].astype(str).tolist(),
        images=experiment.gallery.target[rows],
        texts=rows,
        image_groups=pd.factorize(articles["image_hash"])[0],
        text_groups=pd.factorize(pd.Series(experiment.queries)[rows])[0],
    )


def _where_it_was(unfinished: Unfinished) -> tuple[Checkpoint, list[Epoch]] | None:
    """The last checkpoint and the epochs up to it; None if no epoch was full yet.

    The history may be one epoch ahead, where the process ended between writing the two.
    """
    if not unfinished.checkpoint_file.exists():
        return None
    checkpoint = read_checkpoint(unfinished.checkpoint_file)
    names = {name: field for field, name in _HISTORY.items()}
    rows = unfinished.history().drop(columns="kept", errors="ignore").rename(columns=names).head(checkpoint.epoch + 1)
    if rows["epoch"].tolist() != list(range(checkpoint.epoch + 1)):
        raise InputError(
            f"{unfinished.history_file} lacks epochs that the checkpoint has; delete "
            f"{unfinished.checkpoint_file} to begin again with the first epoch, or discard the training."
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
    """`now`, but after every run that is there: the newest run is the one made last, though the clock was set back."""
    with suppress(InputError, ValueError):  # another run that is damaged keeps this one from nothing
        for last in load_runs(workspace, slug)[-1:]:
            after = datetime.fromisoformat(last.info.created_at) + timedelta(microseconds=1)
            return max(now(), after.isoformat(timespec="microseconds"))
    return now()


def write_history(history: Sequence[Epoch], kept: int, file: Path) -> None:
    """Write history.csv. kept: the epoch whose weights the run has, or would have if it ended now."""
    rows = [asdict(epoch) | {"kept": epoch.epoch == kept} for epoch in history]
    with atomic_write(file) as temporary:
        pd.DataFrame(rows).rename(columns=_HISTORY).to_csv(temporary, index=False)
