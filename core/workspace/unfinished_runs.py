"""Unfinished trainings: running now, or stopped and resumable.

A training reserves its run's folder at the start and stores there what resuming needs (``training.toml``,
``checkpoint.safetensors``) and its progress (``history.csv``). It counts as running while its process holds a lock.
``run.toml``, written last, marks the folder as a run (`core.workspace.runs`).
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
from filelock import Timeout

from core.data.domain import Domain
from core.data.query_text import Reading
from core.encoders.choices import DeviceChoice
from core.errors import InputError
from core.storage.disk_errors import disk_errors_for
from core.storage.files import read_record, write_toml
from core.storage.locks import hold_lock, is_held
from core.training.settings import Settings
from core.workspace.folders import Workspace
from core.workspace.run_names import check_new_name, reserve_folder

FORMAT = 1  # increment when the content of training.toml changes
_LOCK_TIMEOUT = 2.0  # seconds; a process that only tests the lock holds it for less
_MIN_PAIRS = 2


@dataclass(frozen=True)
class TrainingInfo:
    """Content of ``training.toml``: everything that is needed to resume a training.

    device: as requested. articles, zero_shot: fingerprints of the training data and the initial weights. translators,
    built: as in `RunInfo`.
    """

    domain: str
    name: str
    created_at: str
    encoder: str
    text: Reading
    english: bool
    device: DeviceChoice
    settings: Settings
    articles: str
    zero_shot: str
    translators: list[str] | None = None  # None: training of a version before this field existed
    built: str | None = None  # None: same


@dataclass(frozen=True)
class Unfinished:
    """One unfinished training and its folder."""

    info: TrainingInfo
    folder: Path

    @property
    def checkpoint_file(self) -> Path:
        """File of the last checkpoint; missing before the first full epoch."""
        return self.folder / "checkpoint.safetensors"

    @property
    def history_file(self) -> Path:
        """File with one row per measured epoch."""
        return self.folder / "history.csv"

    @property
    def is_running(self) -> bool:
        """True while a process trains it."""
        return is_held(self._lock_file)

    @property
    def _lock_file(self) -> Path:
        return self.folder / "training.lock"

    def history(self) -> pd.DataFrame:
        """Return the epochs so far in the columns of `Run.history`; empty before the first measurement."""
        try:
            return pd.read_csv(self.history_file, float_precision="round_trip")
        except (FileNotFoundError, pd.errors.EmptyDataError):
            return pd.DataFrame(columns=["epoch", "train_loss", "val_mrr@100", "val_recall@1", "logit_scale", "kept"])

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the training's lock in the block. Raises InputError if another process holds it."""
        with ExitStack() as stack:
            try:
                with disk_errors_for(self._lock_file):
                    stack.enter_context(hold_lock(self._lock_file, _LOCK_TIMEOUT))
            except Timeout:
                raise InputError(
                    f"training '{self.info.name}' of {self.info.domain} is running in another process; wait for it or "
                    f"cancel it."
                ) from None
            yield

    def clear(self) -> None:
        """Remove the files that only an unfinished training needs, after the folder has become a run."""
        for file in (self._file, self.checkpoint_file, *self.folder.glob(".*.tmp*")):
            file.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the folder; the caller holds the lock."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def discard(self) -> None:
        """Delete the training. Raises InputError while it runs, DiskError if the workspace cannot be written."""
        if self.is_running:
            raise InputError(f"training '{self.info.name}' of {self.info.domain} is still running; cancel it first.")
        with disk_errors_for(self._file):
            self._file.unlink(missing_ok=True)  # without it the folder is no training, even if the next step fails
        self.remove()

    @property
    def _file(self) -> Path:
        return self.folder / "training.toml"

    def save(self) -> None:
        """Write training.toml, which marks the folder as a resumable training."""
        write_toml(self._file, asdict(self.info), FORMAT)


def begin_training(workspace: Workspace, info: TrainingInfo) -> Unfinished:
    """Reserve a folder for a new training, called `info.name`, or after encoder and `tune` if that is empty.

    Raises InputError if the name is malformed or taken.
    """
    if info.name:
        folder = _reserve_named(workspace, info.domain, info.name)
    else:
        folder = reserve_folder(workspace, info.domain, info.encoder, info.settings.tune)
    unfinished = Unfinished(TrainingInfo(**vars(info) | {"name": folder.name}), folder)
    unfinished.save()
    return unfinished


def _reserve_named(workspace: Workspace, slug: str, name: str) -> Path:
    check_new_name(workspace, slug, name)
    folder = workspace.runs_folder(slug) / name
    with disk_errors_for(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.mkdir()
        except FileExistsError:  # another training took the name since the check
            check_new_name(workspace, slug, name)
    return folder


def load_unfinished(workspace: Workspace, slug: str) -> list[Unfinished]:
    """Return the unfinished trainings of a domain, oldest first."""
    files = workspace.runs_folder(slug).glob("*/training.toml")
    found = [_load(file) for file in files if not (file.parent / "run.toml").exists()]
    return sorted(found, key=lambda training: (training.info.created_at, training.info.name))


def find_unfinished(workspace: Workspace, slug: str, name: str) -> Unfinished:
    """Return the unfinished training called `name`. Raises InputError that lists the unfinished trainings."""
    trainings = load_unfinished(workspace, slug)
    found = next((training for training in trainings if training.info.name == name), None)
    if found is None:
        names = ", ".join(training.info.name for training in trainings) or "none"
        raise InputError(f"domain '{slug}' has no unfinished training '{name}'; unfinished: {names}.")
    return found


def _load(file: Path) -> Unfinished:
    what, remedy = f"training '{file.parent.name}'", "Delete its folder and train again."
    return Unfinished(read_record(file, TrainingInfo, what, FORMAT, remedy), file.parent)


def check_can_train(domain: Domain) -> None:
    """Raise InputError if the domain has too few train articles or no val articles."""
    counts = {split: int((domain.articles["split"] == split).sum()) for split in ("train", "val")}
    slug = domain.info.slug
    if counts["train"] < _MIN_PAIRS:
        raise InputError(
            f"domain {slug} has {counts['train'] or 'no'} train article{'s' * (counts['train'] != 1)}; training needs "
            f"at least {_MIN_PAIRS}, because the other pairs of a batch are the negatives. Import more articles."
        )
    if not counts["val"]:
        raise InputError(
            f"domain {slug} has no val articles. Rematch measures every epoch and chooses alpha on them. Import the "
            f"domain again with val articles in its column `split`, or without that column."
        )
