"""The command `translate` with a German table and a tiny Marian model: the domain afterwards, and earlier runs."""

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
    """Import the shapes with German titles, the first ten with English, all with a reference; return the folder."""
    table = pd.read_csv(shapes)
    table["reference"] = table["title"]
    table["title_en"] = table["title"].where(table.index < 10, "")
    table["title"] = "Ein Bild von " + table["title"].str.removeprefix("a ")
    table["language"] = "de"
    table.to_csv(tmp_path / "german.csv", index=False)
    images = shapes.parent / "images"
    assert verb("import", tmp_path / "german.csv", "--domain", "formen", "--images", images).status == 0
    return tmp_path


def test_articles_that_came_with_english_keep_it(verb, german, marian, workspace: Workspace):
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


def test_a_second_translation_writes_nothing(verb, german, marian, workspace: Workspace, monkeypatch):
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
    """Return a second model with the same vocabulary and different weights."""
    folder = Path(shutil.copytree(marian, tmp_path / "other model"))
    weights = load_file(folder / "model.safetensors")
    save_file({name: -tensor for name, tensor in weights.items()}, folder / "model.safetensors", {"format": "pt"})
    return folder


def test_a_run_names_the_model_whose_english_it_reads(
    verb, german, marian, other_marian, tiny_name, workspace: Workspace
):
    verb("translate", "--domain", "formen", "--model", marian)
    first = workspace.load_domain("formen")
    options = ("--domain", "formen", "--encoder", tiny_name, "--epochs", 1, "--batch-size", 16)
    assert verb("train", *options, "--sweep").status == 0
    outcome = verb("translate", "--domain", "formen", "--model", other_marian)
    assert re.search(rf"tinyclip-all-1 .*{re.escape(str(marian))}", outcome.out)
    assert workspace.load_domain("formen").articles["title_en"].tolist() != first.articles["title_en"].tolist()

    refused = verb("sweep", "--domain", "formen", "--alphas", "0,1")
    assert refused.status == 2
    assert str(marian) in refused.err
    assert str(other_marian) in refused.err
    assert f"machine-translated by {marian})" in verb("report", "--domain", "formen").out  # as when it was swept
    back = re.search(r"rematch (translate --domain \S+ --model (?:'[^']*'|\S+)(?: --from \S+)?)", refused.err)
    assert verb(*shlex.split(back[1])).status == 0
    assert verb("sweep", "--domain", "formen", "--alphas", "0,1").status == 0


def test_other_changes_of_a_domain_are_not_reported_as_a_translation(verb, german, marian, tiny_name, workspace):
    verb("translate", "--domain", "formen", "--model", marian)
    settings = Settings(tune="head", epochs=0, lr=1e-3, batch_size=16)
    domain = workspace.load_domain("formen")
    run = train_run(domain, tiny_name, settings, Reading(), "cpu", workspace)[0]
    changed = replace(domain, articles=domain.articles.assign(image_hash=domain.articles["image_hash"].tolist()[::-1]))
    with pytest.raises(InputError, match=r"'formen'.*train again"):
        open_run(run, changed, workspace, "cpu")


def test_english_and_original_are_compared_on_the_same_articles(verb, german, marian, tiny_name):
    train = ["train", "--domain", "formen", "--encoder", tiny_name, "--epochs", 1, "--batch-size", 16, "--sweep"]
    assert verb("report", "--domain", "formen", "--compare").status == 2
    assert verb(*train).status == 0
    missing = verb("report", "--domain", "formen", "--compare")
    assert "English version" in missing.err
    verb("translate", "--domain", "formen", "--model", marian)
    assert verb(*train).status == 0
    rows = pd.DataFrame(verb("report", "--domain", "formen", "--compare", "--json").record["rows"])
    assert rows["reads"].tolist() == ["English", "original", "difference"] * 4
    for metric in ("mrr@100", "recall@1"):
        values = rows[metric].to_numpy().reshape(4, 3)
        assert values[:, 2] == pytest.approx(values[:, 0] - values[:, 1])
    text = verb("report", "--domain", "formen", "--compare").out
    assert "machine-translated by" in text
    assert "tinyclip-all-1†" in text
    assert "† " in text


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
        (["--from", "fr"], "'fr'"),
        (["--from", "en"], "--from"),
        (["--reference-column", "nothing"], "nothing"),
        (["--model", "/nowhere/at-all"], "/nowhere/at-all"),
    ],
)
def test_a_translation_that_cannot_start_names_the_option(verb, german, marian, options, message):
    model = [] if "--model" in options else ["--model", marian]
    outcome = verb("translate", "--domain", "formen", *model, *options)
    assert outcome.status == 2
    assert message in outcome.err


def test_quality_is_sacrebleus_and_names_the_worst():
    quality = translation_quality(["Hund", "Katze"], ["dog", "xx"], ["dog", "cat"], worst=1)
    assert (quality.n, quality.worst[0].source, quality.worst[0].chrf) == (2, "Katze", 0)
    assert translation_quality(["Hund"], ["dog"], ["dog"]).chrf == 100
    assert quality.signature.startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|")  # chrF of characters alone, not chrF++
