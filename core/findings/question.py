"""Analyses of a run: each question returns a typed record, computed once and cached.

A question is a function from a run to a record of plain values (`core.analysis` does the arithmetic). The record is
stored as JSON. Its file name depends on the run, the sweep, the articles, the metrics and the question's version.
Reading checks the type, so that a damaged record or one of another version is computed again.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
import pandas as pd

from core.analysis.rolling_origin import OriginRanks, Periods, periods_of
from core.data.domain import Domain
from core.data.time_split import Split
from core.encoders.choices import DeviceChoice
from core.errors import InputError
from core.evaluation.metrics import METRICS
from core.presentation.blocks import Section
from core.storage.cache import read_checksummed, write_checksummed
from core.storage.disk_errors import DiskError
from core.storage.files import Part, file_fingerprint, fingerprint
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from core.workspace.sweep_results import Results, read_results

if TYPE_CHECKING:  # imports torch, which most questions do not need
    from core.experiment.loaded_run import LoadedRun
    from core.findings.scored_models import ScoredSplit

Record = TypeVar("Record")

_log = logging.getLogger("rematch")


@dataclass(frozen=True)
class RunContext:
    """A swept run under analysis, with its ranks; its models are loaded only if a question needs them."""

    run: Run
    domain: Domain
    workspace: Workspace
    device: DeviceChoice = "auto"

    @cached_property
    def splits(self) -> list[Split]:
        """The splits that can be evaluated: val, and test if its ground truth is known and it was swept."""
        swept = set(self.run.curve()["split"])
        both: list[Split] = ["val", "test"]
        return [split for split in both if split in swept and not self.domain.labelled(split).empty]

    @cached_property
    def results(self) -> dict[Split, Results]:
        """The sweep's results on each split. Raises InputError as `read_results`."""
        return {split: read_results(self.run, self.domain, split) for split in self.splits}

    @property
    def val(self) -> Results:
        """The results on val, which α was chosen on."""
        return self.results["val"]

    @cached_property
    def loaded_run(self) -> "LoadedRun":
        """The run with its weights. Raises InputError as `open_run`."""
        from core.experiment.loaded_run import open_run

        return open_run(self.run, self.domain, self.workspace, self.device)

    @cached_property
    def scored_splits(self) -> "dict[Split, ScoredSplit]":
        """Embeddings of each split under the three models, for questions about scores. Errors as `loaded_run`."""
        from core.findings.scored_models import score_models

        alpha = self.run.selected().alpha
        return {split: score_models(self.loaded_run, split, alpha) for split in self.splits}

    @cached_property
    def periods(self) -> tuple[pd.DataFrame, Periods]:
        """The domain's labelled articles of train and val in order of time, and their periods."""
        articles = self.domain.articles
        articles = articles[(articles["split"] != "test") & (articles["image_id"] != "")]
        dates = articles["published_at"] if self.domain.info.split_by == "published_at" else None
        return articles, periods_of(dates, len(articles))

    @cached_property
    def origins(self) -> list[OriginRanks]:
        """Trainings until each period on all articles before it, for questions about later periods."""
        from core.experiment.rolling_origins import roll

        return list(roll(self.loaded_run, *self.periods))

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of everything a record can depend on: weights, articles and the sweep."""
        return _fingerprint(self)


@dataclass(frozen=True)
class Question(Generic[Record]):
    """Definition of a question about a run.

    name: in files and on the command line. title: on pages. ask: computes the answer. section: presents it. version:
    increases when answers change. duration_hint: approximate duration in words; None for about a second, so that pages
    compute the answer at once. seconds_for_heads: measured with linear heads (see `core.findings.durations`); None if
    unknown. cache_key_parts: what an answer depends on in addition to the run.
    """

    name: str
    title: str
    result_type: type[Record]
    ask: Callable[[RunContext], Record]
    section: Callable[[Record, RunContext], Section]
    version: int = 1
    duration_hint: str | None = None
    seconds_for_heads: float | None = None
    cache_key_parts: Callable[[RunContext], tuple[Part, ...]] = lambda context: ()


def _key(question: Question[Record], context: RunContext) -> str:
    return f"{question.name}-{fingerprint(question.version, list(METRICS), context.fingerprint)}"


def _file(question: Question[Record], context: RunContext) -> Path:
    others = fingerprint(*question.cache_key_parts(context))
    return context.workspace.cache / "findings" / f"{_key(question, context)}-{others}.json"


def files_as_parts(files: Sequence[Path]) -> tuple[Part, ...]:
    """Return fingerprints of `files` for `cache_key_parts`; None for a missing file."""
    return tuple(file_fingerprint(file) if file.exists() else None for file in files)


def load_cached(question: Question[Record], context: RunContext) -> Record | None:
    """Return the cached answer; None if there is none or it cannot be read."""
    return _read(question, _file(question, context))


def load_last_cached(question: Question[Record], context: RunContext) -> Record | None:
    """Return the last cached answer about this sweep, even if the question's `cache_key_parts` have changed since."""
    last = next(_cached_files(question, context), None)
    return _read(question, last) if last else None


def _cached_files(question: Question[Record], context: RunContext) -> Iterator[Path]:
    """Return the cached answers about this sweep; `compute_or_load` stores only the last one."""
    return (context.workspace.cache / "findings").glob(f"{_key(question, context)}-*.json")


def _read(question: Question[Record], file: Path) -> Record | None:
    try:
        found = read_checksummed(file)
        return None if found is None else msgspec.json.decode(found, type=question.result_type)
    except msgspec.DecodeError:  # written by another version; includes ValidationError
        return None


def compute_or_load(question: Question[Record], context: RunContext) -> Record:
    """Return the cached answer, or compute and cache it.

    Raises InputError: the run or domain cannot answer, or changed meanwhile. DiskError: a slow answer cannot be stored.
    """
    found = load_cached(question, context)
    if found is None:
        file, found = _file(question, context), question.ask(context)
        if _fingerprint(context) != context.fingerprint:
            raise InputError(
                f"Run '{context.run.info.name}' or its domain '{context.domain.info.slug}' changed during the "
                f"analysis, so the answer would mix the old and the new state. Run the analysis again."
            )
        _save(question, context, file, found)
    return found


def _save(question: Question[Record], context: RunContext, file: Path, found: Record) -> None:
    """Save the answer and delete older ones about the same sweep, for example from before tags changed."""
    try:
        write_checksummed(file, msgspec.json.encode(found))
        for other in _cached_files(question, context):
            if other != file:
                other.unlink(missing_ok=True)
    except DiskError as error:
        if question.duration_hint is not None:
            raise
        _log.warning("%s", error)  # a quick answer can be shown without being stored


def _fingerprint(context: RunContext) -> str:
    info = context.run.info
    files = [
        context.run.folder / "sweep.toml",
        context.run.folder / "ranks.parquet",
        context.domain.folder / "articles.parquet",
    ]
    return fingerprint(info.zero_shot, info.fine_tuned, info.articles, list(files_as_parts(files)))


def check_swept(run: Run) -> None:
    """Raise InputError if the run has no sweep, with the command to run."""
    if not run.is_swept:
        raise InputError(
            f"Run '{run.info.name}' of domain '{run.info.domain}' has no sweep yet, and findings need its ranks. "
            f"Run: rematch sweep --domain {run.info.domain} --run {run.info.name}"
        )
