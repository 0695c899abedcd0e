"""`train --seeds`, `runs compare`, `rename` and `delete`, and `export`."""

import re

import open_clip
import pytest


@pytest.fixture
def seeded(verb, shapes, tiny_name):
    assert verb("import", shapes, "--domain", "shapes", "--language", "en").status == 0
    tiny = ("--encoder", tiny_name, "--tune", "head", "--epochs", 1, "--lr", 0.01)
    return verb("train", "--domain", "shapes", *tiny, "--seeds", "3,1", "--json")


def test_each_seed_is_a_run_and_the_report_shows_their_mean(verb, seeded):
    assert [run["settings"]["seed"] for run in seeded.record["runs"]] == [3, 1]
    report = verb("report", "--domain", "shapes", "--json").record
    assert [(row["model"], row["seeds"], row["n"]) for row in report["seeds"]] == [
        ("zero-shot", 2, 12), ("fine-tuned", 2, 12), ("WiSE-FT", 2, 12), ("WiSE-FT, cross-fitted", 2, 12),
    ]  # fmt: skip
    assert report["seeds"][0]["mrr@100 sd"] == 0
    text = verb("report", "--domain", "shapes").out
    assert re.search(r"2 seeds.*1, 3.*±", text)


@pytest.mark.parametrize("seeds", ["1", "", "1,1", "a,b", "1,-2", "1.5,2"])
def test_invalid_seeds_are_refused(verb, shapes, seeds):
    verb("import", shapes, "--domain", "shapes", "--language", "en")
    outcome = verb("train", "--domain", "shapes", f"--seeds={seeds}")
    assert outcome.status == 2
    assert f"--seeds {seeds}" in outcome.err
    assert "0,1,2" in outcome.err


def test_runs_are_compared_renamed_and_deleted(verb, seeded):
    names = [run["run"] for run in seeded.record["runs"]]
    compared = verb("runs", "compare", "--domain", "shapes", "--json").record["runs"]
    assert [(row["run"], row["seed"]) for row in compared] == list(zip(names, (3, 1), strict=True))
    assert "lr" not in compared[0]

    assert verb("runs", "rename", "--domain", "shapes", names[0], "first-try").status == 0
    assert [row["run"] for row in verb("runs", "--json").record["runs"]] == ["first-try", names[1]]
    assert verb("report", "--domain", "shapes", "--run", "first-try").status == 0

    refused = verb("runs", "delete", "--domain", "shapes", names[1])
    assert (refused.status, "--yes" in refused.err) == (2, True)
    assert verb("runs", "delete", "--domain", "shapes", names[1], "--yes").status == 0
    assert [row["run"] for row in verb("runs", "--json").record["runs"]] == ["first-try"]


def test_an_exported_model_is_loaded_by_open_clip(verb, seeded, tmp_path):
    out = tmp_path / "model.safetensors"
    record = verb("export", "--domain", "shapes", "--alpha", "0.5", "--output", out, "--json").record
    assert record["alpha"] == 0.5
    model, _, _ = open_clip.create_model_and_transforms(record["architecture"], pretrained=str(out))
    assert sum(tensor.numel() for tensor in model.state_dict().values()) == record["parameters"]
    refused = verb("export", "--domain", "shapes", "--output", tmp_path / "model.pt")
    assert (refused.status, ".safetensors" in refused.err) == (2, True)
