"""Exported domains: each format read back gives the same articles, pairs, splits, dates and texts; nothing is half."""

import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core.data.domain import Domain, load_domain, save_domain
from core.data.export_info import EXPORT_FILE, read_export_info
from core.data.exporters import AddedColumns, ExportFormat, ExportResult, export_domain, sharding
from core.data.exporters import images as export_images
from core.data.images.formats import format_of
from core.data.importers import TestSet, import_domain
from core.errors import InputError

COUNT = 36
TITLES = (
    "=SUM(A1)", "'=quoted", "''-twice", "-5 degrees", "@mayor", "+1", "\ttab", "Größe 🎉 語", 'He said "no", then', "",
    "two\nlines", "row\r\n7,a,b,c,,,,,,images/1.png,train", "a;b|c", " blank ", "NA", "null", "1.0", "a\rb",
)  # fmt: skip
SAME = ["article_id", "title", "text", "title_en", "language", "published_at", "url", "image_id", "split", "section"]
NOTHING = AddedColumns(pd.DataFrame())


def encoded(number: int, kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (9, 8), (number * 7, 255 - number * 7, 90)).save(out, kind)
    return out.getvalue()


@pytest.fixture
def domain(tmp_path: Path, workspace) -> Domain:
    """Articles whose texts hurt: every third shares its image with the one before, images of three formats."""
    rows = []
    for number in range(COUNT):
        own = number - (number % 3 == 2)
        kind, ending = (("PNG", "png"), ("JPEG", "JPG"), ("WEBP", "webp"))[own % 3]
        name = ("a/{}", "b c/Bild {} ü", "a/{}x")[own % 3].format(own) + f".{ending}"
        file = tmp_path / "source" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encoded(own, kind))
        rows.append(
            {
                "article_id": f"-a.{number}#0", "title": TITLES[number % len(TITLES)], "image_file": name,
                "text": f"The flood number {number} reached the old bridge of the town, said the mayor", "url": "",
                "title_en": "English" * (number % 2), "image_id": f"im {own}", "section": "=sport" * (number % 4 == 0),
                "published_at": f"2023-0{number % 9 + 1}-11T10:20:30.{number:06d}Z",
            }
        )  # fmt: skip
    pd.DataFrame(rows).to_parquet(tmp_path / "source" / "t.parquet")
    return import_domain(tmp_path / "source" / "t.parquet", workspace.domain_folder("news"), language="en").domain


def export(domain: Domain, layout, out: Path, **options) -> ExportResult:
    return export_domain(domain, layout, out, NOTHING, **options)


def assert_same(found: Domain, expected: pd.DataFrame, columns: list[str] = SAME) -> None:
    """The same articles in the same order of each split, each with the very bytes of its image."""
    for split in ("train", "val", "test"):
        pd.testing.assert_frame_equal(
            found.articles.loc[found.articles["split"] == split, [*columns, "image_hash"]].reset_index(drop=True),
            expected.loc[expected["split"] == split, [*columns, "image_hash"]].reset_index(drop=True),
        )
    assert len(found.articles) == len(expected)


@pytest.mark.parametrize("layout", get_args(ExportFormat))
def test_a_round_trip_changes_nothing(layout, domain: Domain, workspace, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sharding, "MAX_ROWS", 10)
    exported = export(domain, layout, tmp_path / "out")
    assert (exported.images, exported.info.splits) == (24, {"train": 28, "val": 8})
    back = import_domain(tmp_path / "out", workspace.domain_folder("back"))
    assert back.left_out == {}
    assert_same(back.domain, domain.articles)
    again = export(back.domain, layout, tmp_path / "again")
    assert again.images == 24
    twice = import_domain(tmp_path / "again", workspace.domain_folder("twice"))
    assert_same(twice.domain, domain.articles)
    assert set(twice.domain.articles) == set(back.domain.articles)


