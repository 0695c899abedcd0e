"""How a job ended, as records in its folder: `result.json`, the answer of its verb, or `error.json`.

What a job must write to its end has its room from the start, so that a disk that fills up does not change how it ends.
"""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from core.storage.disk_errors import DiskError, disk_errors_for
from core.storage.files import Record, write_text

#: A job's process names its folder here, for the verb that it runs.
JOB_FOLDER = "REMATCH_JOB_FOLDER"
STATUS, PROCESS = "status.txt", "process.txt"
RESULT, ERROR = "result.json", "error.json"
#: Bytes that are reserved; a longer error needs as much more.
_ROOM = {STATUS: 16, PROCESS: 16, ERROR: 4096}


@dataclass(frozen=True)
class JobResult:
    """The answer of a verb. record: as with `--json`; text: as printed for a person, without what to do next."""

    record: dict[str, Any]
    text: str


@dataclass(frozen=True)
class JobError:
    """Why a verb failed. kind: the name of the exception; sentence: one line that says what to do."""

    kind: str
    sentence: str


def reserve(folder: Path) -> None:
    """Remove the records of an earlier job and make room for the next one's. Raises DiskError."""
    for name in (STATUS, PROCESS, RESULT, ERROR):
        (folder / name).unlink(missing_ok=True)
    for name, size in _ROOM.items():
        write_text(_room_of(folder / name), " " * size)


def write_reserved(file: Path, text: str) -> None:
    """Write `text` into the room that `reserve` made and name it `file`, also on a full disk. Raises DiskError.

    Nothing is written where no room was reserved.
    """
    with disk_errors_for(file), suppress(FileNotFoundError):
        with _room_of(file).open("r+b") as room:
            room.write(text.encode())
            room.truncate()
        _room_of(file).replace(file)


def write_result(record: dict[str, Any], text: str) -> None:
    """Write the answer of the verb that this process runs as a job; nothing if it runs as none, or the disk is full."""
    if (folder := os.environ.get(JOB_FOLDER)) is not None:
        with suppress(DiskError):  # the work itself is done
            write_text(Path(folder, RESULT), json.dumps(asdict(JobResult(record, text)), ensure_ascii=False))


def write_error(kind: str, sentence: str) -> None:
    """Write why the verb that this process runs as a job failed; nothing if it runs as none."""
    if (folder := os.environ.get(JOB_FOLDER)) is not None:
        with suppress(DiskError):
            write_reserved(Path(folder, ERROR), json.dumps(asdict(JobError(kind, sentence)), ensure_ascii=False))


def read_result(folder: Path) -> JobResult | None:
    """The answer of the job's verb; None if it wrote none, as jobs of an earlier version."""
    return _read(folder / RESULT, JobResult)


def read_error(folder: Path) -> JobError | None:
    """Why the job's verb failed; None if it did not, or could not write that."""
    return _read(folder / ERROR, JobError)


def _read(file: Path, record: type[Record]) -> Record | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=record)
    except (OSError, ValueError):  # msgspec's errors are ValueErrors
        return None


def _room_of(file: Path) -> Path:
    return file.with_suffix(".room")
