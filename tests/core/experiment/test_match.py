"""Search with headlines, photos and articles, and the command `match`."""

import re

import numpy as np
import pytest
import torch

from core.data.images.decoding import open_image
from core.errors import InputError
from core.experiment.loaded_run import open_run
from core.experiment.match import Matcher
from core.retrieval import index as gallery_index
from core.retrieval.ranking import top_k


def test_a_headline_finds_the_best_of_all_images(loaded_run):
    matcher = Matcher(loaded_run, 0.3)
    matches = matcher.images_for("a red circle", 7)
    query = loaded_run.embed_headlines(["a red circle"], 0.3)
    images = torch.cat([loaded_run.at(0.3, split).embed("image") for split in ("train", "val")])
    ids = [*loaded_run.view("train").gallery.image_ids, *loaded_run.view("val").gallery.image_ids]
    rows, scores = top_k(query, images, np.arange(len(ids)), 7)
    assert [match.place for match in matches] == list(range(1, 8))
    np.testing.assert_allclose([match.score for match in matches], scores[0], atol=1e-5)
    assert {match.image_id for match in matches[:3]} <= {ids[row] for row in rows[0]}
    assert matcher.searched == 60
    assert matcher.recall is None


def test_a_photo_finds_articles_and_each_match_is_the_article_it_says(loaded_run, shapes_domain):
    article = shapes_domain.articles.iloc[3]
    matches = Matcher(loaded_run, 1.0).articles_for(open_image(shapes_domain.images_root / article["image_file"]), 60)
    assert len(matches) == 60
    assert {match.article["article_id"] for match in matches} == set(shapes_domain.articles["article_id"])
    assert all(match.image_id == match.article["image_id"] for match in matches)
    scores = [match.score for match in matches]
    assert scores == sorted(scores, reverse=True)


def test_the_gallery_is_embedded_once_for_each_alpha(loaded_run, workspace, monkeypatch):
    first = Matcher(loaded_run, 0.3).images_for("a red circle", 5)
    assert len(list((workspace.cache / "galleries").iterdir())) == 1
    monkeypatch.setattr("core.experiment.match.embed", lambda *_: pytest.fail("embedded again"))
    again = Matcher(loaded_run, 0.3).images_for("a red circle", 5)
    assert [match.image_id for match in again] == [match.image_id for match in first]
    monkeypatch.undo()
    Matcher(loaded_run, 0.4).images_for("a red circle", 5)
    assert len(list((workspace.cache / "galleries").iterdir())) == 2


def test_a_second_query_embeds_and_opens_nothing_but_the_query(run, shapes_domain, workspace, monkeypatch):
    first = Matcher(open_run(run, shapes_domain, workspace, "cpu"), 0.3).images_for("a red circle", 5)
    for name in ("image_activations", "text_activations"):
        monkeypatch.setattr(f"core.experiment.experiment.{name}", lambda *_: pytest.fail("activations were computed"))
    matcher = Matcher(open_run(run, shapes_domain, workspace, "cpu"), 0.3)
    assert [(match.image_id, match.score) for match in matcher.images_for("a red circle", 5)] == [
        (match.image_id, match.score) for match in first
    ]


def test_a_damaged_gallery_is_embedded_again(run, shapes_domain, workspace):
    first = Matcher(open_run(run, shapes_domain, workspace, "cpu"), 0.3).images_for("a red circle", 5)
    [file] = (workspace.cache / "galleries").iterdir()
    data = bytearray(file.read_bytes())
    data[300] ^= 1
    file.write_bytes(data)
    again = Matcher(open_run(run, shapes_domain, workspace, "cpu"), 0.3).images_for("a red circle", 5)
    assert [(match.image_id, match.score) for match in again] == [(match.image_id, match.score) for match in first]


