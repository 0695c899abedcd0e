"""`--precision` of `sweep` and `rank`, and the note of an fp32 sweep about bf16."""

import pytest


@pytest.fixture
def imported(verb, shapes):
    assert verb("import", shapes, "--domain", "shapes", "--language", "en").status == 0


@pytest.mark.parametrize("has_bf16", [True, False])
def test_a_sweep_in_fp32_notes_the_time_that_bf16_would_save(verb, imported, tiny_name, monkeypatch, has_bf16):
    monkeypatch.setattr("core.experiment.loaded_run.has_bf16_instructions", lambda: has_bf16)
    train = ("train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "last:1", "--epochs", 1)
    for text in (verb(*train, "--sweep").out, verb("sweep", "--domain", "shapes", "--alphas", "0,0.5,1").out):
        assert ("--precision bf16" in text) == has_bf16
    swept = verb("sweep", "--domain", "shapes", "--alphas", "0,0.5,1", "--json").record
    assert {tower["name"] for tower in swept["precision"].values()} == {"fp32"}
    assert {tower["agreement"] for tower in swept["precision"].values()} == {None}


def test_requested_bf16_is_checked_and_reported(verb, imported, tiny_name, tmp_path):
    verb("train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "last:1", "--epochs", 1)
    swept = verb("sweep", "--domain", "shapes", "--alphas", "0,0.5,1", "--precision", "bf16")
    assert "would be about" not in swept.out, "it was tried"
    ranked = verb("rank", "--domain", "shapes", "--output", tmp_path / "run.tsv", "--precision", "bf16")
    for outcome in (swept, ranked):
        assert outcome.status == 0
        for tower in ("image", "text"):
            [line] = [line for line in outcome.out.splitlines() if line.startswith(f"{tower} tower in ")]
            assert "mrr@100 ±" in line
    assert "tower in" not in verb("rank", "--domain", "shapes", "--output", tmp_path / "run.tsv").out
