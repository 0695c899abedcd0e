"""The verb `translate`, whole: a German table, a tiny Marian model, the domain afterwards, and runs from before."""

import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from safetensors.torch import load_file, save_file

from core.data.domain import save_domain
from core.data.query_text import Reading
from core.data.translation.marian import Translator
from core.data.translation.quality import translation_quality
from core.errors import InputError
from core.experiment.loaded_run import open_run
from core.experiment.train import train_run
from core.training.settings import Settings
from core.workspace.folders import Workspace


@pytest.fixture
def german(verb, shapes: Path, tmp_path: Path) -> Path:
    """The shapes with German headlines; the first ten came with English, and all have a reference."""
    table = pd.read_csv(shapes)
    table["reference"] = table["title"]
    table["title_en"] = table["title"].where(table.index < 10, "")
    table["title"] = "Ein Bild von " + table["title"].str.removeprefix("a ")
    table["language"] = "de"
    table.to_csv(tmp_path / "german.csv", index=False)
    images = shapes.parent / "images"
    assert verb("import", tmp_path / "german.csv", "--domain", "formen", "--images", images).status == 0
    return tmp_path


def test_what_came_with_the_data_stays_and_the_rest_is_translated(verb, german, marian, workspace: Workspace):
    before = workspace.load_domain("formen").articles
    done = verb(
        "translate", "--domain", "formen", "--model", marian, "--reference-column", "reference", "--json"
    ).record
    domain = workspace.load_domain("formen")
    articles = domain.articles
    assert (done["translated"], done["came_with_english"], done["english"]) == (50, 10, True)
    assert done["quality"]["n"] == 60
    assert 0 <= done["quality"]["chrf"] <= 100
    assert articles["title_en"].iloc[:10].tolist() == before["title_en"].iloc[:10].tolist()
    assert (articles["title_en"].iloc[10:] != "").all()
    assert articles["title"].tolist() == before["title"].tolist()
    assert articles["english_by"].tolist() == [""] * 10 + [str(marian)] * 50
    assert domain.translated_by == [str(marian)]


def test_the_papers_model_is_fetched_by_name_and_then_in_the_cache(verb, german, marian, local_hub, monkeypatch):
    local_hub.add("Helsinki-NLP/opus-mt-de-en", marian)
    assert verb("translate", "--domain", "formen", "--json").record["translated"] == 50
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert verb("translate", "--domain", "formen", "--json").record["model"] == "Helsinki-NLP/opus-mt-de-en"


def test_again_it_translates_nothing_and_writes_nothing(verb, german, marian, workspace: Workspace, monkeypatch):
    verb("translate", "--domain", "formen", "--model", marian)
    stamp = (workspace.domain_folder("formen") / "articles.parquet").stat().st_mtime_ns
    monkeypatch.setattr(Translator, "__call__", lambda *_: pytest.fail("translated again"))
    assert verb("translate", "--domain", "formen", "--model", marian, "--json").record["sentences_translated_now"] == 0
    assert (workspace.domain_folder("formen") / "articles.parquet").stat().st_mtime_ns == stamp


def test_a_run_from_before_keeps_reading_the_original(verb, german, marian, tiny_name, workspace: Workspace):
    settings = Settings(tune="head", epochs=1, lr=1e-3, batch_size=16)
    run = train_run(workspace.load_domain("formen"), tiny_name, settings, Reading(), "cpu", workspace)[0]
    assert (run.info.english, run.info.reads_the_language) == (False, False)
    verb("translate", "--domain", "formen", "--model", marian)
    domain = workspace.load_domain("formen")
    assert not open_run(run, domain, workspace, "cpu").experiment.english
    again = train_run(domain, tiny_name, settings, Reading(), "cpu", workspace)[0]
    assert again.info.english
    assert again.info.reads_the_language


@pytest.fixture
def other_marian(marian: Path, tmp_path: Path) -> Path:
    """Another model: the same vocabulary, other weights."""
    folder = Path(shutil.copytree(marian, tmp_path / "other model"))
    weights = load_file(folder / "model.safetensors")
    save_file({name: -tensor for name, tensor in weights.items()}, folder / "model.safetensors", {"format": "pt"})
    return folder


