"""Values that are not finite raise an error that names the article; they never become a rank."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from core.errors import RematchError
from core.evaluation.agreement import Disagreement
from core.experiment import experiment, match
from core.experiment.match import Matcher
from core.experiment.sweep import sweep_run
from core.findings import entity_images
from core.interpolation.alpha_path import read_path, write_path

BAD = (float("nan"), float("inf"), -float("inf"))
PHOTO = Image.new("RGB", (40, 40), "red")


@pytest.fixture
def val(loaded_run):
    """Return (texts, images, fourth val article, its image row), with the weights at α = 0.5."""
    view = loaded_run.at(0.5, "val")
    return view.embed("text").clone(), view.embed("image").clone(), view.article_ids[3], int(view.gallery.target[3])


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("method", ["image_ranks", "text_ranks", "top_images", "ranked", "best_images"])
def test_a_score_names_the_article(loaded_run, val, method, value):
    texts, images, article, image_row = val
    view = loaded_run.view("val")
    more = (10,) if method == "best_images" else ()
    for side, row in ((texts, 3), (images, image_row)):
        before = side[row, 5].clone()
        side[row, 5] = value
        with pytest.raises(RematchError, match=f"of article '{article}' is not finite"):
            getattr(view, method)(texts, images, *more)
        side[row, 5] = before
    getattr(view, method)(texts, images, *more)


@pytest.mark.parametrize("side", ["text", "image"])
def test_re_ranked_scores_name_it_too(loaded_run, val, side):
    texts, images, article, image_row = val
    view = loaded_run.view("val", reranking=loaded_run.reranking_by("csls"))
    {"text": texts, "image": images}[side][3 if side == "text" else image_row] = float("nan")
    with pytest.raises(RematchError, match=f"of article '{article}' is not finite"):
        view.image_ranks(texts, images)


@pytest.mark.parametrize("tower", ["text", "image"])
def test_a_tower_that_overflows_stops_a_sweep_by_name(loaded_run, monkeypatch, tower):
    view = loaded_run.view("val")
    row = int(view.rows(tower)[0])
    article = view.article_ids[0 if tower == "text" else view.gallery.target.tolist().index(0)]
    intact = experiment.embed

    def overflowing(encoder, activations, rows, **options):
        out = intact(encoder, activations, rows, **options).clone()
        if activations.tower == tower:
            out[torch.from_numpy(np.asarray(rows) == row)] *= float("inf")
        return out

    monkeypatch.setattr(experiment, "embed", overflowing)
    with pytest.raises(RematchError, match=f"of article '{article}' is not finite"):
        sweep_run(loaded_run, (0.0, 1.0), "recall@1")
    with pytest.raises(RematchError, match=f"of article '{article}' is not finite"):
        loaded_run.path("val")


def test_an_image_that_an_entity_brings_along_is_named_too(loaded_run, monkeypatch):
    view = loaded_run.view("train")
    row, article = int(view.rows("image")[0]), view.article_ids[view.gallery.target.tolist().index(0)]
    intact = experiment.embed

    def with_a_hole(encoder, activations, rows, **options):
        out = intact(encoder, activations, rows, **options)
        hole = torch.from_numpy(np.asarray(rows) == row)[:, None] & (activations.tower == "image")
        return torch.where(hole, torch.nan, out)

    monkeypatch.setattr(experiment, "embed", with_a_hole)
    with pytest.raises(RematchError, match=f"of article '{article}' is not finite"):
        entity_images._embedded(loaded_run, 0.5)


def test_a_path_kept_with_a_hole_in_it_gives_no_rank(loaded_run, workspace):
    loaded_run.path("val")
    [file] = (workspace.cache / "paths").iterdir()
    path = read_path(file)
    assert path is not None
    path.text.values[2, 3, 0] = float("nan")
    write_path(replace(path, error=Disagreement(0.0, 0.0)), file)
    article = loaded_run.view("val").article_ids[3]
    with pytest.raises(RematchError, match=f"text.* '{article}'.*not finite"):
        sweep_run(loaded_run, None, "recall@1")


@pytest.mark.parametrize("tower", ["text", "image"])
def test_a_gallery_for_free_queries_names_it(loaded_run, shapes_domain, monkeypatch, tower):
    article = shapes_domain.articles["article_id"].iloc[7]
    intact = match.embed

    def with_a_hole(encoder, activations, rows, **options):
        out = intact(encoder, activations, rows, **options)
        return torch.where(torch.from_numpy(np.asarray(rows) == 7)[:, None], torch.nan, out)

    monkeypatch.setattr(match, "embed", with_a_hole)
    for _ in range(2):  # the second time from the cache
        matcher = Matcher(loaded_run, 0.5)
        ask, query = (matcher.articles_for, PHOTO) if tower == "text" else (matcher.images_for, "a red circle")
        with pytest.raises(RematchError, match=f"of article '{article}' is not finite"):
            ask(query, 3)


def test_a_query_from_outside_is_named_for_what_it_is(loaded_run, monkeypatch):
    matcher = Matcher(loaded_run, 0.5)
    nothing = torch.full((1, loaded_run.experiment.encoder.embedding_dim), torch.nan)
    monkeypatch.setattr(loaded_run, "embed_headlines", lambda *_: nothing)
    monkeypatch.setattr(loaded_run, "embed_photos", lambda *_: nothing)
    with pytest.raises(RematchError, match=r"headline.*not finite"):
        matcher.images_for("a red circle", 3)
    with pytest.raises(RematchError, match=r"photo.*not finite"):
        matcher.articles_for(PHOTO, 3)