def test_parquet_is_described_for_datasets_and_cut_by_bytes(domain: Domain, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(sharding, "MAX_BYTES", 3_000)
    export(domain, "parquet", tmp_path / "out")
    names = sorted(file.name for file in (tmp_path / "out").glob("*.parquet"))
    train = [name for name in names if name.startswith("train-")]
    assert len(train) > 1
    assert train == [f"train-{number:05d}-of-{len(train):05d}.parquet" for number in range(len(train))]
    assert any(name.startswith("validation-00000-of-") for name in names)
    schema = pq.read_schema(tmp_path / "out" / train[0])
    features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert list(features) == schema.names
    assert features["image"] == {"_type": "Image"}
    assert features["published_at"] == {"dtype": "timestamp[us, tz=UTC]", "_type": "Value"}
    first = pq.read_table(tmp_path / "out" / train[0]).to_pylist()[0]["image"]
    assert (format_of(first["bytes"]), first["path"]) == ("PNG", "a/0.png")


def test_shards_have_an_image_a_text_and_fields(domain: Domain, tmp_path: Path) -> None:
    export(domain, "webdataset", tmp_path / "out", splits=["val"])
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [EXPORT_FILE, "val-00000.tar"]
    with tarfile.open(tmp_path / "out" / "val-00000.tar") as tar:
        names = tar.getnames()
        record = json.loads(tar.extractfile(names[2]).read())
    assert [name.partition(".")[2] for name in names] == ["jpg", "txt", "json"] * 8
    assert len({name.partition(".")[0] for name in names}) == 8
    assert (record["split"], record["published_at"][:4]) == ("val", "2023")


def test_coco_has_a_number_and_a_size_for_each_image(domain: Domain, tmp_path: Path) -> None:
    export(domain, "coco", tmp_path / "out")
    document = json.loads((tmp_path / "out" / "annotations" / "captions_train.json").read_text(encoding="utf-8"))
    images = {image["id"]: image for image in document["images"]}
    assert len(images) < len(document["annotations"]) == 28
    assert {(image["width"], image["height"]) for image in images.values()} == {(9, 8)}
    for annotation in document["annotations"]:
        file = tmp_path / "out" / "images" / images[annotation["image_id"]]["file_name"]
        assert file.is_file()
        assert "flood number" in annotation["caption"]


def test_published_coco_captions_are_read_with_their_splits(tmp_path: Path, workspace) -> None:
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "instances_val2017.json").write_text("{}")
    for split, numbers in (("train", range(16)), ("val", range(16, 26))):
        images = [{"id": n, "file_name": f"{n:012}.jpg", "width": 9, "height": 8} for n in numbers]
        annotations = [{"id": n * 2 + i, "image_id": n, "caption": f"caption {n} {i}"} for n in numbers for i in (0, 1)]
        (tmp_path / f"{split}2017").mkdir()
        for n in numbers:
            (tmp_path / f"{split}2017" / f"{n:012}.jpg").write_bytes(encoded(n, "JPEG"))
        file = tmp_path / "annotations" / f"captions_{split}2017.json"
        file.write_text(json.dumps({"images": images, "annotations": annotations}))
    articles = import_domain(tmp_path, workspace.domain_folder("coco")).domain.articles
    assert articles["split"].value_counts().to_dict() == {"train": 32, "val": 20}
    assert (articles["text"].str.split().str[1] == articles["image_id"]).all()


def test_formulas_are_texts_for_a_spreadsheet_and_other_tables_stay_as_they_are(domain, workspace, tmp_path) -> None:
    exported = export(domain, "csv", tmp_path / "out")
    table = pd.read_csv(tmp_path / "out" / "articles.csv", dtype=str, keep_default_na=False)
    assert exported.info.apostrophes > COUNT
    assert not table.map(lambda cell: cell.startswith(("=", "+", "-", "@", "\t", "\r"))).to_numpy().any()
    (tmp_path / "out" / EXPORT_FILE).unlink()
    table["title"] = "'=text"
    table.to_csv(tmp_path / "out" / "articles.csv", index=False)
    assert set(import_domain(tmp_path / "out", workspace.domain_folder("plain")).domain.articles["title"]) == {"'=text"}


@pytest.mark.parametrize("layout", get_args(ExportFormat))
def test_an_image_that_has_gone_is_named_and_nothing_is_written(layout, domain: Domain, tmp_path: Path) -> None:
    (domain.images_root / "a" / "0.png").unlink()
    with pytest.raises(InputError, match=r"1 of 24 images.*'news'.*a/0\.png"):
        export(domain, layout, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("layout", get_args(ExportFormat))
def test_an_image_that_changed_is_named_and_nothing_is_written(layout, domain: Domain, tmp_path: Path) -> None:
    last = domain.images_root / domain.articles["image_file"].iloc[-1]
    last.write_bytes(encoded(35, "PNG"))
    before = set(tmp_path.iterdir())
    with pytest.raises(InputError, match="changed since"):
        export(domain, layout, tmp_path / "out")
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("layout", get_args(ExportFormat))
def test_broken_off_it_leaves_the_old_export(layout, domain: Domain, tmp_path: Path, monkeypatch) -> None:
    export(domain, layout, tmp_path / "out", splits=["val"])
    before = {file: file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file()}
    read, left = export_images.ExportImage.read, [9]

    def broken(image: export_images.ExportImage) -> bytes:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return read(image)

    monkeypatch.setattr(export_images.ExportImage, "read", broken)
    with pytest.raises(KeyboardInterrupt):
        export(domain, layout, tmp_path / "out", replace_existing=True)
    assert {file: file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file()} == before
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_only_an_export_is_replaced_and_only_when_told(domain: Domain, tmp_path: Path) -> None:
    out = tmp_path / "my.out"
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "photo.jpg").write_bytes(b"x")
    with pytest.raises(InputError, match="not from an export"):
        export(domain, "csv", tmp_path / "theirs", replace_existing=True)
    assert (tmp_path / "theirs" / "photo.jpg").read_bytes() == b"x"
    out.mkdir()
    export(domain, "csv", out)
    with pytest.raises(InputError, match="--replace"):
        export(domain, "parquet", out)
    export(domain, "parquet", out, replace_existing=True)
    assert not (out / "articles.csv").exists()
    assert read_export_info(out).layout == "parquet"
    (out / EXPORT_FILE).write_text("format = 1\nlayout = 7\n")
    with pytest.raises(InputError, match="damaged"):
        read_export_info(out)


