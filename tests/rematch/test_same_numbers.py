"""The API returns the numbers of the command line, to the last digit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from core.cli.options import plain
from core.data.images.decoding import open_image
from core.evaluation.models import Model

ON = ("--domain", "my-news")


def test_an_import_is_the_command_lines(verb, namespace):
    ws, columns = namespace["ws"], {"id": "article_id"}
    domain = ws.import_domain("articles.csv", name="by-api", title="A", language="en", columns=columns)
    words = ("--title", "A", "--language", "en", "--id-column", "article_id")
    record = verb("import", "articles.csv", "--domain", "by-command", *words, "--json").record
    assert domain.articles["split"].value_counts().to_dict() == record["splits"]
    pd.testing.assert_frame_equal(domain.articles, ws.domain("by-command").articles)


def test_a_fine_tuning_is_the_command_lines(verb, domain, tiny_name):
    run = domain.fine_tune("by-api", tiny_name, "head", epochs=2, lr=0.01, batch_size=16, seed=3)
    words = ("--encoder", tiny_name, "--tune", "head", "--epochs", 2, "--lr", 0.01, "--batch-size", 16, "--seed", 3)
    record = verb("train", *ON, *words, "--json").record
    assert plain(run.history()) == record["history"]
    assert domain.run().name == record["run"] != run.name == "by-api"


def test_a_sweep_is_the_command_lines(verb, run):
    sweep = run.sweep(criterion="recall@5")
    record = verb("sweep", *ON, "--criterion", "recall@5", "--json").record
    assert plain(sweep.curve) == record["rows"]
    assert [sweep.best_alpha, sweep.criterion, *sweep.best_range] == list(record["selected"].values())
    assert not sweep.curve.set_index("alpha").loc[sweep.best_alpha, "interpolated"].any()
    pd.testing.assert_frame_equal(run.curve(), sweep.curve, check_exact=True)
    assert run.best_alpha == sweep.best_alpha


def test_the_ranks_give_the_rows_of_the_report(verb, run):
    ranks, record = run.ranks("val"), verb("report", *ON, "--json").record
    for row in record["rows"][:3]:  # the last is cross-fitted
        at = ranks[ranks["alpha"] == row["alpha"]]
        assert (at["rank"] == 1).mean() == row["recall@1"]
        assert len(at) == row["n"] == 12


@pytest.mark.parametrize("baseline", [str(model) for model in Model])
def test_the_comparison_is_the_finding(verb, run, baseline):
    table = run.compare("mean_rank", baseline)
    answers = verb("analyse", *ON, "--questions", "difference", "--json").record
    [on_val] = [found["splits"]["val"] for found in objects(answers) if "splits" in found]
    for reached in of_metric(on_val["reached"], "mean_rank"):
        low, high = reached["interval"].values()
        assert table.loc[reached["model"], ["mean_rank", "low", "high"]].tolist() == [reached["value"], low, high]
    compared = []
    for change in of_metric(on_val["differences"], "mean_rank"):
        low, high = change["interval"].values()
        expected = [change["value"], low, high, change["p"], change["p_holm"]]
        if change["after"] == baseline:
            change = change | {"before": baseline, "after": change["before"]}
            expected[:3] = [-change["value"], -high, -low]
        if change["before"] == baseline:
            compared.append(change["after"])
            assert table.loc[change["after"], "difference":"p_holm"].tolist() == expected
    assert len(compared) == 2
    assert table.loc[baseline, "difference":"p_holm"].isna().all()
    assert (table["mean_rank"] - table.loc[baseline, "mean_rank"]).drop(baseline).tolist() == pytest.approx(
        table["difference"].drop(baseline).tolist()
    )
    assert table["n"].tolist() == [12, 12, 12]


def of_metric(records: list[dict[str, Any]], metric: str) -> list[dict[str, Any]]:
    return [record for record in records if record["metric"] == metric]


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all JSON objects inside `value`, and `value` itself if it is one."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from objects(inner)


@pytest.mark.parametrize("alpha", [0, 0.37, 1])
def test_a_ranking_is_the_command_lines(verb, run, tmp_path, alpha):
    with run.at(alpha) as model:
        ranking = model.rank("val")
    out = tmp_path / "run.txt"
    record = verb("rank", *ON, "--alpha", alpha, "--output", out, "--format", "trec", "--json").record
    assert ranking.metrics == record["metrics"]
    listed = pd.read_csv(out, sep=" ", header=None, dtype=str).groupby(0, sort=False)[2].agg(list)
    assert listed.to_dict() == ranking.images
    swept = run.ranks("val").set_index("alpha")
    if alpha in swept.index:
        assert ranking.ranks["rank"].tolist() == swept.loc[alpha, "rank"].tolist()


def test_what_is_found_is_the_command_lines(verb, run):
    with run.at(0.3) as model:
        images, texts = model.find_images("a red circle", k=7), model.find_texts("images/3.png", k=7)
    words = ("--alpha", 0.3, "--k", 7, "--json")
    by_text = verb("match", *ON, "--headline", "a red circle", *words).record
    by_image = verb("match", *ON, "--photo", "images/3.png", *words).record
    names = ["place", "article_id", "image_id", "title"]
    for table, record in ((images, by_text), (texts, by_image)):
        assert table[names].to_dict("records") == [{name: row[name] for name in names} for row in record["matches"]]
        assert table["score"].round(4).tolist() == [row["score"] for row in record["matches"]]
    file = Path(images["image_file"][0])
    assert file.is_absolute()
    assert open_image(file).size == (48, 40)
