"""Ground truths in every form that people have, and what is reported where they do not fit a test set."""

import unicodedata
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from core.data.domain import Domain, DomainInfo
from core.data.importers.ground_truth import read_ground_truth
from core.data.importers.judging import Judged, judge, mismatch_warnings
from core.data.importers.tables.table import KNOWN_NAMES
from core.errors import InputError


def truth_of(tmp_path: Path, text: str, name: str = "gt.csv") -> dict[str, tuple[str, ...]]:
    (tmp_path / name).write_bytes(text.encode())
    return read_ground_truth(tmp_path / name).images


PAIRS = {"7": ("a",), "8": ("b",)}


@pytest.mark.parametrize("image", [name for role in ("image_id", "image", "image_url") for name in KNOWN_NAMES[role]])
@pytest.mark.parametrize("article", KNOWN_NAMES["id"])
def test_every_name_that_the_import_knows_is_a_column(tmp_path, article, image):
    text = f"title,{article.upper()},{image},language\nA,7,a,en\nB,8,b,en\n"
    assert truth_of(tmp_path, text) == PAIRS


@pytest.mark.parametrize(
    "text",
    [
        "7,a\n8,b\n",
        "article_id;image_file\n7;a\n8;b\n",
        "\ufeffarticle_id,iid\r\n7,a\r\n8,b\r\n",
        "sep=;\narticle_id;iid\n7;a\n8;b\n",
        "the article,its image\n7,a\n8,b\n",
        "article_id,iid\n7.0,a\n8.0,b\n",
        "qid,iter,docid,rel\n7,0,a,1\n8,0,b,2\n7,0,x,0\n",
        "article_id,image_id,relevance\n7,a,1\n8,b,1\n8,z,0\n",
        "query-id,corpus-id,score\n7,a,1\n7,x,0\n8,b,1\n",
        "7 0 a 1\n8 0 b 1\n8 0 x 0\n8 0 y -1\n",
        "article_id,image_id,image_file\n7,a,x.jpg\n8,,b\n",
    ],
)
def test_the_same_pairs_in_many_forms(tmp_path, text):
    assert truth_of(tmp_path, text) == PAIRS


def test_a_first_line_of_ids_with_letters_is_no_header(tmp_path):
    assert truth_of(tmp_path, "tweet-1,p1\ntweet-2,p2\n") == {"tweet-1": ("p1",), "tweet-2": ("p2",)}
    assert truth_of(tmp_path, "one,a.jpg\ntwo,b.jpg\n") == {"one": ("a.jpg",), "two": ("b.jpg",)}


def test_tables_of_other_programs(tmp_path):
    frame = pd.DataFrame({"article_id": ["7", "8"], "image_id": [["a", "c"], ["b"]]})
    frame.to_parquet(tmp_path / "gt.parquet")
    frame.to_json(tmp_path / "gt.jsonl", orient="records", lines=True)
    book = openpyxl.Workbook()
    for row in [("article_id", "image_id"), (7, "a"), (7, "c"), (8, "b")]:
        book.active.append(row)
    book.save(tmp_path / "gt.xlsx")
    for name in ("gt.parquet", "gt.jsonl", "gt.xlsx"):
        assert read_ground_truth(tmp_path / name).images == {"7": ("a", "c"), "8": ("b",)}