def test_a_headline_is_computed_at_its_own_length(loaded_run):
    encoder = loaded_run.experiment.encoder
    lengths, real = [], encoder.encode_text
    encoder.encode_text = lambda tokens: lengths.append(tokens.shape[1]) or real(tokens)
    short = loaded_run.embed_headlines(["a red circle"], 0.3)
    assert lengths == [8], "of a context of 16"
    whole = real(encoder.tokenize(["a red circle"]))
    torch.testing.assert_close(short, whole, atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", ["ivf", "hnsw"])
def test_an_approximate_index_is_kept_and_says_what_it_finds(loaded_run, workspace, monkeypatch, kind):
    small = gallery_index.IndexSettings(exact_below=10, points_per_list=39)
    for name in ("build_index", "load_index"):
        real = getattr(gallery_index, name)
        monkeypatch.setattr(f"core.experiment.match.{name}", lambda *a, real=real: real(*a, small))
    matcher = Matcher(loaded_run, 0.3, kind)
    exact = Matcher(loaded_run, 0.3).images_for("a red circle", 5)
    assert [match.image_id for match in matcher.images_for("a red circle", 5)] == [match.image_id for match in exact]
    assert matcher.recall == pytest.approx(1.0, abs=0.05)
    [file] = (workspace.cache / "galleries").glob(f"*.{kind}.faiss")
    monkeypatch.setattr("core.experiment.match.build_index", lambda kind, *a: gallery_index.build_index("flat", *a))
    again = Matcher(loaded_run, 0.3, kind)
    again.images_for("a red circle", 5)
    assert again.recall is not None
    file.write_bytes(b"damaged")
    assert len(Matcher(loaded_run, 0.3, kind).images_for("a red circle", 5)) == 5


def test_the_verb(verb, run, shapes_domain):
    record = verb(
        "match", "--domain", "shapes", "--headline", "a blue square", "--alpha", 0.5, "--k", 3, "--json"
    ).record
    assert (record["alpha"], record["searched"], record["index"], record["index_recall"]) == (0.5, 60, "flat", None)
    assert [row["place"] for row in record["matches"]] == [1, 2, 3]
    photo = shapes_domain.images_root / shapes_domain.articles["image_file"].iloc[0]
    outcome = verb("match", "--domain", "shapes", "--photo", photo, "--alpha", 1)
    assert outcome.status == 0
    assert re.search(r"10 of 60 articles of shapes.* 1\b", outcome.out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--headline TEXT or --photo FILE"),
        (["--headline", "a", "--photo", "b.jpg"], "--headline TEXT or --photo FILE"),
        (["--photo", "nowhere.jpg"], "nowhere.jpg"),
        (["--headline", "a"], "rematch sweep"),
        (["--headline", "a", "--alpha", "2"], "--alpha 2"),
        (["--headline", "a", "--index", "other"], "--index"),
    ],
)
def test_what_cannot_be_matched_is_said_in_one_line(verb, run, arguments, message):
    outcome = verb("match", "--domain", "shapes", *arguments)
    assert outcome.status == 2
    assert message in outcome.err
    assert len(outcome.err.splitlines()) == 1


def test_an_articles_places_are_those_of_the_sweep_and_its_own_image_is_found_wherever_it_stands(loaded_run):
    view = loaded_run.at(0.3, "val")
    texts, images = view.embed("text"), view.embed("image")
    ranks, (rows, scores) = view.image_ranks(texts, images), top_k(texts, images, view.gallery.tie_order, 3)
    assert ranks.max() > 3  # else no rank is beyond the list
    matcher = Matcher(loaded_run, 0.3)
    for query, article_id in enumerate(view.article_ids):
        answer = matcher.images_for_article(article_id, 3)
        assert [match.image_id for match in answer.matches] == [view.gallery.image_ids[row] for row in rows[query]]
        assert [match.score for match in answer.matches] == scores[query].tolist()
        assert answer.own.place == ranks[query]
        assert answer.own.image_id == view.gallery.image_ids[view.gallery.target[query]]
        assert answer.own.score == pytest.approx(float(texts[query] @ images[view.gallery.target[query]]), abs=1e-6)
        assert (answer.own in answer.matches) == (ranks[query] <= 3)
    assert matcher.searched == 12


def test_an_article_of_train_searches_the_images_of_train(loaded_run):
    matcher = Matcher(loaded_run, 1.0)
    matcher.images_for_article("1", 5)
    assert matcher.searched == 48


def test_an_unknown_article_is_said(loaded_run):
    with pytest.raises(InputError, match="no article '999'"):
        Matcher(loaded_run, 1.0).images_for_article("999", 5)
