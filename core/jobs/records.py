"""Final records of a job in its folder: `result.json` with the command's output, or `error.json`.

A job reserves the disk space of its records at the start, so that it can report its end on a full disk.
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

#: Environment variable with the job's folder, for the command that the job runs.
JOB_FOLDER = "REMATCH_JOB_FOLDER"
STATUS, PROCESS = "status.txt", "process.txt"
RESULT, ERROR = "result.json", "error.json"
#: Reserved bytes; a longer error needs more space.
_RESERVED = {STATUS: 16, PROCESS: 16, ERROR: 4096}


@dataclass(frozen=True)
class JobResult:
    """Output of a command. record: as with `--json`. text: as printed, without the hints for a next step."""

    record: dict[str, Any]
    text: str


@dataclass(frozen=True)
class JobError:
    """Failure of a command. kind: name of the exception. sentence: the message, one line."""

    kind: str
    sentence: str


def reserve(folder: Path) -> None:
    """Remove the records of an earlier job and reserve space for new ones. Raises DiskError."""
    for name in (STATUS, PROCESS, RESULT, ERROR):
        (folder / name).unlink(missing_ok=True)
    for name, size in _RESERVED.items():
        write_text(_reserved_file(folder / name), " " * size)


def write_reserved(file: Path, text: str) -> None:
    """Write `text` to `file` in the space that `reserve` made, even on a full disk. Raises DiskError.

    Write nothing if no space was reserved.
    """
    with disk_errors_for(file), suppress(FileNotFoundError):
        with _reserved_file(file).open("r+b") as reserved:
            reserved.write(text.encode())
            reserved.truncate()
        _reserved_file(file).replace(file)


def write_result(record: dict[str, Any], text: str) -> None:
    """Write the result of this process's job; do nothing if it is no job or the disk is full."""
    if (folder := os.environ.get(JOB_FOLDER)) is not None:
        with suppress(DiskError):  # the work itself is complete
            write_text(Path(folder, RESULT), json.dumps(asdict(JobResult(record, text)), ensure_ascii=False))


def write_error(kind: str, sentence: str) -> None:
    """Write the error of this process's job; do nothing if it is no job."""
    if (folder := os.environ.get(JOB_FOLDER)) is not None:
        with suppress(DiskError):
            write_reserved(Path(folder, ERROR), json.dumps(asdict(JobError(kind, sentence)), ensure_ascii=False))


def read_result(folder: Path) -> JobResult | None:
    """Return the result of a job; None if it wrote none, as jobs of early versions."""
    return _read(folder / RESULT, JobResult)


def read_error(folder: Path) -> JobError | None:
    """Return the error of a job; None if it did not fail or could not write the record."""
    return _read(folder / ERROR, JobError)


def _read(file: Path, record: type[Record]) -> Record | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=record)
    except (OSError, ValueError):  # msgspec's errors are ValueErrors
        return None


def _reserved_file(file: Path) -> Path:
    return file.with_suffix(".room")
