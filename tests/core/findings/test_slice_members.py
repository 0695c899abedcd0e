"""Members of the slices of a domain, by text, image, tag and column."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.data.domain import Domain
from core.data.entities.rules import Mentions
from core.findings.slice_members import slices_of
from core.workspace.tags import Tagged


@pytest.fixture
def news(shapes_domain: Domain) -> Domain:
    """Return the shapes, whose 12 val articles have addresses, languages, planted causes and additional columns."""
    articles = shapes_domain.articles.copy()
    rows = np.arange(len(articles))
    articles["url"] = np.where(rows < 58, "https://www.news.example/a?b=1", "https://other.example/x")
    articles["language"] = np.where(rows == 59, "de", "en")
    articles["planted"] = np.where(rows == 50, "drift", "")
    articles["outlet"] = np.where(rows % 2, "morning", "evening")
    articles["writer"] = rows.astype(str)
    return replace(shapes_domain, articles=articles)


def _slices(news: Domain, tags: dict[str, Tagged] | None = None) -> dict[str, list[int]]:
    """Return slice → positions among the val articles."""
    named = [Mentions(persons=("ada",)) if row % 3 == 0 else Mentions() for row in range(len(news.articles))]
    return {name: np.flatnonzero(inside).tolist() for name, inside in slices_of(news, "val", named, tags or {}).items()}


def test_what_an_article_names(news: Domain) -> None:
    found = _slices(news)
    assert found["mentions a person"] == [0, 3, 6, 9]
    assert found["mentions a place"] == []
    assert found["mentions no name"] == [1, 2, 4, 5, 7, 8, 10, 11]
    assert not [name for name in found if name.startswith("headline")]  # there is only a headline


def test_a_headline_that_names_less_than_the_article_is_a_slice_of_its_own(news: Domain) -> None:
    articles = news.articles.assign(text="Ada was here")
    articles.loc[articles.index[-1], "title"] = "Ada draws a circle"
    named = [Mentions(persons=("ada",))] * len(articles)
    found = slices_of(replace(news, articles=articles), "val", named, {})

    assert found["mentions a person"].all()
    assert np.flatnonzero(found["headline names a person"]).tolist() == [11]
    assert found["headline names no name"].sum() == 11


def test_values_are_slices_if_they_are_few_and_not_too_rare(news: Domain) -> None:
    found = _slices(news)
    assert found["site: news.example"] == list(range(10))
    assert "site: other.example" not in found
    assert found["language: en"] == list(range(11))
    assert "language: de" not in found
    assert found["planted: drift"] == [2]
    assert not [name for name in found if name.startswith(("writer", "outlet", "image_"))]


def test_columns_of_the_import_are_slices(news: Domain) -> None:
    many = pd.concat([news.articles] * 3, ignore_index=True).assign(split="val")
    named = [Mentions()] * len(many)
    found = slices_of(replace(news, articles=many), "val", named, {})

    assert found["outlet: morning"].sum() == found["outlet: evening"].sum() == 90
    assert not [name for name in found if name.startswith("writer")]


def test_lengths_part_the_articles(news: Domain) -> None:
    lengths = [places for name, places in _slices(news).items() if name.startswith("length")]
    assert sorted(place for places in lengths for place in places) == list(range(12))


def test_the_analysts_tags_are_slices(news: Domain) -> None:
    ids = news.subset("val")["article_id"].tolist()
    own = {ids[4]: ("wrong pair", "scene"), ids[7]: ("scene",), "gone": ("x",)}
    tags = {article_id: Tagged(each, "", "") for article_id, each in own.items()}
    found = _slices(news, tags)

    assert found["tagged: scene"] == [4, 7]
    assert found["tagged: wrong pair"] == [4]
    assert "tagged: x" not in found


def test_an_image_that_is_gone_is_of_no_kind(news: Domain, tmp_path) -> None:
    kinds = {name: len(places) for name, places in _slices(news).items() if name.startswith("image")}
    assert sum(kinds.values()) == 12
    gone = replace(news, info=replace(news.info, images=str(tmp_path / "gone")))
    assert sum(len(places) for name, places in _slices(gone).items() if name.startswith("image")) == 0
