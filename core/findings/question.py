"""What was found out about a run: one record for each question, worked out once and kept in the cache.

A question is a function from a run to a record of plain values (`core.analysis` does the arithmetic). The record is
kept as JSON under a name that changes with the run, its sweep, its articles and the question's version, and is read
back checked against its type, so that what is damaged or of another version is worked out again.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from core.data.domain import Domain
from core.data.time_split import Split
from core.encoders.choices import DeviceChoice
from core.errors import InputError
from core.storage.cache import read_sealed, write_sealed
from core.storage.disk_errors import DiskError
from core.storage.files import Part, file_fingerprint, fingerprint
from core.workspace.folders import Places
from core.workspace.runs import Run
from core.workspace.sweep_results import Results, read_results

if TYPE_CHECKING:  # it imports torch, which most questions do without
    from core.experiment.loaded_run import TunedExperiment

Record = TypeVar("Record")

_log = logging.getLogger("rematch")


@dataclass(frozen=True)
class Asked:
    """A swept run that is asked about: its ranks at hand, its models loaded only if a question looks at them."""

    run: Run
    domain: Domain
    places: Places
    device: DeviceChoice = "auto"

    @cached_property
    def splits(self) -> list[Split]:
        """The splits that can be judged: val, and test where its ground truth is known and was swept."""
        swept = set(self.run.curve()["split"])
        both: list[Split] = ["val", "test"]
        return [split for split in both if split in swept and not self.domain.judged(split).empty]

    @cached_property
    def results(self) -> dict[Split, Results]:
        """What the sweep left of each split. Raises InputError as `read_results`."""
        return {split: read_results(self.run, self.domain, split) for split in self.splits}

    @property
    def val(self) -> Results:
        """The split that α was chosen on."""
        return self.results["val"]

    @cached_property
    def tuned(self) -> "TunedExperiment":
        """The run with its weights. Raises InputError as `open_run`."""
        from core.experiment.loaded_run import open_run

        return open_run(self.run, self.domain, self.places, self.device)

    @cached_property
    def fingerprint(self) -> str:
        """Of all that a record can depend on: weights, articles and their table, what the sweep left."""
        return _fingerprint(self)


@dataclass(frozen=True)
class Question(Generic[Record]):
    """name: in files and on the command line. title: in words. version: counts up when an answer would change.

    takes: about how long, in words; None if it is a matter of a second, so that a page need not ask first. rests_on:
    what an answer depends on beside the run that is asked about.
    """

    name: str
    title: str
    record: type[Record]
    ask: Callable[[Asked], Record]
    version: int = 1
    takes: str | None = None
    rests_on: Callable[[Asked], tuple[Part, ...]] = lambda asked: ()


def _key(question: Question[Record], asked: Asked) -> str:
    return f"{question.name}-{fingerprint(question.version, asked.fingerprint)}"


def _file(question: Question[Record], asked: Asked) -> Path:
    others = fingerprint(*question.rests_on(asked))
    return asked.places.cache / "findings" / f"{_key(question, asked)}-{others}.json"


def files_as_parts(files: Sequence[Path]) -> tuple[Part, ...]:
    """For `rests_on`: what is in each of `files`, or that it is not there."""
    return tuple(file_fingerprint(file) if file.exists() else None for file in files)


def kept(question: Question[Record], asked: Asked) -> Record | None:
    """What was found before; None if it was not asked yet, or what is kept cannot be read."""
    return _read(question, _file(question, asked))


def last_kept(question: Question[Record], asked: Asked) -> Record | None:
    """What was found last about this sweep, though what the question also `rests_on` may have changed since."""
    last = next(_kept_files(question, asked), None)
    return _read(question, last) if last else None


def _kept_files(question: Question[Record], asked: Asked) -> Iterator[Path]:
    """Of this sweep; `answered` leaves the last one only."""
    return (asked.places.cache / "findings").glob(f"{_key(question, asked)}-*.json")


def _read(question: Question[Record], file: Path) -> Record | None:
    try:
        found = read_sealed(file)
        return None if found is None else msgspec.json.decode(found, type=question.record)
    except msgspec.DecodeError:  # of another version; a ValidationError is one too
        return None


def answered(question: Question[Record], asked: Asked) -> Record:
    """What was found before, or worked out and kept now.

    Raises InputError: the run or domain cannot tell, or changed meanwhile. DiskError: what took long cannot be kept.
    """
    found = kept(question, asked)
    if found is None:
        file, found = _file(question, asked), question.ask(asked)
        if _fingerprint(asked) != asked.fingerprint:
            raise InputError(
                f"run '{asked.run.info.name}' or its domain '{asked.domain.info.slug}' changed while it was asked "
                f"about, so the answer would be of both; ask again."
            )
        _keep(question, asked, file, found)
    return found


def _keep(question: Question[Record], asked: Asked, file: Path, found: Record) -> None:
    """In place of what was found before this sweep's tags, say, were others."""
    try:
        write_sealed(file, msgspec.json.encode(found))
        for other in _kept_files(question, asked):
            if other != file:
                other.unlink(missing_ok=True)
    except DiskError as error:
        if question.takes is not None:
            raise
        _log.warning("%s", error)  # it took a second and can be shown all the same


def _fingerprint(asked: Asked) -> str:
    info = asked.run.info
    files = [
        asked.run.folder / "sweep.toml",
        asked.run.folder / "ranks.parquet",
        asked.domain.folder / "articles.parquet",
    ]
    return fingerprint(info.zero_shot, info.fine_tuned, info.articles, list(files_as_parts(files)))


def check_swept(run: Run) -> None:
    """Raise InputError with the way out if the run has no sweep."""
    if not run.is_swept:
        raise InputError(
            f"run '{run.info.name}' of {run.info.domain} has no sweep yet, and all findings are about its ranks; "
            f"run: python -m core sweep --domain {run.info.domain} --run {run.info.name}"
        )
