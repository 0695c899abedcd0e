"""Trainings that are not finished: going on now, or stopped and able to go on where they were.

A training reserves its run's folder when it begins and keeps there what is needed to resume it (``training.toml``,
``checkpoint.safetensors``) and to watch it (``history.csv``). A lock that its process holds says whether it goes on
now. ``run.toml``, written last, makes the folder a run (`core.workspace.runs`).
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
from core.workspace.rename_and_delete import check_new_name
from core.workspace.runs import reserve_folder

FORMAT = 1  # counts up when what training.toml holds changes
_SECONDS_FOR_A_LOOK = 2.0  # who only looks whether a training goes on holds its lock for less
_FEWEST_PAIRS = 2


@dataclass(frozen=True)
class TrainingInfo:
    """What ``training.toml`` holds: all that a training needs to go on.

    device: what was asked for. articles, zero_shot: fingerprints of what is learned from and of the weights it
    starts with; translators, built: as in `RunInfo`.
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
    translators: list[str] | None = None  # None: it began before this was kept
    built: str | None = None  # None: likewise


@dataclass(frozen=True)
class Unfinished:
    """One training that is not finished, and its folder."""

    info: TrainingInfo
    folder: Path

    @property
    def checkpoint_file(self) -> Path:
        return self.folder / "checkpoint.safetensors"

    @property
    def history_file(self) -> Path:
        return self.folder / "history.csv"

    @property
    def goes_on(self) -> bool:
        """True while a process is training it."""
        return is_held(self._lock_file)

    @property
    def _lock_file(self) -> Path:
        return self.folder / "training.lock"

    def history(self) -> pd.DataFrame:
        """The epochs so far, as `Run.history`; no rows before the first was measured."""
        try:
            return pd.read_csv(self.history_file, float_precision="round_trip")
        except (FileNotFoundError, pd.errors.EmptyDataError):
            return pd.DataFrame(columns=["epoch", "train_loss", "val_mrr@100", "val_recall@1", "logit_scale", "kept"])

    @contextmanager
    def held(self) -> Iterator[None]:
        """Train it inside, one process at a time. Raises InputError if another does."""
        with ExitStack() as held:
            try:
                with disk_errors_for(self._lock_file):
                    held.enter_context(hold_lock(self._lock_file, _SECONDS_FOR_A_LOOK))
            except Timeout:
                raise InputError(
                    f"training '{self.info.name}' of {self.info.domain} is going on in another process."
                ) from None
            yield

    def clear(self) -> None:
        """Remove what only an unfinished training needs; its folder is a run now."""
        for file in (self._file, self.checkpoint_file, *self.folder.glob(".*.tmp*")):
            file.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove all of it, while holding it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def discard(self) -> None:
        """Remove all of it. Raises InputError while it goes on, DiskError if the workspace cannot be written."""
        if self.goes_on:
            raise InputError(f"training '{self.info.name}' of {self.info.domain} is going on; cancel it first.")
        with disk_errors_for(self._file):
            self._file.unlink(missing_ok=True)  # from here on it is none, whatever becomes of the rest
        self.remove()

    @property
    def _file(self) -> Path:
        return self.folder / "training.toml"

    def save(self) -> None:
        """Write training.toml, which makes the folder one that can be resumed."""
        write_toml(self._file, asdict(self.info), FORMAT)


def begin(workspace: Workspace, info: TrainingInfo) -> Unfinished:
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
    """The domain's trainings that are not finished, oldest first."""
    files = workspace.runs_folder(slug).glob("*/training.toml")
    found = [_load(file) for file in files if not (file.parent / "run.toml").exists()]
    return sorted(found, key=lambda each: (each.info.created_at, each.info.name))


def find_unfinished(workspace: Workspace, slug: str, name: str) -> Unfinished:
    """The unfinished training called `name`. Raises InputError that lists the ones there are."""
    there = load_unfinished(workspace, slug)
    found = next((each for each in there if each.info.name == name), None)
    if found is None:
        names = ", ".join(each.info.name for each in there) or "none"
        raise InputError(f"domain '{slug}' has no unfinished training '{name}'; unfinished: {names}.")
    return found


def _load(file: Path) -> Unfinished:
    what, remedy = f"training '{file.parent.name}'", "Delete its folder and train again."
    return Unfinished(read_record(file, TrainingInfo, what, FORMAT, remedy), file.parent)


def check_can_train(domain: Domain) -> None:
    """Raise InputError if there is too little to learn from, or nothing to measure on."""
    counts = {split: int((domain.articles["split"] == split).sum()) for split in ("train", "val")}
    slug = domain.info.slug
    if counts["train"] < _FEWEST_PAIRS:
        raise InputError(
            f"domain {slug} has {counts['train'] or 'no'} train article{'s' * (counts['train'] != 1)}; training needs "
            f"at least {_FEWEST_PAIRS}, since the others of a batch are the negatives. Import more articles."
        )
    if not counts["val"]:
        raise InputError(
            f"domain {slug} has no val articles, on which every epoch is measured and alpha is chosen. "
            f"Import it again with some, or without a split of its own."
        )
