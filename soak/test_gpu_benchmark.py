"""The measurements for accelerators, all of them, on the CPU with tiny models: every row is there, every check passes.

In `make test` the parts are tested alone, and mypy checks that they call the library rightly; this takes 40 s.
"""

import csv
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.gpu import run

PRECISIONS = {"fp32", "tf32", "bf16"}


def lines_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as opened:
        return list(csv.DictReader(opened))


def test_the_table_has_a_row_for_every_way(tmp_path):
    out = tmp_path / "gpu.csv"
    result = CliRunner().invoke(app, ["gpu", "--device", "cpu", "--quick", "--out", str(out)], catch_exceptions=False)
    assert result.exit_code == 0
    rows = lines_of(out)
    assert {row["pytorch"] for row in rows} == {torch.__version__}
    assert all(row["card"] and row["date"] and float(row["seconds"]) > 0 for row in rows)
    measured = {(row["work"], row["way"], row["precision"]) for row in rows}
    for source in ("images from the cache", "images from JPEG", "texts"):
        for way in ("ours", "plain"):
            assert {(source, way, precision) for precision in ("fp32", "bf16")} <= measured
    assert ("images from the cache", "ours, compiled", "bf16") in measured
    assert {precision for work, _, precision in measured if work == "limit: matrix product"} == PRECISIONS
    for work in ("epoch, batches of 12, cache", "sweep of 101 α", "ranks, 512-d", "decode JPEG"):
        assert {way for name, way, _ in measured if name == work} >= {"ours", "plain"}
    for row in rows:
        assert row["work"] in result.stdout
    images = next(row for row in rows if row["work"] == "images from the cache")
    assert float(images["tflops"]) == pytest.approx(float(images["per_second"]) * float(images["gflop"]) / 1e3)


def test_every_check_passes_on_the_cpu(tmp_path):
    out = tmp_path / "checks.csv"
    assert run.run_checks("cpu", True, out)
    names = [row["what"] for row in lines_of(out)]
    for part in ("bf16", "float16", "--grad-checkpointing", "--chunk-size", "LoRA", "plain open_clip", "ranks"):
        assert any(part in name for name in names), part
