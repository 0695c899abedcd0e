"""Re-ranking from the command line: later commands follow the sweep's method, agree with it and name it."""

import re

import pandas as pd
import pytest
import torch

from core.experiment import match
from core.experiment.loaded_run import open_run
from core.experiment.match import Matcher
from core.experiment.sweep import sweep_run
from core.jobs.match_task import match_article
from core.jobs.model_worker import load_run_cached
from core.retrieval.choices import Reranking

METHODS = ("csls", "dual-softmax", "sinkhorn")


def nearness(cosine: torch.Tensor, how: Reranking) -> torch.Tensor:
    """Return r of each item by the formulas, from all cosines [N, G], N = G."""
    if how.method == "csls":
        return cosine.sort(dim=0).values[-10:].mean(dim=0)
    scores = cosine / how.temperature
    if how.method == "dual-softmax":
        return how.temperature * scores.logsumexp(dim=0)
    log_v = torch.zeros(len(cosine), dtype=torch.float64)
    for _ in range(1000):
        log_v = -(scores - (scores + log_v).logsumexp(dim=1, keepdim=True)).logsumexp(dim=0)
    return -2 * how.temperature * log_v


@pytest.mark.parametrize("method", METHODS)
def test_all_that_follows_a_sweep_agrees_with_it_and_says_so(verb, run, workspace, tmp_path, method):
    plain = verb("sweep", "--domain", "shapes", "--alphas", "0,0.5,1", "--json").record
    swept = verb("sweep", "--domain", "shapes", "--alphas", "0,0.5,1", "--rerank", method, "--json").record
    assert (plain["reranking"]["method"], swept["reranking"]["method"]) == ("none", method)
    assert [row["mrr@100"] for row in swept["rows"]] != [row["mrr@100"] for row in plain["rows"]]

    at = {row["alpha"]: row for row in swept["rows"]}
    for alpha in (0, 0.5, 1):
        ranked = verb(
            "rank", "--domain", "shapes", "--alpha", alpha, "--output", tmp_path / f"{alpha}.tsv", "--json"
        ).record
        assert ranked["reranking"] == swept["reranking"]
        assert ranked["metrics"]["mrr@100"] == at[alpha]["mrr@100"]
        scored = verb("score", tmp_path / f"{alpha}.tsv", "--domain", "shapes", "--split", "val", "--json").record
        assert scored["metrics"]["mrr@100"] == at[alpha]["mrr@100"]

    ranks = run.ranks().set_index(["article_id", "alpha"])["rank"]
    for article_id in ranks.index.unique("article_id"):
        answer = match_article(workspace, "shapes", run.info.name, (0.0, 0.5, 1.0), article_id, 3)
        assert [model.own.place for model in answer.models] == [ranks[article_id, alpha] for alpha in (0.0, 0.5, 1.0)]

    submitted = verb("submit", "--domain", "shapes", "--split", "val", "--output", tmp_path / "runs", "--json").record
    assert submitted["files"][0]["metrics"]["mrr@100"] == at[0]["mrr@100"]
    readme = (tmp_path / "runs" / "README.md").read_text()
    assert re.search(rf"re-ranked.* {method}", readme)
    assert "transductive" in readme
    for arguments in (
        ["report", "--domain", "shapes"],
        ["runs", "compare", "--domain", "shapes"],
        ["rank", "--domain", "shapes", "--output", tmp_path / "again.tsv"],
        ["match", "--domain", "shapes", "--headline", "a red circle"],
        ["sweep", "--domain", "shapes", "--alphas", "0,1", "--rerank", method],
    ):
        assert re.search(rf"re-ranked.* {method}", verb(*arguments).out)


def test_another_way_than_the_sweeps_can_be_asked_for(verb, run, tmp_path):
    verb("sweep", "--domain", "shapes", "--alphas", "0,1")
    ask = ("rank", "--domain", "shapes", "--alpha", 1, "--output", tmp_path / "run.tsv", "--json")
    plain, csls = verb(*ask).record, verb(*ask, "--rerank", "csls").record
    assert (plain["reranking"]["method"], csls["reranking"]["method"]) == ("none", "csls")
    verb("sweep", "--domain", "shapes", "--alphas", "0,1", "--rerank", "csls")
    assert verb(*ask, "--rerank", "none").record["metrics"] == plain["metrics"]
    assert verb(*ask).record["metrics"] == csls["metrics"]
    outcome = verb(*ask, "--rerank", "magic")
    assert (outcome.status, len(outcome.err.splitlines())) == (2, 1)
    assert re.search("--rerank.*magic.*none.*dual-softmax.*csls", outcome.err)


