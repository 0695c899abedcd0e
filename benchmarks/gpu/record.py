"""Rows of the results, timing, and output as a table and a CSV file."""

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
    """Measurement of one way of doing a piece of work.

    way: `ours`, or `plain` for the obvious way. per_second: items a second. gflop: 10⁹ operations for each item. share:
    of the rate of a large matrix product in the same precision. peak_mb: peak memory allocated on the accelerator, 10⁶
    bytes. None if a number does not apply. note: differences from a reference, or remarks.
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
    """Machine and date of the measurements."""

    card: str
    pytorch: str
    date: str

    @staticmethod
    def of(device: torch.device) -> "Machine":
        """Describe `device` and today's date."""
        card = torch.cuda.get_device_name(device) if device.type == "cuda" else f"{device.type} {platform.machine()}"
        return Machine(card, str(torch.__version__), datetime.now(UTC).date().isoformat())


@dataclass(frozen=True)
class Timed(Generic[Answer]):
    """Result of a timing. seconds: median of the repetitions. peak_mb: None if the device does not report it."""

    answer: Answer
    seconds: float
    peak_mb: float | None


def timed(work: Callable[[], Answer], device: torch.device, repetitions: int = 1, warm: bool = True) -> Timed[Answer]:
    """Time `work` with the host's clock, waiting for the device. warm: run it once before the measurement."""
    if warm:
        work()
    gc.collect()  # release the memory of earlier measurements
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
    """Set the block's float32 products and convolutions to TF32 (`tf32`) or to full precision (`fp32`, `bf16`)."""
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]


def table_of(rows: Sequence[Row]) -> str:
    """Format the rows as a table for the terminal."""
    headers = ["work", "model", "way", "precision", "size", "s", "per s", "GFLOP", "TFLOP/s", "share", "MB", "note"]
    cells = [
        [row.work, row.model, row.way, row.precision, row.size, _number(row.seconds), _number(row.per_second),
         _number(row.gflop), _number(row.tflops), "" if row.share is None else f"{row.share:.0%}",
         _number(row.peak_mb), row.note]
        for row in rows
    ]  # fmt: skip
    return tabulate(cells, headers=headers, disable_numparse=True)


def _number(value: float | None) -> str:
    """Format with three significant digits and thousands separators."""
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write_csv(file: Path, machine: Machine, records: Sequence[Any]) -> None:
    """Write records of one type and their machine as CSV, replacing the file atomically."""
    lines = [asdict(machine) | asdict(record) for record in records]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    write_text(file, text.getvalue())
