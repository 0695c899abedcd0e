"""All commands with models of a hub, which runs on this machine: from the model's name to run files."""

import json
from pathlib import Path

import open_clip
import pytest
import torch
from open_clip.pretrained import _PRETRAINED, _pcfg
from safetensors.torch import load_file
from transformers import CLIPModel, XLMRobertaConfig

from core.jobs import background
from core.jobs.job import Job
from core.workspace.runs import find_run
from tests.families import FAMILIES, WORDS, clip_config, register_siglip_tower, saved, write_family, write_tokenizer
from tests.local_hub import LocalHub, point_to


@pytest.fixture
def hub(local_hub: LocalHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> LocalHub:
    point_to(local_hub, tmp_path / "hub-home", monkeypatch)
    return local_hub


def repository(family: str, folder: Path, **text: str) -> dict[str, Path | str]:
    """Return the files of an open_clip repository of the family, as open_clip pushes one to a hub."""
    made = write_family(family, folder / family)
    config = {"model_cfg": json.loads(json.dumps(FAMILIES[family])), "preprocess_cfg": {"interpolation": "bicubic"}}
    config["model_cfg"]["text_cfg"] |= text
    return {"open_clip_config.json": json.dumps(config), "open_clip_model.safetensors": made.weights}


def tokenizer_files(folder: Path) -> dict[str, Path | str]:
    write_tokenizer(folder)
    return {file.name: file for file in folder.iterdir()}


def run_all_commands(verb, shapes: Path, encoder: str, tune: str, out: Path) -> str:
    """Run all commands from import to export; return the output of `export`."""
    train = ("train", "--domain", "x", "--encoder", encoder, "--tune", tune, "--epochs", 1, "--batch-size", 24)
    verbs = (
        ("import", shapes, "--domain", "x", "--language", "en"),
        train,
        ("sweep", "--domain", "x", "--alphas", "0,0.5,1"),
        ("rank", "--domain", "x", "--output", out / "run.tsv"),
        ("match", "--domain", "x", "--headline", "a red circle"),
        ("submit", "--domain", "x", "--split", "val", "--output", out / "submitted"),
    )
    for words in verbs:
        outcome = verb(*words)
        assert outcome.status == 0, (words, outcome.err)
    assert len(list((out / "submitted").glob("run*.tsv"))) == 3
    exported = verb("export", "--domain", "x", "--alpha", 1, "--output", out / "theta.safetensors")
    return exported.out + exported.err


@pytest.mark.parametrize("form", ["safetensors", "bin"])
def test_a_tag_of_open_clip(hub, verb, shapes, workspace, tmp_path, monkeypatch, form):
    """Use weights that were trained with QuickGELU under a plain name, such as OpenAI's."""
    made = write_family("vit-gelu", tmp_path / "model")
    monkeypatch.setitem(_PRETRAINED, made.architecture, {"tiny": _pcfg(hf_hub="tests/tiny/", quick_gelu=True)})
    weights: Path = made.weights
    if form == "bin":
        weights = tmp_path / "open_clip_pytorch_model.bin"
        torch.save(load_file(made.weights), weights)
    name = {"safetensors": "open_clip_model.safetensors", "bin": "open_clip_pytorch_model.bin"}[form]
    hub.add("tests/tiny", {name: weights, "README.md": "not needed"})

    output = run_all_commands(verb, shapes, f"{made.architecture}:tiny", "head", tmp_path)
    run = find_run(workspace, "x", None)
    assert run.info.encoder == f"{made.architecture}:tiny"
    assert run.info.built.startswith("QuickGELU")
    assert not any("README" in request.path for request in hub.requests)
    line = output.strip().splitlines()[-1].removeprefix("load it with: ")
    assert "force_quick_gelu=True" in line
    model, *_ = eval(line, {"open_clip": open_clip})  # as a reader would paste it
    assert any(type(module).__name__ == "QuickGELU" for module in model.modules())


def test_a_repository_with_a_tokenizer_of_its_own(hub, verb, shapes, workspace, tmp_path):
    register_siglip_tower()
    files = repository("siglip", tmp_path, hf_tokenizer_name="tests/siglip")
    hub.add("tests/siglip", files | tokenizer_files(tmp_path / "tokenizer"))
    run_all_commands(verb, shapes, "hf-hub:tests/siglip", "all", tmp_path)
    assert find_run(workspace, "x", None).info.name == "siglip-all-1"


def test_a_multilingual_repository_reads_german(hub, verb, shapes, workspace, tmp_path):
    files = repository(
        "xlm-roberta", tmp_path, hf_tokenizer_name="tests/xlm-roberta", hf_model_name="tests/xlm-roberta"
    )
    text = tokenizer_files(tmp_path / "tokenizer")
    XLMRobertaConfig(
        vocab_size=len(WORDS) + 4, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        max_position_embeddings=40, pad_token_id=0, type_vocab_size=1,
    ).save_pretrained(tmp_path / "text")  # fmt: skip
    hub.add("tests/xlm-roberta", text | {"config.json": tmp_path / "text" / "config.json"})
    hub.add("tests/clip-xlm", files)
    run_all_commands(verb, shapes, "hf-hub:tests/clip-xlm", "all", tmp_path)
    assert verb("import", shapes, "--domain", "german", "--language", "de").status == 0
    trained = verb(
        "train", "--domain", "german", "--encoder", "hf-hub:tests/clip-xlm", "--tune", "all", "--epochs", 0, "--json"
    )
    assert trained.record["reads_the_language"]


def test_a_repository_of_transformers(hub, verb, shapes, workspace, tmp_path):
    saved(CLIPModel(clip_config("quick_gelu")), tmp_path / "clip")
    hub.add("somebody/clip-tiny", tmp_path / "clip")
    output = run_all_commands(verb, shapes, "hf:somebody/clip-tiny", "last:1", tmp_path)
    assert "transformers" in output, "open_clip has no name for it"
    assert find_run(workspace, "x", None).info.name == "clip-tiny-last1-1"


def test_the_second_training_sends_no_requests(hub, verb, shapes, tmp_path, monkeypatch):
    hub.add("tests/tiny", repository("vit-quickgelu", tmp_path))
    assert verb("import", shapes, "--domain", "x", "--language", "en").status == 0
    train = ("train", "--domain", "x", "--encoder", "hf-hub:tests/tiny", "--tune", "head", "--epochs", 1)
    assert verb(*train).status == 0
    requests = len(hub.requests)
    assert verb(*train).status == 0
    assert len(hub.requests) == requests


def test_a_missing_repository_is_one_line(hub, verb, shapes):
    assert verb("import", shapes, "--domain", "x", "--language", "en").status == 0
    outcome = verb("train", "--domain", "x", "--encoder", "hf-hub:no-one/nothing")
    assert outcome.status == 2
    assert outcome.err.count("\n") == 1
    assert "no-one/nothing" in outcome.err
    assert "lite" in outcome.err


def test_a_tokenizer_that_is_missing_is_named(hub, verb, shapes, tmp_path):
    """Read weights from a file whose tokenizer is on a hub that lacks it."""
    made = write_family("xlm-roberta", tmp_path / "model")
    for file in ("tokenizer.json", "tokenizer_config.json"):
        (tmp_path / "model" / file).unlink()
    config = json.loads((tmp_path / "model" / f"{made.architecture}.json").read_text())
    config["text_cfg"]["hf_tokenizer_name"] = "tests/xlm-roberta-base"
    (tmp_path / "model" / f"{made.architecture}.json").write_text(json.dumps(config))
    open_clip.factory._rescan_model_configs()
    assert verb("import", shapes, "--domain", "x", "--language", "en").status == 0
    outcome = verb("train", "--domain", "x", "--encoder", made.name, "--tune", "all", "--epochs", 0)
    assert outcome.status == 2
    assert "tokenizer" in outcome.err
    assert "tests/xlm-roberta-base" in outcome.err


def test_a_job_of_the_train_page_fetches_too(hub, verb, shapes, workspace, tmp_path, monkeypatch):
    hub.add("tests/tiny", repository("vit-quickgelu", tmp_path))
    assert verb("import", shapes, "--domain", "x", "--language", "en").status == 0
    for name, value in hub.environment(tmp_path / "job-home").items():
        monkeypatch.setenv(name, value)
    words = ["train", "--domain=x", "--encoder=hf-hub:tests/tiny", "--tune=head", "--epochs=1", "--sweep"]
    assert background.start(workspace, Job("train", "x"), words)
    status = _ended(workspace)
    assert status.state == "done", status.log
    assert find_run(workspace, "x", None).is_swept


def _ended(workspace):
    import time

    while (status := background.status(workspace, Job("train", "x"))).state == "running":
        time.sleep(0.1)
    return status
