"""`sweep --ray` without Ray installed; soak/test_cluster_sweep.py tests that Ray gives the same bytes."""

import sys
from pathlib import Path

import pytest

from tests.conftest import Verb


def test_without_ray_the_sentence_says_what_to_install(
    verb: Verb, shapes: Path, tiny_name: str, monkeypatch: pytest.MonkeyPatch
):
    verb("import", shapes, "--domain", "shapes", "--language", "en")
    verb("train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "head", "--epochs", 1)
    monkeypatch.setitem(sys.modules, "ray", None)
    outcome = verb("sweep", "--domain", "shapes", "--ray")
    assert outcome.status == 2
    assert "rematch[cluster]" in outcome.err
    assert outcome.out == ""
