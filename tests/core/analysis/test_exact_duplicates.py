"""Articles that share an image or a text, and leaks between train and val."""

import pandas as pd
import pytest

from core.analysis.exact_duplicates import duplicates_table, same_image, same_text


def table(**columns: list[str | None]) -> pd.DataFrame:
    """Articles that differ in everything but `columns`; the last one is val, the others train."""
    n = len(next(iter(columns.values())))
    numbers = [str(number) for number in range(n)]
    distinct = {
        name: [f"{name} {number}" for number in numbers]
        for name in ("article_id", "title", "text", "image_id", "image_file", "image_hash")
    }
    return pd.DataFrame({**distinct, "language": "en", "split": ["train"] * (n - 1) + ["val"], **columns})


def test_articles_that_differ_are_no_duplicates():
    articles = table(article_id=["1", "2", "3"])
    assert same_image(articles) == [] == same_text(articles)
    assert duplicates_table(articles, []).empty


def test_all_the_same_is_one_group_that_leaks():
    articles = table(image_hash=["x"] * 4, title=["T"] * 4, text=[""] * 4)
    for groups in (same_image(articles), same_text(articles)):
        (group,) = groups
        assert (group.rows, group.splits, group.leaks) == ((0, 1, 2, 3), ("train", "val"), True)


def test_images_are_alike_by_hash_or_id_and_through_each_other():
    articles = table(image_hash=["h", "h", "i", "i", "z"], image_id=["a", "b", "b", "c", "d"])
    assert [group.rows for group in same_image(articles)] == [(0, 1, 2, 3)]


@pytest.mark.parametrize("missing", ["", None])
def test_missing_values_match_nothing(missing):
    articles = table(image_hash=[missing] * 3, image_id=[missing] * 3, title=[missing] * 3, text=[missing] * 3)
    assert same_image(articles) == []
    assert same_text(articles) == []


def test_texts_are_alike_without_case_space_addresses_and_composition():
    titles = [" Straße in  KÖLN 🎉", "STRASSE in Ko\u0308ln 🎉 https://t.co/abc", "Straße in Köln", "Strasse in Bonn"]
    groups = same_text(table(title=titles, text=[""] * 4))
    assert [group.rows for group in groups] == [(0, 1)]
    assert not groups[0].leaks


def test_the_title_of_one_is_not_the_text_of_another_unless_they_read_alike():
    assert same_text(table(title=["a b", ""], text=["", "a  b"]))
    assert not same_text(table(title=["a", "b"], text=["b", "a"]))


def test_leaks_come_first_then_the_largest():
    articles = table(image_hash=["m", "m", "m", "n", "n", "v", "v"])
    assert [group.rows for group in same_image(articles)] == [(5, 6), (0, 1, 2), (3, 4)]


def test_only_held_out_articles_that_are_alike_do_not_leak():
    articles = table(image_hash=["v", "v"])
    articles["split"] = ["val", "test"]
    (group,) = same_image(articles)
    assert (group.splits, group.leaks) == (("val", "test"), False)


def test_the_table_has_one_row_per_article_of_each_group():
    articles = table(image_hash=["v", "z", "v"], title=["T", "T", "S"], text=[""] * 3)
    rows = duplicates_table(articles, same_image(articles) + same_text(articles))
    assert rows["article_id"].tolist() == ["article_id 0", "article_id 2", "article_id 0", "article_id 1"]
    assert rows[["kind", "group", "leaks"]].to_numpy().tolist() == [
        ["image", 1, True], ["image", 1, True], ["text", 2, False], ["text", 2, False],
    ]  # fmt: skip
