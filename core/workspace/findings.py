"""What was found out about a run: one record for each question, worked out once and kept in the cache.

A question is a function from a run to a record of plain values (`core.analysis` does the arithmetic). The record is
kept as JSON under a name that changes with the run, its sweep, its articles and the question's version, and is read
back checked against its type, so that what is damaged or of another version is worked out again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec

from core.data.domain import Domain
from core.data.splitting import Split
from core.encoders.names import DeviceChoice
from core.errors import InputError
from core.files import Part, file_fingerprint, fingerprint
from core.kept import read_sealed, write_sealed
from core.workspace.places import Places
from core.workspace.results import Results, read_results
from core.workspace.runs import Run

if TYPE_CHECKING:  # it imports torch, which most questions do without
    from core.workspace.tuned import TunedExperiment

Record = TypeVar("Record")


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
        from core.workspace.tuned import open_run

        return open_run(self.run, self.domain, self.places, self.device)

    @cached_property
    def fingerprint(self) -> str:
        """Of all that a record can depend on: weights, articles and their table, what the sweep left."""
        info = self.run.info
        files = [
            self.run.folder / "sweep.toml",
            self.run.folder / "ranks.parquet",
            self.domain.folder / "articles.parquet",
        ]
        return fingerprint(info.zero_shot, info.fine_tuned, info.articles, [file_fingerprint(file) for file in files])


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


def _file(question: Question[Record], asked: Asked) -> Path:
    key = fingerprint(question.version, asked.fingerprint, *question.rests_on(asked))
    return asked.places.cache / "findings" / f"{question.name}-{key}.json"


def kept(question: Question[Record], asked: Asked) -> Record | None:
    """What was found before; None if it was not asked yet, or what is kept cannot be read."""
    try:
        found = read_sealed(_file(question, asked))
        return None if found is None else msgspec.json.decode(found, type=question.record)
    except msgspec.DecodeError:  # of another version; a ValidationError is one too
        return None


def answered(question: Question[Record], asked: Asked) -> Record:
    """What was found before, or worked out and kept now. Raises InputError for what the run or domain cannot tell."""
    found = kept(question, asked)
    if found is None:
        found = question.ask(asked)
        write_sealed(_file(question, asked), msgspec.json.encode(found))
    return found


def check_swept(run: Run) -> None:
    """Raise InputError with the way out if the run has no sweep."""
    if not run.is_swept:
        raise InputError(
            f"run '{run.info.name}' of {run.info.domain} has no sweep yet, and all findings are about its ranks; "
            f"run: python -m core sweep --domain {run.info.domain} --run {run.info.name}"
        )
