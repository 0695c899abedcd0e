"""Commands that need a sweep take the newest swept run if none is named, and name it in their output."""

import pytest


@pytest.fixture
def train(shapes, tiny_name):
    """Return the words of a training without epochs."""
    return ["train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "head", "--epochs", 0]


@pytest.fixture
def swept_and_newer(after, shapes, train):
    """Create a swept run and a newer one that is not swept."""
    words = ["--domain", "shapes", "--alphas", "0,0.5,1"]
    older, newer = [*train, "--name", "older"], [*train, "--name", "newer"]
    after(["import", shapes, "--domain", "shapes", "--language", "en"], older, ["sweep", *words], newer)


COMMANDS = [
    ["rank", "--output", "OUT/run.tsv"],
    ["rank", "--output", "OUT/run.tsv", "--alpha", "0"],
    ["match", "--headline", "a red circle"],
    ["submit", "--split", "val", "--output", "OUT/runs"],
    ["report"],
    ["analyse", "--questions", "shapes"],
    ["export", "--output", "OUT/model.safetensors"],
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_newest_swept_run_is_taken_and_named(verb, swept_and_newer, tmp_path, words):
    filled = [word.replace("OUT", str(tmp_path)) for word in words]
    assert verb(filled[0], "--domain", "shapes", *filled[1:], "--json").record["run"] == "older"
    if words[0] != "analyse":
        assert "older" in verb(filled[0], "--domain", "shapes", *filled[1:]).out


def test_a_sweep_without_a_name_still_takes_the_newest_run(verb, swept_and_newer):
    assert verb("sweep", "--domain", "shapes", "--alphas", "0,1", "--json").record["run"] == "newer"


@pytest.mark.parametrize("words", [command for command in COMMANDS if "0" not in command], ids=" ".join)
def test_without_any_sweep_the_error_says_to_sweep(verb, after, shapes, train, tmp_path, words):
    after(["import", shapes, "--domain", "shapes", "--language", "en"], train)
    filled = [word.replace("OUT", str(tmp_path)) for word in words]
    refused = verb(filled[0], "--domain", "shapes", *filled[1:])
    assert refused.status == 2
    assert "rematch sweep --domain shapes --run tinyclip-head-1" in refused.err