def test_a_run_says_whose_english_it_reads_and_how_to_go_back(
    verb, german, marian, other_marian, tiny_name, workspace: Workspace
):
    verb("translate", "--domain", "formen", "--model", marian)
    first = workspace.load_domain("formen")
    options = ("--domain", "formen", "--encoder", tiny_name, "--epochs", 1, "--batch-size", 16)
    assert verb("train", *options, "--sweep").status == 0
    outcome = verb("translate", "--domain", "formen", "--model", other_marian)
    assert f"run tinyclip-all-1 reads the English of {marian}" in outcome.out
    assert workspace.load_domain("formen").articles["title_en"].tolist() != first.articles["title_en"].tolist()

    refused = verb("sweep", "--domain", "formen", "--alphas", "0,1")
    assert refused.status == 2
    assert f"that {marian} wrote, but it is by {other_marian} now" in refused.err
    assert f"machine-translated by {marian})" in verb("report", "--domain", "formen").out  # what the numbers are of
    back = re.search(r"go back with rematch (translate .*) \(what", refused.err)
    assert verb(*shlex.split(back[1])).status == 0
    assert verb("sweep", "--domain", "formen", "--alphas", "0,1").status == 0


def test_a_domain_that_is_otherwise_changed_is_not_blamed_on_its_translation(
    verb, german, marian, tiny_name, workspace
):
    verb("translate", "--domain", "formen", "--model", marian)
    settings = Settings(tune="head", epochs=0, lr=1e-3, batch_size=16)
    domain = workspace.load_domain("formen")
    run = train_run(domain, tiny_name, settings, Reading(), "cpu", workspace)[0]
    changed = replace(domain, articles=domain.articles.assign(image_hash=domain.articles["image_hash"].tolist()[::-1]))
    with pytest.raises(InputError, match=r"'formen'.*changed.*train again"):
        open_run(run, changed, workspace, "cpu")


def test_both_ways_are_compared_on_the_same_articles(verb, german, marian, tiny_name):
    train = ["train", "--domain", "formen", "--encoder", tiny_name, "--epochs", 1, "--batch-size", 16, "--sweep"]
    assert verb("report", "--domain", "formen", "--compare").status == 2
    assert verb(*train).status == 0
    missing = verb("report", "--domain", "formen", "--compare")
    assert "no swept run that reads the English version" in missing.err
    verb("translate", "--domain", "formen", "--model", marian)
    assert verb(*train).status == 0
    rows = pd.DataFrame(verb("report", "--domain", "formen", "--compare", "--json").record["rows"])
    assert rows["reads"].tolist() == ["English", "original", "difference"] * 3
    for metric in ("mrr@100", "recall@1"):
        values = rows[metric].to_numpy().reshape(3, 3)
        assert values[:, 2] == pytest.approx(values[:, 0] - values[:, 1])
    text = verb("report", "--domain", "formen", "--compare").out
    assert "machine-translated by" in text
    assert "tinyclip-all-1†" in text
    assert re.search(r"† .*does not read", text)


def test_runs_that_were_swept_on_different_articles_are_not_compared(verb, german, marian, tiny_name, workspace):
    train = ["train", "--domain", "formen", "--encoder", tiny_name, "--epochs", 0, "--sweep"]
    assert verb(*train).status == 0
    domain = workspace.load_domain("formen")
    save_domain(replace(domain, articles=domain.articles.iloc[:-1]))
    verb("translate", "--domain", "formen", "--model", marian)
    assert verb(*train).status == 0
    outcome = verb("report", "--domain", "formen", "--compare")
    assert outcome.status == 2
    assert "different val articles of 'formen'" in outcome.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--from", "fr"], "no articles in 'fr'"),
        (["--from", "en"], "is English"),
        (["--reference-column", "nothing"], "has no such column"),
        (["--model", "/nowhere/at-all"], "neither a folder nor a repository"),
    ],
)
def test_what_cannot_be_translated_is_said(verb, german, marian, options, message):
    model = [] if "--model" in options else ["--model", marian]
    outcome = verb("translate", "--domain", "formen", *model, *options)
    assert outcome.status == 2
    assert message in outcome.err


def test_quality_is_sacrebleus_and_names_the_worst():
    quality = translation_quality(["Hund", "Katze"], ["dog", "xx"], ["dog", "cat"], worst=1)
    assert (quality.n, quality.worst[0].source, quality.worst[0].chrf) == (2, "Katze", 0)
    assert translation_quality(["Hund"], ["dog"], ["dog"]).chrf == 100
    assert quality.signature.startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|")  # chrF of characters alone, not chrF++
