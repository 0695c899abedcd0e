"""The command `export-data`: its ranks and tags are those of the run and the workspace; errors are one line."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from core.workspace.folders import Workspace
from core.workspace.runs import find_run
from core.workspace.sweep_results import read_results
from tests.conftest import After, Verb
from tests.fresh import fresh
from tests.tagged import tag_article


@pytest.fixture
def run(after: After, workspace: Workspace, shapes: Path, tiny_name: str) -> str:
    """Return the name of a run of the domain of shapes; it is not swept."""
    words = ("train", "--domain", "shapes", "--encoder", tiny_name, "--tune", "all", "--epochs", 2, "--lr", 0.001)
    after(["import", shapes, "--domain", "shapes", "--language", "en"], [*words, "--batch-size", 16])
    return find_run(workspace, "shapes", None).info.name


def test_ranks_and_tags_are_columns(verb: Verb, run: str, workspace, tmp_path: Path) -> None:
    refused = verb("export-data", "shapes", "--format", "csv", "--output", tmp_path / "out", "--run", run)
    assert (refused.status, "rematch sweep" in refused.err) == (2, True)
    verb("sweep", "--domain", "shapes", "--alphas", "0,0.5,1")
    tag_article(workspace, "shapes", "1", ["place", "person"], "=note")
    tag_article(workspace, "shapes", "60", ["scene"], "")
    tag_article(workspace, "shapes", "deleted", ["scene"], "of a deleted article")
    words = ("export-data", "shapes", "--format", "parquet", "--output", tmp_path / "out", "--run", run)
    record = verb(*words, "--json").record
    swept = find_run(workspace, "shapes", run)
    domain = workspace.load_domain("shapes")
    results = read_results(swept, domain, "val")
    alpha = swept.selected().alpha
    assert (record["run"], record["alpha"], record["splits"]) == (run, alpha, {"train": 48, "val": 12})
    assert any("train" in note for note in record["notes"]), "the sweep has no ranks of train"
    table = pq.read_table(tmp_path / "out").to_pandas()
    rows = table[table["split"] == "val"].set_index("article_id").loc[results.articles["article_id"]]
    for column, at in (("rank_zero_shot", 0.0), ("rank_fine_tuned", 1.0), ("rank_wise_ft", alpha)):
        np.testing.assert_array_equal(rows[column], results.ranks_at(at))
    assert (rows["rank_zero_shot"] != rows["rank_fine_tuned"]).any()
    assert set(rows["alpha"]) == {alpha}
    trained = table[table["split"] == "train"]
    assert trained[["rank_zero_shot", "rank_fine_tuned", "rank_wise_ft", "alpha"]].isna().all(axis=None)
    noted = table.set_index("article_id")[["analyst_tags", "analyst_note"]]
    assert noted.loc["1"].tolist() == ["person; place", "=note"]
    assert noted.loc["60"].tolist() == ["scene", ""]
    assert noted.drop(["1", "60"]).isna().all(axis=None)


def test_an_export_without_a_run_can_be_repeated_with_replace(verb: Verb, shapes: Path, tmp_path: Path) -> None:
    verb("import", shapes, "--domain", "shapes", "--language", "en")
    words = (
        "export-data",
        "shapes",
        "--format",
        "csv",
        "--output",
        tmp_path / "out",
        "--split",
        "val",
        "--split",
        "train",
    )
    exported = verb(*words)
    assert (exported.status, exported.err) == (0, "")
    assert "train 48, val 12" in exported.out
    assert str(tmp_path / "out") in exported.out
    table = pd.read_csv(tmp_path / "out" / "articles.csv")
    assert not {"rank_wise_ft", "alpha", "analyst_tags"} & set(table)
    assert all((tmp_path / "out" / file).is_file() for file in table["image_file"])
    again = verb(*words)
    assert (again.status, "--replace" in again.err) == (2, True)
    assert fresh(*words, "--replace") == (0, False), "no torch"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("shapes", "--format", "csv"), "--output"),
        (("shapes", "--format", "xml", "--output", "OUT"), "'parquet', 'webdataset', 'coco', 'csv'"),
        (("shapes", "--format", "csv", "--output", "OUT", "--split", "dev"), "train, val, test"),
        (("shapes", "--format", "csv", "--output", "OUT", "--run", "unknown"), "rematch train"),
        (("nowhere", "--format", "csv", "--output", "OUT"), "nowhere"),
    ],
)
def test_errors_are_one_line(verb: Verb, shapes: Path, tmp_path: Path, words, named: str) -> None:
    verb("import", shapes, "--domain", "shapes", "--language", "en")
    refused = verb("export-data", *(tmp_path / "out" if word == "OUT" else word for word in words))
    assert (refused.status, refused.err.count("\n"), named in refused.err) == (2, 1, True), refused.err
    assert not (tmp_path / "out").exists()
