"""One row for each way of doing a piece of work, how it is timed, and the table and CSV file they become."""

import csv
import gc
import io
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Generic, Literal, TypeVar

import torch
from tabulate import tabulate

from core.storage.files import write_text

Answer = TypeVar("Answer")
Precision = Literal["fp32", "tf32", "bf16"]


@dataclass(frozen=True)
class Row:
    """A measured way of doing a piece of work.

    way: `ours`, or `plain` for the obvious way. per_second: items a second. gflop: for each item, 10⁹ operations.
    share: of the rate that a large matrix product of the same precision reached. peak_mb: most memory allocated on the
    accelerator, 10⁶ bytes. None where a number does not apply. note: differences from a reference, or what is special.
    """

    work: str
    model: str
    way: str
    precision: str
    size: str
    seconds: float
    per_second: float | None = None
    gflop: float | None = None
    tflops: float | None = None
    share: float | None = None
    peak_mb: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Machine:
    """Where and when the rows were measured."""

    card: str
    pytorch: str
    date: str

    @staticmethod
    def of(device: torch.device) -> "Machine":
        """Describe `device` now."""
        card = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{device.type} {platform.machine()}"
        return Machine(card, str(torch.__version__), datetime.now(UTC).date().isoformat())


@dataclass(frozen=True)
class Timed(Generic[Answer]):
    """seconds: the median of the repetitions. peak_mb: None where the device does not count."""

    answer: Answer
    seconds: float
    peak_mb: float | None


def timed(work: Callable[[], Answer], device: torch.device, repetitions: int = 1, warm: bool = True) -> Timed[Answer]:
    """Time `work` with a host clock that waits for the device. warm: run it once before, outside the measurement."""
    if warm:
        work()
    gc.collect()  # what earlier measurements held is not this one's memory
    _wait(device)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    seconds = []
    for _ in range(repetitions):
        start = time.perf_counter()
        answer = work()
        _wait(device)
        seconds.append(time.perf_counter() - start)
    peak = torch.cuda.max_memory_allocated(device) / 1e6 if device.type == "cuda" else None
    return Timed(answer, median(seconds), peak)


def _wait(device: torch.device) -> None:
    if device.type != "cpu":
        torch.get_device_module(device).synchronize()


@contextmanager
def multiplying_in(precision: Precision) -> Iterator[None]:
    """Let float32 products and convolutions use TF32 inside (`tf32`), or compute them in full (`fp32`, `bf16`)."""
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]


def table_of(rows: Sequence[Row]) -> str:
    """Lay the rows out for a terminal."""
    headers = ["work", "model", "way", "precision", "size", "s", "per s", "GFLOP", "TFLOP/s", "share", "MB", "note"]
    cells = [
        [row.work, row.model, row.way, row.precision, row.size, _number(row.seconds), _number(row.per_second),
         _number(row.gflop), _number(row.tflops), "" if row.share is None else f"{row.share:.0%}",
         _number(row.peak_mb), row.note]
        for row in rows
    ]  # fmt: skip
    return tabulate(cells, headers=headers, disable_numparse=True)


def _number(value: float | None) -> str:
    """Three significant digits, thousands separated."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write_csv(file: Path, machine: Machine, records: Sequence[Any]) -> None:
    """Write records of one type with the machine they were measured on; replaces the file as a whole."""
    lines = [asdict(machine) | asdict(record) for record in records]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    write_text(file, text.getvalue())
