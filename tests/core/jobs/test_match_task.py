"""Searches of the Match page: equal to the command line's, and results that can leave the worker."""

import pickle
import subprocess
import sys

import pandas as pd
import pytest

from core.data.images.decoding import ImageError
from core.jobs import model_worker
from core.jobs.match_task import match_article, match_headline, match_photo

ALPHAS = (0.0, 0.5, 1.0)


@pytest.fixture(autouse=True)
def fresh_worker():
    yield
    model_worker._open.cache_clear()


def test_a_headline_gets_the_answer_of_the_verb_at_each_alpha(workspace, run, verb):
    common = ("match", "--domain", "shapes", "--headline", "ein grüner Kreis 🟢", "--k", 4)
    answer = match_headline(workspace, "shapes", run.info.name, ALPHAS, "ein grüner Kreis 🟢", 4)
    assert answer.searched == 60
    assert [model.alpha for model in answer.models] == list(ALPHAS)
    for model in answer.models:
        record = verb(*common, "--alpha", model.alpha, "--json").record
        assert [(match.place, match.image_id, match.article_id) for match in model.found] == [
            (row["place"], row["image_id"], row["article_id"]) for row in record["matches"]
        ]
        assert [round(match.score, 4) for match in model.found] == [row["score"] for row in record["matches"]]
        assert model.own is None


def test_an_article_gets_the_list_of_the_verb_rank(workspace, run, verb, tmp_path):
    verb("rank", "--domain", "shapes", "--alpha", 0.5, "--split", "val", "--output", tmp_path / "best.csv")
    lists = pd.read_csv(tmp_path / "best.csv", sep="\t", dtype=str, index_col=0)
    answer = match_article(workspace, "shapes", run.info.name, (0.5,), "55", 12)
    assert answer.searched == 12
    assert [match.image_id for match in answer.models[0].found] == lists.loc["55"].tolist()[:12]
    own = answer.models[0].own
    assert own == answer.models[0].found[own.place - 1]


def test_a_photo_finds_articles(workspace, run, shapes_domain):
    photo = (shapes_domain.images_root / shapes_domain.articles["image_file"].iloc[6]).read_bytes()
    answer = match_photo(workspace, "shapes", run.info.name, (0.0, 0.0, 1.0), photo, 3)
    assert answer.searched == 60
    assert answer.models[0] == answer.models[1]
    assert [match.place for match in answer.models[2].found] == [1, 2, 3]
    assert pickle.loads(pickle.dumps(answer)) == answer
    with pytest.raises(ImageError):
        match_photo(workspace, "shapes", run.info.name, (0.0,), b"no image", 3)


def test_the_apps_process_reads_answers_without_torch():
    code = "import sys, core.jobs.match_task; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
