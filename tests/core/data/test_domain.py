"""A domain in memory and on disk, and the images of a set of articles."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.data.domain import gallery_of, load_domain, save_domain, tie_order
from core.data.query_text import Reading
from core.errors import InputError


def test_a_domain_comes_back_from_disk_as_it_was(shapes_domain, tmp_path):
    moved = replace(shapes_domain, folder=tmp_path / "copy")
    save_domain(moved)
    again = load_domain(tmp_path / "copy")
    assert again.info == shapes_domain.info
    pd.testing.assert_frame_equal(again.articles, shapes_domain.articles)


def test_the_splits_are_all_articles_in_the_order_of_time(shapes_domain):
    train, val = shapes_domain.subset("train"), shapes_domain.subset("val")
    assert list(pd.concat([train, val])["article_id"]) == [str(n) for n in range(1, 61)]
    with pytest.raises(InputError, match=r"shapes.*no test articles"):
        shapes_domain.subset("test")


@pytest.mark.parametrize("content", ["slug = ", "slug = 'shapes'\n", "other = 1\n", ""])
def test_a_damaged_domain_is_refused(shapes_domain, content):
    (shapes_domain.folder / "domain.toml").write_text(content)
    with pytest.raises(InputError, match="domain"):
        load_domain(shapes_domain.folder)


@pytest.mark.parametrize("damage", [b"", b"PAR1 and no more"])
def test_a_damaged_table_is_refused(shapes_domain, damage):
    (shapes_domain.folder / "articles.parquet").write_bytes(damage)
    with pytest.raises(InputError, match=r"'shapes' is damaged .* Import"):
        load_domain(shapes_domain.folder)


def test_a_table_that_is_gone_is_said(shapes_domain):
    (shapes_domain.folder / "articles.parquet").unlink()
    with pytest.raises(InputError, match="'shapes' is damaged"):
        load_domain(shapes_domain.folder)


def test_a_table_that_lacks_a_column_is_refused(shapes_domain):
    shapes_domain.articles.drop(columns=["split", "url"]).to_parquet(shapes_domain.folder / "articles.parquet")
    with pytest.raises(InputError, match=r"articles\.parquet.*url, split"):
        load_domain(shapes_domain.folder)


@pytest.mark.parametrize(
    ("title_en", "text_en", "expected"),
    [
        (["a", "b"], ["", ""], True),
        (["a", ""], ["", "b"], True),
        (["a", " "], ["", ""], False),
        (["", ""], ["", ""], False),
    ],
)
def test_english_is_there_when_every_article_has_some(shapes_domain, title_en, text_en, expected):
    articles = shapes_domain.articles.iloc[:2].assign(title_en=title_en, text_en=text_en)
    assert replace(shapes_domain, articles=articles).has_english, "it is English itself"
    german = replace(shapes_domain, info=replace(shapes_domain.info, language="de"), articles=articles)
    assert replace(german, articles=articles.assign(language="de")).has_english == expected
    assert not replace(german, articles=articles.assign(language="fr")).has_english, "nothing is in its language"


def test_a_gallery_holds_each_image_once_and_knows_whose_it_is():
    files = ["b.jpg", "a.png", "b.jpg", "c.gif"]
    articles = pd.DataFrame({"image_id": ["b", "a", "b", "c"], "image_file": files, "image_hash": ["1", "0", "1", "2"]})
    gallery = gallery_of(articles, articles.drop_duplicates("image_id"))
    assert gallery.image_ids == ["b", "a", "c"]
    assert gallery.files == ["b.jpg", "a.png", "c.gif"]
    assert gallery.hashes == ["1", "0", "2"]
    assert gallery.target.tolist() == [0, 1, 0, 2]
    assert gallery.tie_order.tolist() == tie_order(["b", "a", "c"]).tolist()


def test_the_order_of_ties_is_the_ids_own():
    ids = [f"{n}" for n in range(50)]
    alone = dict(zip(ids, tie_order(ids), strict=True))
    moved = list(np.random.default_rng(0).permutation(ids))
    assert dict(zip(moved, tie_order(moved), strict=True)) == alone


def test_the_order_of_ties_is_the_same_tomorrow():
    assert tie_order(["a", "b", "c", "d", "e"]).tolist() == [4, 2, 3, 1, 0]


def test_two_ids_keep_their_order_whoever_joins_them():
    few, many = tie_order(["7", "13"]), tie_order([str(n) for n in range(40)])
    assert (few[0] < few[1]) == (many[7] < many[13])


def test_queries_are_read_once_for_each_reading(shapes_domain, monkeypatch):
    reads = []
    monkeypatch.setattr("core.data.domain.queries", lambda *read: reads.append(read) or ["a query"])
    title, both = Reading("title"), Reading()

    assert [shapes_domain.queries(reading, english=False) for reading in (title, both, title)] == [["a query"]] * 3
    assert [reading for *_, reading in reads] == [title, both]


def test_an_article_is_found_by_its_id(shapes_domain):
    for row, article_id in enumerate(shapes_domain.articles["article_id"]):
        assert shapes_domain.rows_by_id[article_id] == row
