"""The measurements for accelerators, on the CPU: checks can fail. soak/test_gpu_benchmark.py runs them all."""

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.gpu import checks, encoding, ranking, run
from benchmarks.gpu.checks import Check


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
