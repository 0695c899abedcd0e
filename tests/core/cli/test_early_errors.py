"""Wrong input is reported before torch is imported; a missing optional package with the command that installs it."""

import sys

import pytest

from core.extras import EXTRAS
from core.workspace.runs import find_run
from tests.fresh import fresh


@pytest.fixture
def trained(after, shapes, tiny_name):
    """Create a domain with a run that is not swept."""
    train = ["train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "head", "--epochs", 0]
    after(["import", shapes, "--domain", "shapes", "--language", "en"], train)


@pytest.fixture
def german(verb, shapes):
    """Create a domain in German."""
    assert verb("import", shapes, "--domain", "formen", "--language", "de").status == 0


WRONG_RUN = [
    ["sweep", "--run", "wrong"],
    ["rank", "--run", "wrong", "--output", "out.tsv"],
    ["match", "--run", "wrong", "--headline", "a red circle"],
    ["submit", "--run", "wrong", "--output", "out"],
    ["export", "--run", "wrong", "--output", "out.safetensors"],
    ["report", "--run", "wrong"],
    ["analyse", "--run", "wrong"],
    ["train", "--resume", "wrong"],
    ["rank", "--output", "out.tsv"],  # not swept
    ["train", "--name", "tinyclip-head-1"],  # taken
    ["train", "--seeds", "1"],
    ["import-run", "--zero-shot", "NoSuchNet", "--fine-tuned", "x.safetensors"],
]


@pytest.mark.parametrize("words", WRONG_RUN, ids=" ".join)
def test_no_torch_for_a_wrong_run(trained, words):
    assert fresh(words[0], "--domain", "shapes", *words[1:]) == (2, False)


@pytest.mark.parametrize("words", [["train"], ["sweep"], ["rank", "--output", "o.tsv"], ["translate"]], ids=" ".join)
def test_no_torch_for_a_wrong_domain(workspace, words):
    assert fresh(words[0], "--domain", "nowhere", *words[1:]) == (2, False)


def test_export_of_a_built_in_encoder_is_refused_before_it_is_loaded(verb, trained, workspace, monkeypatch, tmp_path):
    file = find_run(workspace, "shapes", None).folder / "run.toml"
    lines = file.read_text().splitlines()
    file.write_text("\n".join('encoder = "lite"' if line.startswith("encoder =") else line for line in lines))
    monkeypatch.setattr("core.encoders.loading.load_encoder", lambda *_: pytest.fail("loaded"))
    refused = verb("export", "--domain", "shapes", "--alpha", 1, "--output", tmp_path / "out.safetensors")
    assert refused.status == 2
    assert "lite is a model of Rematch" in refused.err
    assert fresh("export", "--domain", "shapes", "--alpha", 1, "--output", "out.safetensors") == (2, False)


@pytest.mark.parametrize("package", EXTRAS["translate"])
def test_translate_names_the_package_it_lacks(verb, german, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    refused = verb("translate", "--domain", "formen")
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert package in refused.err
    assert "pip install 'rematch[translate]'" in refused.err


def test_a_sweep_without_ray_names_it(verb, trained, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    refused = verb("sweep", "--domain", "shapes", "--ray")
    assert refused.status == 2
    assert "ray" in refused.err
    assert "pip install 'rematch[cluster]'" in refused.err


@pytest.mark.parametrize(("package", "install"), [("sentencepiece", "rematch[translate]"), ("peft", "pip install")])
def test_a_package_that_a_training_lacks_is_named(verb, trained, tiny_name, monkeypatch, package, install):
    def fail(*_, **__):
        raise ModuleNotFoundError(f"No module named '{package}'", name=package)

    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setattr("core.experiment.train.load_encoder", fail)
    refused = verb("train", "--domain", "shapes", "--encoder", tiny_name)
    assert (refused.status, refused.err.count("\n")) == (2, 1)
    assert package in refused.err
    assert install in refused.err


def test_a_tokenizer_that_needs_a_missing_package_names_it(verb, trained, tiny_name, monkeypatch):
    def fail(*_, **__):
        raise ImportError("XLMRobertaTokenizer requires the SentencePiece library but it was not found")

    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    monkeypatch.setattr("core.encoders.clip.building.open_clip.get_tokenizer", fail)
    refused = verb("train", "--domain", "shapes", "--encoder", tiny_name)
    assert refused.status == 2
    assert "pip install 'rematch[translate]'" in refused.err


def test_a_question_ends_without_a_full_stop(verb, trained):
    refused = verb("train", "--domain", "shapes", "--encoder", "ViT-B-23:openai")
    assert refused.err.endswith("did you mean ViT-B-32:openai?\n")
