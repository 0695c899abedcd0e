"""Runs: one fine-tuning with its weights, history and sweep, stored as a folder of small files."""

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
from core.errors import InputError
from core.evaluation.alpha_selection import Selected
from core.evaluation.metrics import METRICS, metrics_of
from core.evaluation.overtakings import Overtakings
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

FORMAT = 1  # increment when the content of run.toml changes
ARCHIVED = "archived"  # an empty file in the folder of an archived run
HISTORY_COLUMNS = ("epoch", "train_loss", "val_mrr@100", "val_recall@1", "logit_scale")


@dataclass(frozen=True)
class RunInfo:
    """Content of ``run.toml``: everything that the weights depend on.

    text: how query texts are read. english: True if the English version was read. reads_the_language: False if the
    encoder does not support the language of its texts. translators: the models that translated the texts. processes:
    how many shared each batch (torchrun). built: parts of the encoder (`Encoder.built`). imported_from: the file of the
    weights at α = 1 if they were trained outside Rematch. articles: fingerprint of queries, images and splits.
    zero_shot, fine_tuned: fingerprints of the weights.
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
    processes: int = 1  # the field is missing in runs of early versions
    translators: list[str] | None = None  # None: run of a version before this field existed
    built: str | None = None  # None: same
    imported_from: str | None = None


@dataclass(frozen=True)
class Run:
    """One finished run and its folder."""

    info: RunInfo
    folder: Path

    @property
    def weights_file(self) -> Path:
        """File of the tensors that training changed."""
        return self.folder / "weights.safetensors"

    @property
    def is_swept(self) -> bool:
        """True if curve, ranks and α* are stored."""
        return (self.folder / "sweep.toml").exists()

    @property
    def is_archived(self) -> bool:
        """True if the run is hidden: only commands and links that name it use it."""
        return (self.folder / ARCHIVED).exists()

    def history(self) -> pd.DataFrame:
        """Return one row per epoch: epoch, train_loss (empty before training), val metrics, logit_scale, kept."""
        try:
            history = pd.read_csv(self.folder / "history.csv")
            if missing := [name for name in HISTORY_COLUMNS if name not in history]:
                raise ValueError(f"missing columns: {', '.join(missing)}")
            return history
        except (OSError, ValueError) as error:
            raise InputError(
                f"{self.folder / 'history.csv'} is missing, damaged or of another version of Rematch ({error}). "
                "Restore the file from a backup, or train again."
            ) from None

    def curve(self) -> pd.DataFrame:
        """Read sweep.csv: alpha, split, interpolated, n, metrics. Raises InputError if the run was not swept.

        Metrics that were added to Rematch after the sweep are computed from its ranks.
        """
        check_build(self.info, f"run '{self.info.name}'")
        curve = self._swept(lambda: pd.read_csv(self._checked("sweep.csv")))
        if new := [name for name in METRICS if name not in curve]:
            by_alpha = self.ranks().groupby(["split", "alpha"], sort=False)["rank"]  # in the order of the curve
            curve[new] = pd.DataFrame([metrics_of(ranks.to_numpy()) for _, ranks in by_alpha])[new]
        return curve

    def ranks(self) -> pd.DataFrame:
        """Read ranks.parquet: article_id, split, alpha, rank, reverse_rank. Raises InputError if not swept."""
        check_build(self.info, f"run '{self.info.name}'")
        return self._swept(lambda: pd.read_parquet(self._checked("ranks.parquet")))

    def sweep_info(self) -> SweepInfo:
        """Read sweep.toml. Raises InputError if the run was not swept, or by an incompatible version of Rematch."""
        file, remedy = self.folder / "sweep.toml", f"Sweep again: {self._sweep_command}"
        ignored = ("files", "speedup")  # fingerprints of the sweep's files; a field of early versions
        return self._swept(lambda: read_record(file, SweepInfo, "sweep", sweep_store.FORMAT, remedy, ignored))

    def sweep_stamp(self) -> FileSignature | None:
        """Return a signature that changes with each sweep; None if the run was not swept."""
        file = self.folder / "sweep.toml"
        try:
            return file_signature(file)
        except FileNotFoundError:
            return None

    def selected(self) -> Selected:
        """Return α* and its criterion. Raises InputError if the run was not swept."""
        return self.sweep_info().selected

    def precision(self) -> dict[str, PrecisionName]:
        """Return the precision of each tower in the sweep; fp32 if the run was not swept."""
        swept = self.sweep_info().precision if self.is_swept else {}
        return {tower: swept[tower].name if tower in swept else "fp32" for tower in ("image", "text")}

    def reranking(self) -> Reranking:
        """Return the re-ranking of the sweep; plain cosine if the run was not swept."""
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
        """Return the first images of each article at each α: gallery rows [A, N, K], memory-mapped."""
        return self._array(f"best-{split}.npy")

    def overtakings(self, split: Split, start: np.ndarray) -> Overtakings | None:
        """Return the overtakings of a split with the ranks at α = 0, int [N]; None if the sweep has none."""
        name = f"overtakings-{split}.parquet"
        if name not in self._sweep_table().get("files", {}):
            return None
        return Overtakings.of_table(pd.read_parquet(self._checked(name)), start)

    def plane(self) -> Plane | None:
        """Return the plane of val over both α; None if one tower does not change or the path was not used."""
        if not (self.folder / "plane.csv").exists():
            return None
        alphas = self._swept(lambda: pd.read_csv(self._checked("plane.csv")))["alpha_image"].unique()
        return Plane(tuple(alphas.tolist()), self._array("plane-ranks.npy"), self._array("plane-best.npy"))

    def plane_table(self) -> pd.DataFrame | None:
        """Return the plane as a table: alpha_image, alpha_text, n, metrics; None as in `plane`."""
        plane = self.plane()
        if plane is None:
            return None
        table = pd.read_csv(self._checked("plane.csv"))
        return table if set(METRICS) <= set(table) else plane.table()

    def _array(self, name: str) -> np.ndarray:
        array: np.ndarray = np.load(self._checked(name), mmap_mode="r", allow_pickle=False)
        return array

    def _checked(self, name: str) -> Path:
        """Return a file of the sweep after verifying its checksum (once per write). Raises InputError on mismatch."""
        file = self.folder / name
        try:
            whole = _fingerprint_of(file, file_signature(file))
        except OSError:
            whole = None
        if whole is None or whole != self._sweep_table().get("files", {}).get(name):
            raise InputError(f"{file} is missing, damaged or of another sweep. Sweep again: {self._sweep_command}")
        return file

    def _sweep_table(self) -> dict[str, Any]:
        return read_toml(self.folder / "sweep.toml", "sweep", sweep_store.FORMAT, f"Sweep again: {self._sweep_command}")

    def save_sweep(self, sweeps: Sequence[Sweep], plane: Plane | None, info: SweepInfo) -> None:
        """Write the files of a sweep, then sweep.toml with their checksums, which marks the sweep as complete.

        Only one process writes at a time. Raises InputError if the run was renamed, deleted or replaced meanwhile.
        """
        self._check_still_there()
        with disk_errors_for(self.folder / "sweep.toml"), hold_lock(self.folder / "sweep.lock"):
            sweep_store.write_sweep(self.folder, sweeps, plane, info)

    def _check_still_there(self) -> None:
        is_run = (self.folder / "run.toml").exists()
        if not self.folder.exists() or (is_run and _load(self.folder).info.fine_tuned != self.info.fine_tuned):
            raise InputError(
                f"run '{self.info.name}' of {self.info.domain} was renamed, deleted or replaced during the sweep, so "
                f"nothing was written. Sweep it again under its current name."
            )


@lru_cache(maxsize=256)
def _fingerprint_of(file: Path, written: FileSignature) -> str:
    return file_fingerprint(file)


def save_run(run: Run) -> None:
    """Write run.toml, which marks the folder as a finished run; write all other files first."""
    write_toml(run.folder / "run.toml", asdict(run.info), FORMAT)


def load_runs(workspace: Workspace, slug: str) -> list[Run]:
    """Return all finished runs of a domain, oldest first."""
    runs = [_load(path.parent) for path in workspace.runs_folder(slug).glob("*/run.toml")]
    return sorted(runs, key=lambda run: (run.info.created_at, run.info.name))


def active_runs(workspace: Workspace, slug: str) -> list[Run]:
    """Return the finished runs of a domain that are not archived, oldest first."""
    return [run for run in load_runs(workspace, slug) if not run.is_archived]


def find_run(workspace: Workspace, slug: str, name: str | None, prefer_swept: bool = False) -> Run:
    """Return the run called `name`, or the newest that is not archived. Raises InputError that lists the runs.

    prefer_swept: without a name, take the newest swept run; the newest only if none is swept.
    """
    runs = load_runs(workspace, slug)
    if not runs:
        raise InputError(f"domain '{slug}' has no run yet; make one with: rematch train --domain {slug}")
    if name is None:
        active = [run for run in reversed(runs) if not run.is_archived]
        if not active:
            raise InputError(
                f"all runs of domain '{slug}' are archived: {', '.join(run.info.name for run in runs)}. Name one with "
                f"--run, or restore one with: rematch runs restore --domain {slug} RUN"
            )
        return next((run for run in active if prefer_swept and run.is_swept), active[0])
    found = next((run for run in runs if run.info.name == name), None)
    if found is None:
        names = ", ".join(run.info.name for run in runs)
        raise InputError(f"domain '{slug}' has no run '{name}'; its runs: {names}.")
    return found


def _load(folder: Path) -> Run:
    remedy = "Delete its folder and train again."
    info = read_record(folder / "run.toml", RunInfo, f"run '{folder.name}'", FORMAT, remedy)
    return Run(replace(info, name=folder.name), folder)  # the file may hold the name before a rename


def now() -> str:
    """Return the current time in UTC with microseconds, so that runs of the same second keep their order."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