def test_the_temperature_is_the_one_that_training_ended_with(run, shapes_domain, workspace):
    loaded_run = open_run(run, shapes_domain, workspace, "cpu", rerank="dual-softmax")
    assert loaded_run.reranking.temperature == pytest.approx(1 / run.history()["logit_scale"].iloc[-1], rel=1e-4)
    assert loaded_run.reranking_by("csls").temperature is None


def test_the_path_measures_its_error_on_the_ranks_that_are_shown(run, shapes_domain, workspace):
    for method in ("none", *METHODS):
        open_run(run, shapes_domain, workspace, "cpu", rerank=method).path("val")
    assert len(list((workspace.cache / "paths").iterdir())) == 4


@pytest.mark.parametrize("method", METHODS)
def test_a_headline_stands_against_all_of_the_domains_texts(run, shapes_domain, workspace, method):
    """A text of the domain, typed as a headline, has the scores of a plain computation over all texts."""
    loaded_run = open_run(run, shapes_domain, workspace, "cpu")
    matcher = Matcher(loaded_run, 0.3, rerank=method)
    texts, images = matcher._gallery("text"), matcher._gallery("image")
    cosine = texts.double() @ images.double().T
    how = loaded_run.reranking_by(method)
    near = nearness(cosine, how)
    expected = pd.Series((cosine - near / 2)[4], index=shapes_domain.image_table()["image_id"])
    title = shapes_domain.articles["title"].iloc[4]
    found = matcher.images_for(title, 60)
    assert {match.image_id: match.score for match in found} == pytest.approx(expected.to_dict(), abs=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_from_image_to_text_it_is_the_images_that_correct(run, shapes_domain, workspace, method):
    loaded_run = open_run(run, shapes_domain, workspace, "cpu", rerank=method)
    view = loaded_run.at(0.5, "val")
    texts, images = view.embed("text"), view.embed("image")
    cosine = (images.double() @ texts.double().T)[view.gallery.target]
    scores = cosine - nearness(cosine, loaded_run.reranking) / 2
    same = 2e-5 if method == "sinkhorn" else 1e-7
    above = (scores > scores.diagonal()[:, None] + same).sum(dim=1).numpy()
    level = ((scores - scores.diagonal()[:, None]).abs() <= same).sum(dim=1).numpy()  # the same text more than once
    ranks = view.text_ranks(texts, images)
    assert ((above < ranks) & (ranks <= above + level)).all()


def test_the_models_process_sees_that_a_run_was_swept_again(run, shapes_domain, workspace):
    for method in ("none", "csls", "none"):
        sweep_run(open_run(run, shapes_domain, workspace, "cpu", rerank=method), [0.0, 1.0], "recall@1")
        assert load_run_cached(workspace, "shapes", run.info.name).reranking.method == method


def test_a_batch_gives_each_headline_its_own_first_image_only_by_sinkhorn(run, shapes_domain, workspace, monkeypatch):
    monkeypatch.setattr(match, "BATCH_SHARE", 1e-3)  # the scores of random weights are close to each other
    loaded_run = open_run(run, shapes_domain, workspace, "cpu")

    def firsts(headlines, rerank):
        found = Matcher(loaded_run, 0.3, rerank=rerank).images_for_batch(headlines, 5)
        assert [len(matches) for matches in found] == [5] * len(headlines)
        return [matches[0].image_id for matches in found]

    titles = shapes_domain.articles["title"].unique().tolist()
    alone = firsts(titles, "none")
    assert alone == [Matcher(loaded_run, 0.3).images_for(title, 1)[0].image_id for title in titles]
    rivals = next(
        [titles[row], titles[other]] for row in range(60) for other in range(row) if alone[row] == alone[other]
    )
    assert len(set(firsts(rivals, "none"))) == 1
    assert len(set(firsts(rivals, "sinkhorn"))) == 2


def test_a_batch_on_the_command_line_names_the_headline_of_each_row(verb, run):
    verb("sweep", "--domain", "shapes", "--alphas", "0,1")
    ask = ("match", "--domain", "shapes", "--headline", "a red circle", "--headline", "a blue square", "--k", 2)
    record = verb(*ask, "--rerank", "sinkhorn", "--json").record
    assert [row["headline"] for row in record["matches"]] == ["a red circle"] * 2 + ["a blue square"] * 2
    assert [row["place"] for row in record["matches"]] == [1, 2, 1, 2]
    assert record["reranking"]["method"] == "sinkhorn"
    outcome = verb(*ask, "--index", "hnsw")
    assert outcome.status == 2
    assert "--index hnsw" in outcome.err