def test_a_domain_that_lives_in_an_export_does_not_overwrite_it(domain: Domain, workspace, tmp_path: Path) -> None:
    export(domain, "csv", tmp_path / "out")
    back = import_domain(tmp_path / "out", workspace.domain_folder("back")).domain
    with pytest.raises(InputError, match="images of domain 'back'"):
        export(back, "csv", tmp_path / "out", replace_existing=True)


def test_file_names_are_safe_and_no_two_are_one(domain: Domain, workspace, tmp_path: Path) -> None:
    odd = ["a/x.png", "a/X.png", "con.jpg", "a/noending", "images/deep/q.png", str(tmp_path / "elsewhere" / "x.png")]
    articles = domain.articles.copy()
    for place, (name, number) in enumerate(zip(odd, range(20, 26), strict=True)):
        file = domain.images_root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(encoded(number, "PNG"))
        articles.loc[place, ["image_file", "image_id"]] = [name, f"odd {place}"]
        articles.loc[place, "image_hash"] = export_images.bytes_fingerprint(file.read_bytes())
    export(replace(domain, articles=articles), "csv", tmp_path / "out")
    names = pd.read_csv(tmp_path / "out" / "articles.csv", dtype=str)["image_file"].tolist()[:6]
    assert [name.removeprefix("images/") for name in names] == [
        "a/x.png", "a/X-2.png", "_con.jpg", "a/noending.png", "deep/q.png", "x.png",
    ]  # fmt: skip
    back = import_domain(tmp_path / "out", workspace.domain_folder("back")).domain
    assert back.articles.set_index("article_id")["image_hash"].to_dict() == dict(
        zip(articles["article_id"], articles["image_hash"], strict=True)
    )


@pytest.mark.parametrize("layout", get_args(ExportFormat))
def test_of_a_test_set_what_is_known_is_exported(layout, domain: Domain, workspace, tmp_path: Path) -> None:
    folder = tmp_path / "test"
    (folder / "photos").mkdir(parents=True)
    for number in range(4):
        (folder / "photos" / f"{number}.png").write_bytes(encoded(30 + number, "PNG"))
    pd.DataFrame({"id": [f"t{n}" for n in range(3)], "title": [f"test {n}" for n in range(3)]}).to_csv(
        folder / "articles.csv", index=False
    )
    pd.DataFrame({"image_id": [f"p{n}" for n in range(4)], "image_file": [f"{n}.png" for n in range(4)]}).to_csv(
        folder / "images.csv", index=False
    )
    (folder / "truth.csv").write_text("article_id,image_id\nt0,p3\nt1,p0\n")
    test = TestSet(folder / "articles.csv", folder / "images.csv", folder / "truth.csv")
    source = tmp_path / "source" / "t.parquet"
    with_test = import_domain(source, workspace.domain_folder("judged"), language="en", test=test).domain
    exported = export(with_test, layout, tmp_path / "out")
    assert exported.info.splits == {"train": 28, "val": 8, "test": 2}
    assert [note.split()[2] for note in exported.notes] == ["1", "2"], "an article and two images are left out"
    back = import_domain(tmp_path / "out", workspace.domain_folder("back")).domain
    known = with_test.articles[with_test.articles["image_id"] != ""]
    assert_same(back, known, ["article_id", "title", "text", "published_at", "image_id", "split"])


def test_a_split_without_pairs_is_refused(domain: Domain, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="known image in test"):
        export(domain, "csv", tmp_path / "out", splits=["test"])
    with pytest.raises(InputError, match="is a file"):
        export(domain, "csv", domain.folder / "domain.toml")


def test_columns_that_are_added_replace_those_of_their_name(domain: Domain, tmp_path: Path, workspace) -> None:
    articles = domain.articles.assign(analyst_tags="old", rank_wise_ft="9")
    save_domain(replace(domain, articles=articles))
    last = articles["article_id"].iloc[-1]
    columns = pd.DataFrame({"rank_wise_ft": pd.array([3], "Int32"), "alpha": [0.25]}, index=[last])
    added = AddedColumns(columns, "run-1", 0.25)
    for layout in get_args(ExportFormat):
        export_domain(load_domain(domain.folder), layout, tmp_path / layout, added)
        back = import_domain(tmp_path / layout, workspace.domain_folder(f"back-{layout}")).domain.articles
        assert back["rank_wise_ft"].tolist() == [""] * (COUNT - 1) + ["3"]
        assert (back["alpha"].tolist()[-1], set(back["analyst_tags"])) == ("0.25", {"old"})
    assert pq.read_schema(tmp_path / "parquet" / "train-00000-of-00001.parquet").field("rank_wise_ft").type == "int32"
