"""Cells of tables: floats that were ids, lists, bytes, rows without ids, names of columns."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.data.importers import ColumnNames, import_domain, read_source
from core.data.importers.options import SourceOptions
from core.data.importers.readers import read_articles
from core.errors import InputError


def parquet(folder: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), folder / "a.parquet")
    return folder / "a.parquet"


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_ids_that_became_floats_are_integers_again(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame(
        {"id": [10.0, 11.0, None], "title": ["a", "b", "c"], "image": [1.0, 2.0, 3.0], "x": [1.0, 2.5, 0]}
    )
    file = tmp_path / f"a.{suffix}"
    frame.to_parquet(file) if suffix == "parquet" else frame.to_csv(file, index=False)
    listing = read_source(file)
    assert listing.articles["article_id"].tolist() == ["10", "11", ""]
    assert listing.articles["image"].tolist() == ["1", "2", "3"]
    assert listing.articles["x"].tolist() == ["1.0", "2.5", "0.0"]
    assert not any("2^53" in note for note in listing.notes)


@pytest.mark.parametrize("ids", [["1.5", "2.0"], ["007", "008"], ["1e3", "x"], ["1.0.2", "1.0.3"]])
def test_other_ids_stay_as_they_are(tmp_path: Path, ids: list[str]) -> None:
    pd.DataFrame({"id": ids, "title": "a", "image": "b"}).to_csv(tmp_path / "a.csv", index=False)
    assert read_source(tmp_path / "a.csv").articles["article_id"].tolist() == ids


def test_digits_that_a_float_lost_are_reported(tmp_path: Path) -> None:
    listing = read_source(parquet(tmp_path, id=[1e17, 1.00001e17], title=["a", "b"], image=["1", "2"]))
    assert listing.articles["article_id"].tolist() == [str(10**17), "100001000000000000"]
    assert any("2^53" in note and "column id" in note for note in listing.notes)


CAPTIONS = {
    "all": [("7#0", "one"), ("7#1", "two"), ("8", "three"), ("9", "")],
    "first": [("7", "one"), ("8", "three"), ("9", "")],
    "joined": [("7", "one two"), ("8", "three"), ("9", "")],
}


@pytest.mark.parametrize("captions", CAPTIONS)
def test_lists_of_captions_are_articles_or_one(tmp_path: Path, captions: str) -> None:
    file = parquet(tmp_path, id=[7, 8, 9], image=["a", "b", "c"], caption=[["one", "two"], ["three"], None])
    listing = read_source(file, options=SourceOptions(captions=captions))
    rows = list(zip(listing.articles["article_id"], listing.articles["text"], strict=True))
    assert rows == CAPTIONS[captions]
    assert any(note.startswith("captions:") for note in listing.notes)


@pytest.mark.parametrize("captions", ["first", "joined"])
def test_rows_that_share_an_image_are_captions_too(tmp_path: Path, captions: str) -> None:
    (tmp_path / "a.csv").write_text("image,caption\nx.jpg,one\nx.jpg,two\n,three\n,four\ny.jpg,five\n")
    articles = read_source(tmp_path / "a.csv", options=SourceOptions(captions=captions)).articles
    assert articles["text"].tolist() == ["one" if captions == "first" else "one two", "three", "four", "five"]


def test_bytes_are_text_and_structs_their_fields(tmp_path: Path) -> None:
    file = parquet(
        tmp_path,
        id=[1],
        image=[b"1.png"],
        caption=["Größe".encode()],
        vector=[b"\xff\xfe\xfd"],
        more=[{"en": "x", "n": 2}],
    )
    listing = read_source(file)
    row = listing.articles.iloc[0]
    assert (row["image"], row["text"], row["more.en"], row["more.n"]) == ("1.png", "Größe", "x", "2")
    assert "vector" not in listing.articles
    assert any("vector" in note for note in listing.notes)
    assert read_source(file, ColumnNames(text="more.en")).articles["text"].tolist() == ["x"]


def test_rows_without_ids_are_numbered_and_that_is_noted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("filepath\ttitle\na/1.jpg\tone\na/2.jpg\ttwo\n")
    listing = read_source(tmp_path / "a.csv")
    assert listing.articles["article_id"].tolist() == ["row-1", "row-2"]
    assert listing.articles["image"].tolist() == ["a/1.jpg", "a/2.jpg"]
    assert any("--id-column" in note for note in listing.notes)
    with pytest.raises(InputError, match="--id-column"):  # a submission uses the ids of its test set
        read_articles(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("header", "image"),
    [("image_name| comment_number| comment", "x.jpg"), ("filename|n|caption", "x.jpg"), ("key|url|caption", "x.jpg"),
     ("file_path|n|sentence", "x.jpg")],
)  # fmt: skip
def test_column_names_of_caption_sets_are_known(tmp_path: Path, header: str, image: str) -> None:
    (tmp_path / "results.csv").write_text(f"{header}\nx.jpg| 0| A man . \n")
    row = read_source(tmp_path / "results.csv").articles.iloc[0]
    assert (row["image"], row["text"].strip()) == (image, "A man .")


def test_a_column_of_bodies_is_no_id(tmp_path: Path) -> None:
    body = " ".join(["word"] * 50)
    (tmp_path / "a.csv").write_text(f"article,headline,image_id\n{body},one,1\n{body},two,2\n")
    assert read_source(tmp_path / "a.csv").articles["article_id"].tolist() == ["row-1", "row-2"]


def test_flickrs_five_captions_share_their_image(tmp_path: Path, workspace) -> None:
    from PIL import Image

    lines = ["image_name| comment_number| comment"]
    for n in range(6):
        Image.new("RGB", (4, 4), (n * 40, 0, 0)).save(tmp_path / f"{n}.jpg")
        lines += [f"{n}.jpg| {k}| Caption {k} of image {n} ." for k in range(5)]
    (tmp_path / "results.csv").write_text("\n".join(lines) + "\n")
    domain = import_domain(tmp_path / "results.csv", workspace.domain_folder("flickr")).domain
    assert len(domain.articles) == 30
    assert len(domain.image_table()) == 6
