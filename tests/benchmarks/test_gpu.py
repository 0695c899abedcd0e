"""Measurements for accelerators, run on the CPU with tiny models: all rows are written, and checks can fail."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.gpu import checks, encoding, ranking, run
from benchmarks.gpu.checks import Check

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


@pytest.mark.parametrize("found", [2.0, float("nan")])
def test_a_failed_check_is_the_exit_status(found, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "checks", lambda bench: iter([Check("good", 0.0, 1.0), Check("bad", found, 1.0)]))
    result = CliRunner().invoke(app, ["gpu", "--device", "cpu", "--quick", "--check", "--out", str(tmp_path / "c.csv")])
    assert result.exit_code == 1
    assert result.stdout.count("FAIL") == 2, "in the log and in the table"


def test_gradients_that_differ_or_are_missing_are_detected():
    gradients = {"a": torch.ones(4), "b": torch.zeros(2)}
    assert checks.difference_of_gradients(gradients, gradients) == 0
    assert checks.difference_of_gradients({"a": torch.ones(4) * 1.1, "b": torch.zeros(2)}, gradients) == pytest.approx(
        0.1
    )
    assert np.isnan(checks.difference_of_gradients({"a": torch.ones(4)}, gradients))


def test_the_blocks_of_the_image_tower_are_compiled_and_no_others(tiny):
    compiled = []

    def backend(graph, inputs):
        compiled.append(graph)
        return graph.forward

    encoding.compile_image_blocks(tiny, backend)
    with torch.inference_mode():
        tiny.encode_text(tiny.tokenize(["a"]))
        assert not compiled
        tiny.encode_image(torch.zeros(2, 3, 32, 32, dtype=torch.uint8))
    assert compiled


def test_only_float_ties_excuse_a_rank():
    """Images 0 and 1 have the same score for text 0 up to rounding; no other is near."""
    images = torch.nn.functional.normalize(torch.tensor([[1.0, 0.0], [1.0, 1e-8], [0.0, 1.0]]), dim=1)
    texts = images[:1]
    assert ranking.differing_ranks(np.array([1]), np.array([1]), texts, images) == (0, 0)
    assert ranking.differing_ranks(np.array([2]), np.array([1]), texts, images) == (1, 0)
    assert ranking.differing_ranks(np.array([3]), np.array([1]), texts, images) == (1, 1)
