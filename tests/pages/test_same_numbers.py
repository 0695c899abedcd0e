"""Every number on a page is the one in the command line's record, to the digits that the page shows."""

import json
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.cli.main import main
from core.evaluation.metrics import metrics_of, table_metrics
from core.jobs import model_worker
from core.jobs.alpha_task import alpha_per_article
from core.workspace.folders import Workspace
from core.workspace.runs import find_run
from core.workspace.sweep_results import read_results
from pages.overview.bars import METRICS as METRICS_SHOWN
from tests.pages.conftest import bars_shown, chart_and_cards


@pytest.fixture(scope="module")
def made(shapes: Path, tiny_name: str, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Make a domain with one run, swept over all α, once; the tests only read it."""
    folder = tmp_path_factory.mktemp("same")
    workspace = Workspace(folder / "workspace", folder / "cache")
    where = ["--workspace", str(workspace.root), "--cache", str(workspace.cache), "--json"]
    assert main(["import", str(shapes), "--domain", "shapes", "--language", "en", *where]) == 0
    bends = ["--tune", "all", "--epochs", "3", "--lr", "1e-3", "--batch-size", "16"]  # so that ranks differ along α
    assert main(["train", "--domain", "shapes", "--encoder", tiny_name, *bends, *where]) == 0
    return workspace


@pytest.fixture(autouse=True)
def used(made: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the workspace of `made`, and run the worker's tasks at once in this process."""
    monkeypatch.setenv("REMATCH_WORKSPACE", str(made.root))
    monkeypatch.setenv("REMATCH_CACHE", str(made.cache))

    def submit(task: Callable, *arguments: object) -> Future:
        future: Future = Future()
        future.set_result(task(*arguments))
        return future

    monkeypatch.setattr(model_worker, "submit", submit)


@pytest.fixture
def is_swept(made: Workspace, verb) -> None:
    """Sweep the run if it has no sweep yet."""
    if not find_run(made, "shapes", None).is_swept:
        assert verb("sweep", "--domain", "shapes", "--precision", "fp32").status == 0


def element_data(app) -> dict:
    """Return what the Alpha page's element is given."""
    [element] = app.get("bidi_component")
    return json.loads(element.proto.json)


def written(record: dict) -> dict[str, str]:
    """Return the metrics of a record with a page's three digits."""
    return {name: f"{record[name]:.3f}" for name in table_metrics()}


def shown(app) -> str:
    kinds = (app.markdown, app.caption, app.text, app.metric)
    return "\n".join(str(element.value) for elements in kinds for element in elements).replace("\\", "")


def test_the_slider_draws_from_what_sweep_records(made, open_page, verb):
    record = verb("sweep", "--domain", "shapes", "--precision", "fp32", "--json").record
    slider = element_data(open_page("alpha"))["slider"]
    tables = json.loads(slider["tables"])
    assert len(record["rows"]) >= 21
    assert len({tuple(written(row).values()) for row in record["rows"]}) > 3
    for row in record["rows"]:
        place = tables["alphas"].index(row["alpha"])
        assert tables["interpolated"][place] == row["interpolated"]
        drawn = dict(zip(tables["names"], (f"{values[place]:.3f}" for values in tables["metrics"]), strict=True))
        assert drawn == written(row)
    assert f"n = {record['n']}" in slider["of"]


def ranks_in_list(board: dict, place: int | None = None) -> dict[str, int]:
    """Return the ranks in the list of the Alpha page with the slider at `place`."""
    exact = board["here"] and board["here"]["ranks"]
    return {row["id"]: exact[i] if exact else row["ranks"][place] for i, row in enumerate(board["rows"])}


@pytest.mark.parametrize("alpha", ["0", "0.13", "0.37", "0.62", "1", "best"])
def test_at_rest_the_slider_shows_what_rank_and_score_find(alpha, made, is_swept, open_page, verb, tmp_path):
    """Off the grid of exact points too: interpolated while the slider moves, exact when it rests."""
    run = find_run(made, "shapes", None)
    value = run.selected().alpha if alpha == "best" else float(alpha)
    words = ("rank", "--domain", "shapes", "--alpha", alpha, "--output", tmp_path / "run.tsv", "--json")
    ranked = verb(*words).record["metrics"]
    domain = made.load_domain("shapes")
    val = domain.subset("val")
    truth = tmp_path / "truth.tsv"
    val[["article_id", "image_id"]].set_axis(["article", "img"], axis=1).to_csv(truth, sep="\t", index=False)
    scored = verb("score", tmp_path / "run.tsv", "--ground-truth", truth, "--json").record["metrics"]
    article = val["article_id"].iloc[4]
    data = element_data(open_page("alpha", alpha=f"{value:g}", article=article))
    tables = json.loads(data["slider"]["tables"])
    place = tables["alphas"].index(round(value, 2))
    on_page = [values[place] for values in tables["metrics"]]
    if data["slider"]["exact"]:
        assert tables["interpolated"][place]
        on_page = data["slider"]["exact"]["metrics"]
    else:
        assert not tables["interpolated"][place]
    drawn = dict(zip(table_metrics(), (f"{metric:.3f}" for metric in on_page), strict=True))
    assert drawn == written(ranked) == written(scored)
    lists = pd.read_csv(tmp_path / "run.tsv", sep="\t", dtype=str, index_col=0)
    own = val["image_id"].iloc[4]
    rank = lists.loc[article].tolist().index(own) + 1
    board = data["board"]
    assert rank == (board["here"]["rank"] if board["here"] else board["along"]["ranks"][place])
    in_list = ranks_in_list(board, place)
    for other, image in val[["article_id", "image_id"]].itertuples(index=False):
        assert in_list[other] == lists.loc[other].tolist().index(image) + 1


def test_curves_and_overview_show_the_table_that_report_records(is_swept, open_page, verb):
    as_record = verb("report", "--domain", "shapes", "--json").record
    curves = open_page("curves")
    shown_rows = curves.dataframe[0].value.to_dict("records")
    for row, on_page in zip(as_record["rows"], shown_rows, strict=True):
        alpha = "–" if row["alpha"] is None else f"{row['alpha']:g}"  # cross-fitted
        expected = {"model": row["model"], "alpha": alpha, "n": f"{row['n']:g}"} | written(row)
        assert on_page == expected
    paper = as_record["table_4"]["fine-tuned and WiSE-FT"]
    words = next(each.value for each in curves.markdown if "Table 4" in each.value)
    gained, lost = (f"{paper[end]:.3f}" if paper[end] is not None else "none" for end in ("improvement", "decrease"))
    assert f"Of the {paper['n']} article" in words
    assert f"{paper['n_improved']} up by {gained} ranks" in words
    assert f"{paper['n_decreased']} down by {lost}" in words
    shown = bars_shown(open_page("overview"))
    assert len(shown) == 3
    for row in as_record["rows"]:
        if row["model"] != "WiSE-FT":  # Overview has the cross-fitted row instead
            assert shown[row["model"]] == [written(row)[metric] for metric in METRICS_SHOWN]


def test_rank_changes_shows_the_ranks_of_the_run_files(made, is_swept, open_page, verb, tmp_path):
    val = made.load_domain("shapes").subset("val")
    best = find_run(made, "shapes", None).selected().alpha
    ranks = {}
    for at in (0.0, best, 1.0):
        out = tmp_path / f"{at}.tsv"
        assert verb("rank", "--domain", "shapes", "--alpha", at, "--output", out).status == 0
        lists = pd.read_csv(out, sep="\t", dtype=str, index_col=0)
        pairs = zip(val["article_id"], val["image_id"], strict=True)
        ranks[at] = np.array([lists.loc[article].tolist().index(image) + 1 for article, image in pairs])
    app = open_page("changes", alpha=f"{best:g}", **{"from": "zero-shot", "to": "fine-tuned"})
    gained = ranks[0.0] - ranks[1.0]
    counted = {"improved": (gained > 0).sum(), "worsened": (gained < 0).sum(), "unchanged": (gained == 0).sum()}
    chart, shown_cards = chart_and_cards(app)
    assert {look["name"]: look["count"] for look in chart["looks"]} == counted
    cards = {card["id"]: [model["rank"] for model in card["models"]] for card in shown_cards["cards"]}
    assert cards == dict(zip(val["article_id"], map(list, zip(*ranks.values(), strict=True)), strict=True))


@pytest.mark.parametrize("alpha", ["0.25", "0.33", "0.8"])
def test_match_shows_the_similarities_that_match_prints(alpha, is_swept, open_page, verb):
    printed = [f"{one['score']:.4f}" for one in verb(
        "match", "--domain", "shapes", "--headline", "a red circle", "--alpha", alpha, "--k", 5, "--json"
    ).record["matches"]]  # fmt: skip
    [element] = open_page("match", headline="a red circle", alpha=alpha).run().get("bidi_component")
    exact = json.loads(element.proto.json)["exact"]
    assert [f"{exact['scores'][str(item)]:.4f}" for item in exact["order"]] == printed


def test_findings_shows_what_analyse_prints(is_swept, open_page, verb):
    printed = " ".join(verb("analyse", "--domain", "shapes", "--questions", "difference,choice").out.split())
    for question in ("Is the difference significant?", "Is α* the right α?"):
        app = open_page("findings", question=question)
        answers = [
            each.value.replace("\\", "").replace("\u2060", "")
            for each in app.caption
            if each.value.startswith(("On val", "Any alpha"))
        ]
        assert answers
        assert all(" ".join(answer.split()) in printed for answer in answers)
        for frame in app.dataframe:
            for cell in frame.value.to_numpy().ravel():
                assert str(cell) in printed


def test_train_shows_the_runs_as_runs_compare_records_them(is_swept, open_page, verb):
    rows = verb("runs", "compare", "--domain", "shapes", "--json").record["runs"]
    shown_rows = open_page("train").dataframe[0].value.to_dict("records")
    assert [{name: round(cell, 3) if "@" in name else cell for name, cell in row.items()} for row in rows] == shown_rows


def test_each_article_is_shown_at_its_own_alpha(made, is_swept, open_page):
    run, domain = find_run(made, "shapes", None), made.load_domain("shapes")
    found = alpha_per_article(made, "shapes", run.info.name, "val", 1 / 8)
    results = read_results(run, domain, "val")
    own = np.array([results.ranks_at(alpha)[row] for row, alpha in enumerate(found.alphas)])
    article = results.articles["article_id"].iloc[4]
    app = open_page("alpha", per_article="true", temperature="1/8", article=article)
    assert not app.exception
    [caption] = [caption.value for caption in app.caption if "own α" in caption.value]
    assert f"mrr@100 {written(metrics_of(own))['mrr@100']}" in caption
    assert f"{found.alphas.mean():.2f}" in caption
    board = element_data(app)["board"]
    assert board["here"]["alphas"] is None, "at every position of the slider"
    assert ranks_in_list(board) == dict(zip(results.articles["article_id"], own.tolist(), strict=True))
    assert board["here"]["name"] == f"{results.alphas[results.nearest_index(found.alphas[4])]:.2f}, its own"
    assert "own α" not in shown(open_page("alpha", article=article))
