"""Imports of real data sets, if they are on this machine."""

from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "shared" / "data"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the real data is not at {DATA}; see README"),
]


@pytest.mark.parametrize(
    ("source", "language", "listed", "left_out", "val"),
    [
        ("newsimages2025", "en", 2834, {}, 567),
        # Three are nothing but a retweet's head and an address, so nothing is left to read.
        ("tweets/articles.csv", "en", 1523, {"no text": 3}, 304),
        ("photos/articles-en.csv", "en", 2412, {}, 483),
        ("photos/articles-de.csv", "de", 2412, {}, 483),
    ],
)
def test_every_pair_is_read_and_the_last_fifth_is_val(verb, workspace, source, language, listed, left_out, val):
    imported = verb("import", DATA / source, "--domain", "real", "--json").record
    assert imported["listed"] == listed
    assert imported["left_out"] == left_out
    usable = listed - sum(left_out.values())
    assert imported["usable"] == usable
    assert imported["splits"] == {"train": usable - val, "val": val}
    assert imported["split_by"] == "article_id"
    assert imported["language"] == language
    articles = workspace.load_domain("real").articles
    stems = articles["image_file"].str.rsplit("/", n=1).str[-1].str.split(".").str[0]
    assert (stems == articles["image_id"].str.rsplit("/", n=1).str[-1]).all()
