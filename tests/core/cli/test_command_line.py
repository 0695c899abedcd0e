"""Every command in this process, on a tiny CLIP with random weights: output, files and exit status."""

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from core.encoders.choices import default_encoder_name
from core.evaluation.metrics import metrics_of
from core.workspace.folders import Workspace

METRICS = ["mrr@100", "recall@1", "recall@5", "recall@10", "recall@50", "recall@100", "mean_rank", "median_rank"]


@pytest.fixture
def import_words(shapes):
    return ["import", shapes, "--domain", "shapes", "--language", "en"]


@pytest.fixture
def train_words(tiny_name):
    return ["train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "head", "--epochs", 2, "--lr", 0.01]


@pytest.fixture
def imported(after, import_words):
    after(import_words)


@pytest.fixture
def trained(after, import_words, train_words):
    after(import_words, train_words)


@pytest.fixture
def swept(after, import_words, train_words):
    after(import_words, train_words, ["sweep", "--domain", "shapes", "--alphas", "0,0.3,1"])


def ranks_in_file(file: Path, articles: pd.DataFrame) -> np.ndarray:
    """Return each article's rank in a run file; 101 if its image is not listed."""
    image_of = dict(zip(articles["article_id"], articles["image_id"], strict=True))
    header, *lines = (line.split("\t") for line in file.read_text().splitlines())
    assert header == ["articleID", *(f"iid{place}" for place in range(1, len(header)))]
    assert [article for article, *_ in lines] == list(image_of)
    assert all(len(images) == len(set(images)) == len(header) - 1 for _, *images in lines)
    return np.array([images.index(image_of[a]) + 1 if image_of[a] in images else 101 for a, *images in lines])


@pytest.mark.parametrize("tune", ["head", "last:1", "text", "all"])
def test_all_commands_agree(verb, shapes, tiny_name, workspace, tmp_path, tune):
    imported = verb("import", shapes, "--domain", "shapes", "--language", "en", "--json").record
    assert imported["splits"] == {"train": 48, "val": 12}

    trained = verb(
        "train", "--domain", "shapes", "--encoder", tiny_name, "--tune", tune,
        "--epochs", 2, "--lr", 0.005, "--batch-size", 16, "--json",
    ).record  # fmt: skip
    assert [row["epoch"] for row in trained["history"]] == [0, 1, 2]
    assert trained["history"][0]["train_loss"] is None
    assert trained["settings"]["tune"] == tune

    swept = verb("sweep", "--domain", "shapes", "--alphas", "0:1:0.25", "--json").record
    assert swept.keys() == {"domain", "run", "n", "rows", "selected", "precision", "paths", "reranking"}
    assert (swept["domain"], swept["run"], swept["n"]) == ("shapes", trained["run"], 12)
    assert [row["alpha"] for row in swept["rows"]] == [0, 0.25, 0.5, 0.75, 1]
    assert all(list(row) == ["alpha", "split", "interpolated", "n", *METRICS] for row in swept["rows"])
    best = max(swept["rows"], key=lambda row: (row["recall@1"], row["mrr@100"], -row["alpha"]))
    assert swept["selected"] == {"alpha": best["alpha"], "criterion": "recall@1"}
    assert swept["rows"][0]["mrr@100"] == trained["history"][0]["val_mrr@100"]
    assert swept["rows"][-1]["mrr@100"] == trained["history"][-1]["val_mrr@100"]

    val = workspace.load_domain("shapes").subset("val")
    for row in swept["rows"]:
        out = tmp_path / f"run-{row['alpha']}.tsv"
        ranked = verb("rank", "--domain", "shapes", "--alpha", row["alpha"], "--output", out, "--json").record
        assert ranked["metrics"] == {name: row[name] for name in ["n", *METRICS]}
        assert ranks_in_file(out, val).mean() == row["mean_rank"]

    report = verb("report", "--domain", "shapes", "--json").record
    at = {row["alpha"]: row for row in swept["rows"]}
    for row, alpha in zip(report["rows"][:3], [0.0, 1.0, best["alpha"]], strict=True):
        assert row["alpha"] == alpha
        assert {name: row[name] for name in METRICS[:6]} == {name: at[alpha][name] for name in METRICS[:6]}

    listed = verb("runs", "--json").record["runs"]
    assert [(run["domain"], run["run"], run["tune"], run["alpha"]) for run in listed] == [
        ("shapes", trained["run"], tune, best["alpha"])
    ]


def test_a_run_file_agrees_with_the_metrics_if_the_gallery_is_longer_than_a_list(
    verb, many_shapes, tiny_name, workspace, tmp_path
):
    verb("import", many_shapes, "--domain", "many", "--language", "en")
    verb("train", "--domain", "many", "--encoder", tiny_name, "--tune", "head", "--epochs", 1)
    out = tmp_path / "run.tsv"
    ranked = verb("rank", "--domain", "many", "--alpha", "0.35", "--output", out, "--json").record
    ranks = ranks_in_file(out, workspace.load_domain("many").subset("val"))
    assert len(out.read_text().splitlines()[0].split("\t")) == 101
    assert (ranks == 101).any()
    measured = metrics_of(ranks)
    assert ranked["metrics"]["mrr@100"] == measured["mrr@100"]
    for k in (1, 5, 10, 50, 100):
        assert ranked["metrics"][f"recall@{k}"] == measured[f"recall@{k}"]


def test_a_small_gallery_is_listed_completely_with_a_note(verb, trained, tmp_path):
    outcome = verb("rank", "--domain", "shapes", "--alpha", 1, "--output", tmp_path / "new" / "run.tsv")
    assert re.search(r"12 images \(.*gallery.*12\)", outcome.out)
    assert len((tmp_path / "new" / "run.tsv").read_text().splitlines()) == 13


def test_train_can_be_ranked_too(verb, trained, workspace, tmp_path):
    ranked = verb(
        "rank", "--domain", "shapes", "--alpha", 0, "--split", "train", "--output", tmp_path / "t.tsv", "--json"
    )
    assert ranked.record["n"] == 48
    ranks = ranks_in_file(tmp_path / "t.tsv", workspace.load_domain("shapes").subset("train"))
    assert metrics_of(ranks)["mrr@100"] == ranked.record["metrics"]["mrr@100"]


def test_images_shared_by_articles_are_listed_once(verb, tiny_name, shapes, workspace, tmp_path):
    table = pd.read_csv(shapes)
    table["image_file"] = [f"{(number - 1) // 2 + 1}.png" for number in table["article_id"]]
    table.to_csv(tmp_path / "shared.csv", index=False)
    verb("import", tmp_path / "shared.csv", "--images", shapes.parent / "images", "--domain", "shared")
    verb("train", "--domain", "shared", "--encoder", tiny_name, "--tune", "head", "--epochs", 1)
    ranked = verb("rank", "--domain", "shared", "--alpha", 1, "--output", tmp_path / "s.tsv", "--json").record
    val = workspace.load_domain("shared").subset("val")
    assert ranked["images_per_article"] == val["image_id"].nunique() == 6
    assert metrics_of(ranks_in_file(tmp_path / "s.tsv", val))["mrr@100"] == ranked["metrics"]["mrr@100"]


def test_the_sweep_reads_as_a_table_for_a_person(verb, trained):
    outcome = verb("sweep", "--domain", "shapes", "--alphas", "0,1")
    assert outcome.status == 0
    assert outcome.err == ""
    assert re.search(r"alpha [01] .*recall@1", outcome.out)


def test_another_criterion_chooses_by_it(verb, trained):
    swept = verb("sweep", "--domain", "shapes", "--alphas", "0,0.5,1", "--criterion", "mean_rank", "--json").record
    best = min(row["mean_rank"] for row in swept["rows"])
    chosen = next(row for row in swept["rows"] if row["alpha"] == swept["selected"]["alpha"])
    assert chosen["mean_rank"] == best
    assert swept["selected"]["criterion"] == "mean_rank"


def test_the_report_in_each_format_says_the_same(verb, swept):
    record = verb("report", "--domain", "shapes", "--paper", "portals", "--json").record
    text = verb("report", "--domain", "shapes", "--paper", "portals").out
    markdown = verb("report", "--domain", "shapes", "--paper", "portals", "--format", "markdown").out
    table = list(
        csv.DictReader(io.StringIO(verb("report", "--domain", "shapes", "--paper", "portals", "--format", "csv").out))
    )
    assert len(record["rows"]) == len(table) == 7
    for row, line in zip(record["rows"], table, strict=True):
        assert line["model"] == row["model"]
        assert row["model"] in text
        assert f"| {row['model']}" in markdown
        assert float(line["mrr@100"]) == row["mrr@100"]
        assert f"{row['mrr@100']:.3f}" in text
        assert f"{row['mrr@100']:.3f}" in markdown
    assert record["rows"][6]["mrr@100"] == 0.240
    assert record["rows"][6]["recall@1"] is None
    assert record["published"]["decrease"] == 6.091
    assert "Table 4" in text


def test_the_report_of_another_run_is_that_runs(verb, swept, tiny_name):
    verb("train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "all", "--epochs", 1)
    assert verb("report", "--domain", "shapes", "--run", "tinyclip-all-1").status == 2
    assert verb("report", "--domain", "shapes", "--run", "tinyclip-head-1", "--json").record["run"] == "tinyclip-head-1"


def test_runs_lists_a_domain_without_runs_and_an_empty_workspace(verb, imported, tmp_path):
    assert verb("runs", "--json").record["runs"] == [{"domain": "shapes", "articles": 60, "run": "none yet"}]
    assert "rematch import" in verb("runs", "--workspace", tmp_path / "empty").out
    assert verb("runs", "--workspace", tmp_path / "empty", "--json").record == {"runs": []}


def test_options_choose_the_folders_before_the_environment(verb, shapes, tiny_name, workspace, tmp_path):
    where = ("--workspace", tmp_path / "w", "--cache", tmp_path / "c")
    verb("import", shapes, "--domain", "shapes", *where)
    verb("train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "head", "--epochs", 0, *where)
    verb("sweep", "--domain", "shapes", "--alphas", "0,1", *where)
    assert (tmp_path / "w" / "runs" / "shapes" / "tinyclip-head-1" / "sweep.csv").exists()
    assert list((tmp_path / "c").rglob("*.npy"))
    assert not workspace.root.exists()
    assert not workspace.cache.exists()


def test_the_cache_may_be_deleted_between_verbs(verb, trained, workspace):
    first = verb("sweep", "--domain", "shapes", "--alphas", "0,0.5,1", "--json").record
    for file in workspace.cache.rglob("*.npy"):
        file.unlink()
    assert verb("sweep", "--domain", "shapes", "--alphas", "0,0.5,1", "--json").record == first


def test_the_run_keeps_its_files_in_the_order_of_the_contract(verb, swept, workspace):
    folder = workspace.runs_folder("shapes") / "tinyclip-head-1"
    assert {path.name for path in folder.iterdir()} == {
        "run.toml", "weights.safetensors", "history.csv", "sweep.csv", "ranks.parquet", "sweep.toml",
            "best-val.npy",
    }  # fmt: skip
    assert list(pd.read_csv(folder / "sweep.csv")) == ["alpha", "split", "interpolated", "n", *METRICS]
    ranks = pd.read_parquet(folder / "ranks.parquet")
    assert len(ranks) == 12 * 3
    assert ranks["rank"].dtype == np.int32


ERRORS = [
    (["report", "--domain", "nowhere"], r"'nowhere'.*shapes"),
    (["train", "--domain", "../shapes"], r"'../shapes'.*domain"),
    (["import", "SHAPES", "--domain", "../../etc"], r"'../../etc'.*domain"),
    (["import", "SHAPES", "--domain", "shapes"], r"--replace"),
    (["import", "nothing.csv", "--domain", "new"], r"nothing.csv"),
    (["train", "--domain", "shapes", "--encoder", "TINY", "--tune", "last:0"], r"--tune last:0\b.*last:N"),
    (["train", "--domain", "shapes", "--encoder", "TINY", "--tune", "heads"], r"--tune heads\b.*last:N"),
    (["train", "--domain", "shapes", "--encoder", "TINY", "--batch-size", "1"], r"--batch-size 1\b.*at least 2"),
    (["train", "--domain", "shapes", "--encoder", "TINY", "--lr", "0"], r"--lr 0.0\b.*0 and 1"),
    (["train", "--domain", "shapes", "--encoder", "TINY", "--epochs", "x"], r"epochs"),
    (["train", "--domain", "shapes", "--set", "warmup=x"], r"--set warmup=x\b.*0 to 1"),
    (["train", "--domain", "shapes", "--set", "augment=maybe"], r"--set augment=maybe\b.*true or false"),
    (["train", "--domain", "shapes", "--set", "stop_metric=mrr"], r"--set stop_metric=mrr\b.*mrr@100, recall@1"),
    (["train", "--domain", "shapes", "--set", "warm=1"], r"--set warm=1\b.*KEY=VALUE.*weight_decay, warmup, "),
    (["train", "--domain", "shapes", "--set", "epochs=1"], r"--set epochs=1\b.*KEY=VALUE.*weight_decay, warmup, "),
    (["train", "--domain", "shapes", "--warmup", "0.2"], r"--warmup\b.*--set warmup="),
    (["train", "--domain", "shapes", "--augment"], r"--augment\b.*--set augment="),
    (["train", "--domain", "shapes", "--encoder", "TINY", "--text", "body"], r"--text.*body.*title"),
    (["train", "--domain", "shapes", "--encoder", "NoSuchNet"], r"'NoSuchNet'.*MODEL:WEIGHTS"),
    (["train", "--domain", "shapes", "--encoder", "TINY", "--device", "tpu"], r"--device.*tpu.*auto"),
    (["sweep", "--domain", "shapes", "--run", "other"], r"'other'.*tinyclip-head-1"),
    (["sweep", "--domain", "shapes", "--alphas", "0:2:1"], r"0:2:1.*\b2\b.*\b0\b.*\b1\b"),
    (["sweep", "--domain", "shapes", "--criterion", "mrr"], r"--criterion.*mrr.*mrr@100"),
    (["sweep", "--domain", "shapes", "--precision", "auto"], r"--precision.*auto.*fp32.*bf16"),
    (["rank", "--domain", "shapes", "--output", "OUT"], r"rematch sweep --domain shapes --run tinyclip-head-1"),
    (["rank", "--domain", "shapes", "--output", "OUT", "--alpha", "1.5"], r"--alpha 1.5\b.*best"),
    (["rank", "--domain", "shapes", "--output", "OUT", "--alpha", "nan"], r"--alpha nan\b.*best"),
    (["rank", "--domain", "shapes", "--output", "OUT", "--alpha", "all"], r"--alpha all\b.*best"),
    (["rank", "--domain", "shapes", "--output", "OUT", "--alpha", "0", "--split", "dev"], r"--split.*dev.*train"),
    (["rank", "--domain", "shapes", "--output", "OUT", "--alpha", "0", "--split", "test"], r"\btest\b"),
    (["rank", "--domain", "shapes"], r"--output"),
    (["report", "--domain", "shapes"], r"rematch sweep"),
    (["report"], r"--domain"),
    (["tell", "--domain", "shapes"], r"tell"),
    (["runs", "--colour"], r"--colour"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "message"), ERRORS, ids=[" ".join(arguments) for arguments, _ in ERRORS])
def test_wrong_arguments_end_with_status_2_and_one_line(verb, trained, shapes, tiny_name, tmp_path, arguments, message):
    filled = {"SHAPES": shapes, "TINY": tiny_name, "OUT": tmp_path / "run.tsv"}
    outcome = verb(*(filled.get(argument, argument) for argument in arguments))
    assert outcome.status == 2
    assert outcome.out == ""
    assert re.fullmatch(rf"error: .*{message}.*\n", outcome.err)
    assert not (tmp_path / "run.tsv").exists()


def test_the_error_for_a_domain_without_runs_names_train(verb, imported):
    outcome = verb("sweep", "--domain", "shapes")
    assert (outcome.status, outcome.out) == (2, "")
    assert "rematch train --domain shapes" in outcome.err


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is here")
def test_a_missing_device_is_an_input_error(verb, imported, tiny_name):
    outcome = verb("train", "--domain", "shapes", "--encoder", tiny_name, "--device", "cuda")
    assert outcome.status == 2
    assert "--device cuda" in outcome.err


def test_a_loss_that_is_not_finite_ends_with_status_1(verb, imported, tiny_name, monkeypatch):
    monkeypatch.setattr("core.training.trainer.contrastive_loss", lambda *_: torch.tensor(float("nan")))
    outcome = verb("train", "--domain", "shapes", "--encoder", tiny_name, "--epochs", 1)
    assert (outcome.status, outcome.out.count("\n")) == (1, 1)
    assert re.fullmatch(r"error: .*\bnan\b.*epoch 1.*\n", outcome.err)


def test_a_failed_training_leaves_no_run(verb, imported, tiny_name, monkeypatch):
    monkeypatch.setattr("core.training.trainer.contrastive_loss", lambda *_: torch.tensor(float("nan")))
    verb("train", "--domain", "shapes", "--encoder", tiny_name, "--epochs", 1)
    assert verb("runs", "--json").record["runs"] == [{"domain": "shapes", "articles": 60, "run": "none yet"}]


def test_an_interrupt_ends_with_status_1(verb, imported, monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Workspace, "domain_slugs", stop)
    outcome = verb("runs")
    assert (outcome.status, outcome.err) == (1, "error: stopped.\n")


def test_help_is_no_error(verb):
    outcome = verb("--help")
    assert outcome.status == 0
    assert all(name in outcome.out for name in ("demo", "import", "train", "sweep", "rank", "report", "runs"))


@pytest.mark.parametrize(
    ("language", "has_english", "expected"),
    [("en", False, "lite"), ("en", True, "lite"), ("de", True, "lite"), ("de", False, "lite-multilingual")],
)
def test_the_usual_encoder_reads_the_domain(language, has_english, expected):
    assert default_encoder_name(language, has_english) == expected


@pytest.mark.parametrize(("language", "expected"), [("en", "lite"), ("de", "lite-multilingual")])
def test_train_takes_the_usual_encoder_if_none_is_named(verb, shapes, tiny, monkeypatch, language, expected):
    requested = []

    def load(name, device, cache):
        requested.append(name)
        return tiny

    monkeypatch.setattr("core.experiment.train.load_encoder", load)
    verb("import", shapes, "--domain", "shapes", "--language", language)
    trained = verb("train", "--domain", "shapes", "--epochs", 0, "--json").record
    assert requested == [expected]
    assert trained["settings"]["tune"] == "head"


def test_an_encoder_that_does_not_read_the_language_is_noted(verb, shapes, tiny_name):
    verb("import", shapes, "--domain", "formen", "--language", "de")
    arguments = ("train", "--domain", "formen", "--encoder", tiny_name, "--tune", "head", "--epochs", 0)
    assert "does not read 'de'" in verb(*arguments).out
    assert verb(*arguments, "--json").record["reads_the_language"] is False


def test_a_german_domain_with_english_is_read_in_english(verb, shapes, tiny_name, tmp_path):
    table = pd.read_csv(shapes).rename(columns={"title": "title_en"})
    table["title"] = "eine Form"
    table.to_csv(tmp_path / "formen.csv", index=False)
    verb(
        "import",
        tmp_path / "formen.csv",
        "--images",
        shapes.parent / "images",
        "--domain",
        "formen",
        "--language",
        "de",
    )
    outcome = verb("train", "--domain", "formen", "--encoder", tiny_name, "--tune", "head", "--epochs", 0)
    assert "does not read" not in outcome.out
    verb("import", shapes, "--domain", "shapes", "--language", "en")
    english = verb(
        "train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "head", "--epochs", 0, "--json"
    ).record
    record = verb(
        "train", "--domain", "formen", "--encoder", tiny_name, "--tune", "head", "--epochs", 0, "--json"
    ).record
    assert record["english"]
    assert record["reads_the_language"]
    assert record["history"][0]["val_mrr@100"] == english["history"][0]["val_mrr@100"]


def test_json_is_one_line_and_keeps_bars_and_notes_away(verb, trained):
    outcome = verb("sweep", "--domain", "shapes", "--alphas", "0,1", "--json")
    assert outcome.out.count("\n") == 1
    assert outcome.err == ""
    json.loads(outcome.out, parse_constant=lambda constant: pytest.fail(f"{constant} is not JSON"))
