"""A run: one fine-tuning and what was derived from it, as a folder of small files."""

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from core.data.query_text import Reading
from core.data.time_split import Split
from core.encoders.choices import short_name
from core.errors import InputError
from core.evaluation.alpha_selection import Selected
from core.evaluation.metrics import METRICS, metrics_of
from core.evaluation.sweep import Sweep
from core.evaluation.tower_plane import Plane
from core.retrieval.choices import BY_COSINE, Reranking
from core.storage.disk_errors import disk_errors_for
from core.storage.files import FileSignature, file_fingerprint, file_signature, read_record, read_toml, write_toml
from core.storage.locks import hold_lock
from core.training.settings import Settings
from core.workspace import sweep_store
from core.workspace.builds import check_build
from core.workspace.folders import Workspace
from core.workspace.sweep_info import PrecisionName, SweepInfo

Read = TypeVar("Read")

FORMAT = 1  # counts up when what run.toml holds changes
HISTORY_COLUMNS = ("epoch", "train_loss", "val_mrr@100", "val_recall@1", "logit_scale")


@dataclass(frozen=True)
class RunInfo:
    """What ``run.toml`` holds: all that the weights depend on.

    text: how queries are read. english: True where their English version was read; reads_the_language: False if the
    encoder does not read what it was shown. translators: the models that wrote the English it read. processes: how many
    shared each batch (torchrun). built: what the encoder was built of (`Encoder.built`). imported_from: the file that
    holds α = 1 where it was trained outside Rematch. articles: fingerprint of the queries, images and splits trained
    on. zero_shot, fine_tuned: fingerprints of the weights.
    """

    domain: str
    name: str
    created_at: str
    encoder: str
    text: Reading
    english: bool
    reads_the_language: bool
    device: str
    settings: Settings
    articles: str
    zero_shot: str
    fine_tuned: str
    versions: dict[str, str]
    processes: int = 1  # runs made before there could be more do not say so
    translators: list[str] | None = None  # None: the run was made before this was kept
    built: str | None = None  # None: likewise
    imported_from: str | None = None


@dataclass(frozen=True)
class Run:
    """One finished run and its folder."""

    info: RunInfo
    folder: Path

    @property
    def weights_file(self) -> Path:
        return self.folder / "weights.safetensors"

    @property
    def is_swept(self) -> bool:
        """True if its curve, ranks and chosen α are there."""
        return (self.folder / "sweep.toml").exists()

    def history(self) -> pd.DataFrame:
        """One row per epoch: epoch, train_loss (empty before training), val mrr@100 and recall@1, logit_scale, kept."""
        try:
            history = pd.read_csv(self.folder / "history.csv")
            if missing := [name for name in HISTORY_COLUMNS if name not in history]:
                raise ValueError(f"it lacks {', '.join(missing)}")
            return history
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.folder / 'history.csv'} is missing, damaged or of another version of Rematch: {error}."
            ) from None

    def curve(self) -> pd.DataFrame:
        """sweep.csv: alpha, split, interpolated, n, metrics. Raises InputError if the run was not swept.

        Metrics that Rematch did not have when the run was swept are computed from its ranks.
        """
        check_build(self.info, f"run '{self.info.name}'")
        curve = self._swept(lambda: pd.read_csv(self._checked("sweep.csv")))
        if new := [name for name in METRICS if name not in curve]:
            by_alpha = self.ranks().groupby(["split", "alpha"], sort=False)["rank"]  # in the order of the curve
            curve[new] = pd.DataFrame([metrics_of(ranks.to_numpy()) for _, ranks in by_alpha])[new]
        return curve

    def ranks(self) -> pd.DataFrame:
        """ranks.parquet: article_id, split, alpha, rank, reverse_rank. Raises InputError if the run was not swept."""
        check_build(self.info, f"run '{self.info.name}'")
        return self._swept(lambda: pd.read_parquet(self._checked("ranks.parquet")))

    def sweep_info(self) -> SweepInfo:
        """sweep.toml. Raises InputError if the run was not swept, or by another version of Rematch."""
        file, remedy = self.folder / "sweep.toml", f"Sweep again: {self._sweep_command}"
        beside = ("files", "speedup")  # the fingerprints of the sweep's files; early sweeps have a speedup, too
        return self._swept(lambda: read_record(file, SweepInfo, "sweep", sweep_store.FORMAT, remedy, beside))

    def sweep_stamp(self) -> FileSignature | None:
        """Changes when the run is swept again; None if it was not swept."""
        file = self.folder / "sweep.toml"
        try:
            return file_signature(file)
        except FileNotFoundError:
            return None

    def selected(self) -> Selected:
        """The α that the sweep chose. Raises InputError if the run was not swept."""
        return self.sweep_info().selected

    def precision(self) -> dict[str, PrecisionName]:
        """What each tower computed in when the run was swept; float32 if it was not."""
        swept = self.sweep_info().precision if self.is_swept else {}
        return {tower: swept[tower].name if tower in swept else "fp32" for tower in ("image", "text")}

    def reranking(self) -> Reranking:
        """How scores were re-ranked when the run was swept; not at all if it was not."""
        return self.sweep_info().reranking if self.is_swept else BY_COSINE

    def _swept(self, read: Callable[[], Read]) -> Read:
        if not self.is_swept:
            raise InputError(
                f"run '{self.info.name}' of {self.info.domain} has no sweep yet; run: {self._sweep_command}"
            )
        return read()

    @property
    def _sweep_command(self) -> str:
        return f"rematch sweep --domain {self.info.domain} --run {self.info.name}"

    def top_images(self, split: Split) -> np.ndarray:
        """best-<split>.npy, memory-mapped: [A, N, K], the first images of each article at each α of the curve."""
        return self._array(f"best-{split}.npy")

    def plane(self) -> Plane | None:
        """Val with an α for each tower; None where one tower does not change or the path was not used."""
        if not (self.folder / "plane.csv").exists():
            return None
        alphas = self._swept(lambda: pd.read_csv(self._checked("plane.csv")))["alpha_image"].unique()
        return Plane(tuple(alphas.tolist()), self._array("plane-ranks.npy"), self._array("plane-best.npy"))

    def plane_table(self) -> pd.DataFrame | None:
        """plane.csv: alpha_image, alpha_text, n, metrics; None as for `plane`."""
        plane = self.plane()
        if plane is None:
            return None
        table = pd.read_csv(self._checked("plane.csv"))
        return table if set(METRICS) <= set(table) else plane.table()

    def _array(self, name: str) -> np.ndarray:
        kept: np.ndarray = np.load(self._checked(name), mmap_mode="r", allow_pickle=False)
        return kept

    def _checked(self, name: str) -> Path:
        """A file of the sweep. Raises InputError unless it is what the sweep wrote; read through once per writing."""
        file = self.folder / name
        try:
            whole = _fingerprint_of(file, file_signature(file))
        except OSError:
            whole = None
        if whole is None or whole != self._sweep_table().get("files", {}).get(name):
            raise InputError(f"{file} is missing, damaged or of another sweep; run: {self._sweep_command}")
        return file

    def _sweep_table(self) -> dict[str, Any]:
        return read_toml(self.folder / "sweep.toml", "sweep", sweep_store.FORMAT, f"Sweep again: {self._sweep_command}")

    def save_sweep(self, sweeps: Sequence[Sweep], plane: Plane | None, info: SweepInfo) -> None:
        """Write the sweep's files; sweep.toml, with their fingerprints, last: its presence says that all are there.

        One process at a time, so that two sweeps never mix. Raises InputError if the folder is this run's no longer.
        """
        self._check_still_there()
        with disk_errors_for(self.folder / "sweep.toml"), hold_lock(self.folder / "sweep.lock"):
            sweep_store.write_sweep(self.folder, sweeps, plane, info)

    def _check_still_there(self) -> None:
        is_run = (self.folder / "run.toml").exists()
        if not self.folder.exists() or (is_run and _load(self.folder).info.fine_tuned != self.info.fine_tuned):
            raise InputError(
                f"run '{self.info.name}' of {self.info.domain} was renamed, deleted or replaced while it was swept, so "
                f"nothing was written; sweep it again under the name it has now."
            )