def test_several_right_images_of_an_article_and_those_of_none(tmp_path):
    (tmp_path / "run.qrels").write_text("7 0 a 1\n7 0 c 2\n7\t0\ta\t1\n8 0 b 0\n\n")
    truth = read_ground_truth(tmp_path / "run.qrels")
    assert truth.images == {"7": ("a", "c"), "8": ()}
    assert truth.lines == {"7": 2}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("7 0 a 1\n7 0 b\n", "line 2"),
        ("7 0 a 1\n7 0 b high\n", "line 2"),
        ("7 0 a 1\n7 0 a 0\n", "line 2 contradicts.* 7 .* a"),
        ("7 0 a 0\n", "pairs no article"),
        ("article_id,image_id,rel\n7,a,yes\n", "line 2: 'yes'"),
        ("article_id,title\n7,A title\n", "found article_id, title"),
        ("article_id,image_id\n", "pairs no article"),
        ("a,b,c\n1,2,3\n", "found a, b, c"),
    ],
)
def test_another_form_is_named_and_nothing_of_it_is_read(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        truth_of(tmp_path, text)


def test_a_file_that_is_no_table_shows_its_first_line(tmp_path):
    with pytest.raises(InputError, match=r"first line.*hello world"):
        truth_of(tmp_path, "hello world\n", "gt.md")


def test_its_encoding_can_be_named(tmp_path):
    content = "article_id,image_id\n7,新闻图\n".encode("gb18030")
    (tmp_path / "gt.csv").write_bytes(content)
    assert read_ground_truth(tmp_path / "gt.csv", "gb18030").images == {"7": ("新闻图",)}
    with pytest.raises(InputError, match="--encoding"):
        read_ground_truth(tmp_path / "gt.csv", "utf-8")


def domain_of(files: list[str], ids: list[str] | None = None) -> Domain:
    """A test set of articles 900, 901, … without images, and these files."""
    stems = ids or [Path(file).stem for file in files]
    articles = pd.DataFrame({"article_id": [str(900 + n) for n in range(4)], "split": "test"})
    articles = articles.assign(image_id="", image_file="", image_hash="")
    images = pd.DataFrame({"image_id": stems, "image_file": files, "image_hash": [f"h{file}" for file in files]})
    info = DomainInfo("news", "News", "en", ".", "time", False, "t.csv", "2026")
    return Domain(info, Path(), articles, images)


def judged(tmp_path: Path, domain: Domain, text: str) -> Judged:
    (tmp_path / "gt.csv").write_text(text)
    return judge(domain, read_ground_truth(tmp_path / "gt.csv"))


@pytest.mark.parametrize("header", ["image_file", "image_id", "iid", "filename"])
@pytest.mark.parametrize("ending", ["", ".jpg"])
@pytest.mark.parametrize("folder", ["", "test/"])
def test_an_image_with_or_without_its_ending_and_folder_is_one(tmp_path, header, ending, folder):
    domain = domain_of(["test/35.jpg", "test/36.jpg"])
    found = judged(tmp_path, domain, f"article_id,{header}\n900,{folder}35{ending}\n901,{folder}36{ending}\n")
    assert found.domain.articles["image_id"].tolist() == ["35", "36", "", ""]
    assert found.domain.articles["image_file"].tolist()[:2] == ["test/35.jpg", "test/36.jpg"]
    assert (found.known, mismatch_warnings(found)) == (2, [])


def test_what_was_found_by_a_fall_back_is_reported(tmp_path):
    name = unicodedata.normalize("NFD", "größe")
    found = judged(tmp_path, domain_of(["größe.jpg", "b.jpg"]), f"article_id,image_id\n900,{name}\n901,B.JPG\n")
    assert found.known == 2
    assert any("letter case" in sentence and "B.JPG" in sentence for sentence in mismatch_warnings(found))


def test_an_ambiguous_image_is_reported_and_not_taken(tmp_path):
    domain = domain_of(["a.jpg", "a.png", "b.jpg"], ["a.jpg", "a.png", "b"])
    found = judged(tmp_path, domain, "article_id,image_file\n900,a\n901,b\n902,c\n")
    assert found.domain.articles["image_id"].tolist() == ["", "b", "", ""]
    assert (found.unknown_images, len(found.ambiguous_images)) == (["c"], 1)
    assert any("a.jpg" in sentence and "several" in sentence for sentence in mismatch_warnings(found))


@pytest.mark.parametrize(
    ("text", "which"),
    [
        ("900,352.png", "articles match, but its images"),
        ("5,35.jpg", "images match, but its articles"),
        ("5,352.png", "neither"),
        ("5,35\n900,352.png", "no matching article"),
        ("900,a", "a.jpg, a.png"),
    ],
)
def test_where_nothing_fits_it_says_which_side_does_not(tmp_path, text, which):
    domain = domain_of(["35.jpg", "a.jpg", "a.png"], ["35", "a.jpg", "a.png"])
    with pytest.raises(InputError, match=which) as caught:
        judged(tmp_path, domain, f"article_id,image_id\n{text}\n")
    article, image = text.split("\n")[0].split(",")
    assert all(f" {name}" in str(caught.value) for name in (article, image, "900", "35"))


def test_a_test_set_takes_one_image_of_an_article(tmp_path):
    domain = domain_of(["a.jpg", "b.jpg"])
    with pytest.raises(InputError, match="line 3: article 900 "):
        judged(tmp_path, domain, "article_id,image_id\n900,a\n900,b\n")
    assert judged(tmp_path, domain, "article_id,image_id\n900,a\n900,a.jpg\n900,gone\n").known == 1
