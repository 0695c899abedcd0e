"""Search at all α at once, against the search with exact weights at each α."""

import numpy as np
import pytest

from core.data.images.decoding import open_image
from core.experiment.loaded_run import open_run
from core.experiment.match import Matcher, Query
from core.experiment.match_along import AlongMatcher
from core.experiment.text_limit import words_read
from core.interpolation.barycentric import lobatto_nodes
from core.interpolation.score_paths import first_rows
from core.jobs.along_task import Along, Item
from core.training.settings import Settings


@pytest.fixture
def of_heads(train_once, shapes_domain, workspace):
    run = train_once(Settings(tune="head", epochs=3, lr=1e-2, batch_size=16))
    return open_run(run, shapes_domain, workspace, "cpu")


def first_ids(found, alpha: float, k: int, column: str) -> list[str]:
    rows = first_rows(found.scores.at(alpha), np.arange(len(found.articles)), k)
    return found.articles.iloc[rows][column].tolist()


def test_tuned_heads_are_exact_at_every_alpha(of_heads, shapes_domain):
    along = AlongMatcher(of_heads)
    assert along.is_exact
    photo = open_image(shapes_domain.images_root / shapes_domain.articles["image_file"].iloc[3])
    found, by_photo = along.find(Query("a red circle"), 5), along.find(Query(photo=photo), 5)
    assert (found.searched, by_photo.searched) == (60, 60)
    for alpha in (0.0, 0.13, 0.5, 1.0):
        matcher = Matcher(of_heads, alpha)
        exact = matcher.images_for("a red circle", 5)
        assert first_ids(found, alpha, 5, "image_id") == [match.image_id for match in exact]
        best = found.scores.at(alpha).max()
        np.testing.assert_allclose(best, exact[0].score, atol=1e-6)
        articles = matcher.articles_for(photo, 5)
        assert first_ids(by_photo, alpha, 5, "article_id") == [match.article["article_id"] for match in articles]


def test_an_article_has_the_ranks_of_its_own_image(of_heads):
    found = AlongMatcher(of_heads).find(Query(article_id="55"), 5)
    assert found.searched == 12
    for place, alpha in ((0, 0.0), (37, 0.37), (100, 1.0)):
        own = Matcher(of_heads, alpha).images_for_article("55", 5).own
        assert found.own_ranks[place] == own.place
        assert found.articles.iloc[found.own]["image_id"] == own.image_id


@pytest.mark.parametrize("rerank", ["none", "csls"])
def test_other_runs_and_re_ranking_are_exact_at_nodes(loaded_run, rerank):
    along = AlongMatcher(loaded_run, rerank)
    assert not along.is_exact
    found = along.find(Query("a red circle"), 5)
    alpha = float(lobatto_nodes(5)[1])
    exact = Matcher(loaded_run, alpha, rerank=rerank).images_for("a red circle", 5)
    assert first_ids(found, alpha, 3, "image_id") == [match.image_id for match in exact[:3]]
    assert found.scores.is_exact_at(alpha)
    assert not found.scores.is_exact_at(0.3)


def test_an_answer_lists_the_first_items_with_the_own_one(of_heads):
    found = AlongMatcher(of_heads).find(Query(article_id="55"), 10)
    items = tuple(Item(image, article) for image, article in found.articles[["image_id", "article_id"]].to_numpy())
    alphas = tuple(AlongMatcher(of_heads).alphas)
    along = Along(items, alphas, found.scores, 12, ("en",), own=found.own, own_ranks=tuple(found.own_ranks.tolist()))
    [answer] = along.answer((0.37,), 3).models
    exact = Matcher(of_heads, 0.37).images_for_article("55", 3)
    assert [one.image_id for one in answer.found] == [match.image_id for match in exact.matches]
    assert answer.own.place == exact.own.place


def test_few_val_articles_do_not_say_how_sure_a_match_is(of_heads):
    along = AlongMatcher(of_heads)
    assert along.calibration("image", 0.5, None) is None, "12 val articles are too few"


def test_a_long_text_is_cut(loaded_run):
    encoder = loaded_run.experiment.encoder
    assert words_read(encoder, "a red circle") is None
    read = words_read(encoder, "red " * 40)
    assert 0 < read < 40
    assert words_read(encoder, "red " * read) is None
