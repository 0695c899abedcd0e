"""Runs of all measurements or all checks, with the printed table and the CSV file."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.gpu.bench import FULL, QUICK, Bench, measure_limits
from benchmarks.gpu.checks import Check, checks, table_of_checks
from benchmarks.gpu.encoding import encoding_rows
from benchmarks.gpu.inputs import make_inputs
from benchmarks.gpu.ranking import rank_rows, sweep_rows
from benchmarks.gpu.record import Machine, Row, table_of, write_csv
from benchmarks.gpu.training import training_rows
from core.encoders.choices import DeviceChoice
from core.encoders.loading import choose_device

MEASUREMENTS: tuple[Callable[[Bench], Iterator[Row]], ...] = (rank_rows, encoding_rows, training_rows, sweep_rows)


def run_table(device: DeviceChoice, quick: bool, out: Path) -> list[Row]:
    """Measure everything; write the CSV file after each row, so that an interruption loses no result."""
    with _prepared(device, quick) as (bench, rows, machine):
        for measure in MEASUREMENTS:
            for row in measure(bench):
                rows.append(row)
                _report(row.work, row.model, row.way, row.precision, f"{row.seconds:.3g} s")
                write_csv(out, machine, rows)
    print(f"{machine.card}, PyTorch {machine.pytorch}, {machine.date}\n{table_of(rows)}")
    return rows


def run_checks(device: DeviceChoice, quick: bool, out: Path) -> bool:
    """Compare with the CPU and return whether every check passed."""
    results: list[Check] = []
    with _prepared(device, quick) as (bench, _, machine):
        for check in checks(bench):
            results.append(check)
            _report(check.what, check.verdict)
            write_csv(out, machine, results)
    print(f"{machine.card}, PyTorch {machine.pytorch}, {machine.date}\n{table_of_checks(results)}")
    return all(check.passed for check in results)


@contextmanager
def _prepared(choice: DeviceChoice, quick: bool) -> Iterator[tuple[Bench, list[Row], Machine]]:
    """Make inputs in a temporary folder and measure the device's limits, the first rows."""
    device, sizes = choose_device(choice), QUICK if quick else FULL
    folder = Path(tempfile.mkdtemp(prefix="rematch-gpu-"))
    try:
        machine = Machine.of(device)
        _report(machine.card, f"generating {sizes.photos:,} photographs")
        inputs = make_inputs(folder, sizes.photos)
        limits, rows = measure_limits(device, sizes.product)
        yield Bench(device, sizes, inputs, limits), rows, machine
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_STARTED = time.monotonic()


def _report(*what: str) -> None:
    print(f"{time.monotonic() - _STARTED:6.1f} s  {'  '.join(filter(None, what))}", flush=True)
