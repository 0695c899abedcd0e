"""Importing the real stand-ins, where they are."""

from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data is not at {DATA}; see README")


@pytest.mark.parametrize(
    ("source", "language", "listed", "val"),
    [
        ("newsimages2025", "en", 2834, 567),
        ("tweets/articles.csv", "en", 1523, 305),
        ("photos/articles-en.csv", "en", 2412, 483),
        ("photos/articles-de.csv", "de", 2412, 483),
    ],
)
def test_every_pair_is_read_and_the_last_fifth_is_val(verb, places, source, language, listed, val):
    imported = verb("import", DATA / source, "--domain", "real", "--json").record
    assert imported["listed"] == imported["usable"] == listed
    assert imported["left_out"] == {}
    assert imported["splits"] == {"train": listed - val, "val": val}
    assert imported["split_by"] == "article_id"
    assert imported["language"] == language
    articles = places.load_domain("real").articles
    stems = articles["image_file"].str.rsplit("/", n=1).str[-1].str.split(".").str[0]
    assert (stems == articles["image_id"].str.rsplit("/", n=1).str[-1]).all()