@lru_cache(maxsize=256)
def _fingerprint_of(file: Path, written: FileSignature) -> str:
    return file_fingerprint(file)


def reserve_folder(workspace: Workspace, slug: str, encoder: str, tune: str) -> Path:
    """Make an empty folder for a new run, named after its encoder and what is tuned; two trainings never share one."""
    runs = workspace.runs_folder(slug)
    model = re.sub(r"[^a-z0-9]+", "-", short_name(encoder).lower()).strip("-")[:60]
    stem = f"{model}-{tune.replace(':', '')}"
    number = 1
    with disk_errors_for(runs / stem):
        runs.mkdir(parents=True, exist_ok=True)
        while True:
            folder = runs / f"{stem}-{number}"
            try:
                folder.mkdir()
                return folder
            except FileExistsError:
                number += 1


def save_run(run: Run) -> None:
    """Write run.toml, which makes the folder a run: last, when all else is there."""
    write_toml(run.folder / "run.toml", asdict(run.info), FORMAT)


def load_runs(workspace: Workspace, slug: str) -> list[Run]:
    """All finished runs of a domain, oldest first."""
    runs = [_load(path.parent) for path in workspace.runs_folder(slug).glob("*/run.toml")]
    return sorted(runs, key=lambda run: (run.info.created_at, run.info.name))


def find_run(workspace: Workspace, slug: str, name: str | None, prefer_swept: bool = False) -> Run:
    """Return the run called `name`, or the newest. Raises InputError that lists the existing runs.

    prefer_swept: without a name, take the newest swept run; the newest only if none is swept.
    """
    runs = load_runs(workspace, slug)
    if not runs:
        raise InputError(f"domain '{slug}' has no run yet; make one with: rematch train --domain {slug}")
    if name is None:
        return next((run for run in reversed(runs) if prefer_swept and run.is_swept), runs[-1])
    found = next((run for run in runs if run.info.name == name), None)
    if found is None:
        there = ", ".join(run.info.name for run in runs)
        raise InputError(f"domain '{slug}' has no run '{name}'; its runs: {there}.")
    return found


def _load(folder: Path) -> Run:
    remedy = "Delete its folder and train again."
    info = read_record(folder / "run.toml", RunInfo, f"run '{folder.name}'", FORMAT, remedy)
    return Run(replace(info, name=folder.name), folder)  # the file has the name that it had before it was renamed


def now() -> str:
    """The time of day in UTC, to the microsecond, so that two runs of one second keep their order."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
