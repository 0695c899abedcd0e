"""Formats of the field, from small files in the published layouts: each becomes a domain with the right pairs."""

import io
import json
import tarfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from core.data.domain import Domain
from core.data.images.decoding import open_image
from core.data.importers import ColumnNames, SourceOptions, import_domain, read_source
from core.data.importers.images import image_store as stores
from core.data.importers.images.image_store import ImageStore, safe_path
from core.data.importers.preview import describe
from core.errors import InputError

COUNT = 22


def jpeg(number: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (number * 10, 255 - number * 10, 90)).save(out, "JPEG", quality=95)
    return out.getvalue()


def caption(number: int, place: int = 0) -> str:
    return f"Caption {place} of image {number} in the old town"


def images_below(folder: Path, name: str = "{}.jpg") -> None:
    for number in range(COUNT):
        path = folder / name.format(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg(number))


def assert_paired(domain: Domain, each: int = 1) -> None:
    """Every article's text names the number that its image's colour is."""
    assert len(domain.articles) == COUNT * each
    for row in domain.articles.itertuples():
        number = int(f"{row.title} {row.text}".split("image ")[1].split()[0])
        red = open_image(domain.images_root / row.image_file).getpixel((0, 0))[0]
        assert abs(red - number * 10) < 5, (row.article_id, row.image_file)
    assert len(domain.image_table()) == COUNT


def shard(file: Path, members: dict[str, bytes], mode: str = "w") -> None:
    with tarfile.open(file, mode) as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def samples(numbers: range, first_key: int | None = None) -> dict[str, bytes]:
    """As img2dataset writes them: nine digits, the text, and the metadata."""
    members = {}
    for place, number in enumerate(numbers):
        key = f"{number if first_key is None else first_key + place:09d}"
        fields = {"caption": caption(number), "url": f"https://x.org/{number}.jpg", "key": key, "status": "success",
                  "error_message": None, "width": 8, "exif": "{}", "sha256": "0" * 64}  # fmt: skip
        members |= {f"{key}.jpg": jpeg(number), f"{key}.txt": caption(number).encode()}
        members[f"{key}.json"] = json.dumps(fields).encode()
    return members


@pytest.mark.parametrize("counted_anew", [False, True])
@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_webdataset_shards(tmp_path: Path, workspace, counted_anew: bool, mode: str) -> None:
    ending = ".tar.gz" if mode == "w:gz" else ".tar"
    for place, numbers in enumerate((range(12), range(12, COUNT))):
        shard(tmp_path / f"{place:05d}{ending}", samples(numbers, 0 if counted_anew else None), mode)
        (tmp_path / f"{place:05d}_stats.json").write_text("{}")
        pd.DataFrame({"key": ["0"], "caption": ["no"]}).to_parquet(tmp_path / f"{place:05d}.parquet")
    intake = import_domain(tmp_path, workspace.domain_folder("shards"))
    assert_paired(intake.domain)
    assert intake.domain.info.images == "images"
    assert intake.left_out == {}
    ids = set(intake.domain.articles["article_id"])
    assert ("00001/000000000" in ids) == counted_anew
    assert intake.domain.articles["width"].tolist() == ["8"] * COUNT


def test_shards_are_described_without_being_unpacked(tmp_path: Path) -> None:
    shard(tmp_path / "a.tar", samples(range(COUNT)))
    before = sorted(tmp_path.rglob("*"))
    described = describe(tmp_path / "a.tar", ColumnNames(), None)
    assert (described.articles, described.found, described.pictures) == (COUNT, COUNT, COUNT)
    assert "contains the images" in described.looked_in
    assert sorted(tmp_path.rglob("*")) == before


def test_one_shard_without_metadata_and_in_another_order(tmp_path: Path, workspace) -> None:
    members = {name: content for name, content in samples(range(COUNT)).items() if not name.endswith("json")}
    shard(tmp_path / "a.tar", dict(sorted(members.items(), key=lambda member: member[0][::-1])))
    assert_paired(import_domain(tmp_path / "a.tar", workspace.domain_folder("shards")).domain)


def test_what_a_shard_holds_beside_samples_is_left(tmp_path: Path, workspace) -> None:
    members = samples(range(COUNT)) | {
        "000000099.txt": b"a text without image", "readme": b"x", "../../escape.jpg": jpeg(1), "__MACOSX/._1.jpg": b"x",
        "000000098.jpg": b"no image", "000000097.cls": b"7", "000000000.npy": b"x", "000000003.seg.png": jpeg(20),
    }  # fmt: skip
    shard(tmp_path / "a.tar", members)
    with tarfile.open(tmp_path / "a.tar", "a") as tar:
        link = tarfile.TarInfo("000000096.jpg")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    before = set(tmp_path.parent.iterdir())
    intake = import_domain(tmp_path / "a.tar", workspace.domain_folder("shards"))
    assert_paired(intake.domain)
    assert set(tmp_path.parent.iterdir()) == before
    assert any("have no image" in note for note in intake.notes)


def test_an_archive_without_samples_and_a_damaged_one_are_sentences(tmp_path: Path) -> None:
    shard(tmp_path / "a.tar", {"notes.txt": b"x", "table.csv": b"id,title"})
    with pytest.raises(InputError, match="WebDataset"):
        read_source(tmp_path / "a.tar")
    shard(tmp_path / "b.tar", samples(range(3)))
    content = (tmp_path / "b.tar").read_bytes()
    for damaged in (content[: len(content) // 3], b"x" * 2000, b"\x1f\x8bxx"):
        (tmp_path / "b.tar").write_bytes(damaged)
        with pytest.raises(InputError, match="damaged tar"):
            read_source(tmp_path / "b.tar")


def test_images_over_the_limits_are_not_written(tmp_path: Path, workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    large = io.BytesIO()
    Image.effect_noise((90, 90), 90).save(large, "PNG")
    shard(tmp_path / "a.tar", samples(range(COUNT)) | {"9.png": large.getvalue(), "9.txt": b"large"})
    monkeypatch.setattr(stores, "MAX_IMAGE", 4_000)
    intake = import_domain(tmp_path / "a.tar", workspace.domain_folder("shards"))
    assert intake.left_out == {"image not found": 1}
    assert any(note.startswith("images: 1 ") for note in intake.notes)
    monkeypatch.setattr(stores, "MAX_TOTAL", 4_000)
    with pytest.raises(InputError, match="in parts"):
        import_domain(tmp_path / "a.tar", workspace.domain_folder("more"))
    assert not workspace.domain_folder("more").exists()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a/b.jpg", "a/b.jpg"), ("../../b.jpg", "b.jpg"), ("/etc/x.jpg", "etc/x.jpg"), ("C:\\x\\y.png", "C_/x/y.png"),
     ("", "image"), ("...", "image"), ("con.jpg", "_con.jpg"), ("a\0b.jpg", "a_b.jpg"), ("x" * 300, "x" * 120),
     ("Größe 1.jpg", "Größe_1.jpg"), (".hidden", "hidden")],
)  # fmt: skip
def test_names_from_outside_are_made_safe(name: str, expected: str) -> None:
    assert str(safe_path(name)) == expected


def test_one_name_for_two_images_is_two_files(tmp_path: Path) -> None:
    store = ImageStore(tmp_path)
    names = [store.add(name, jpeg(n)) for name, n in (("a.png", 1), ("A.jpg", 2), ("a.jpg", 1), ("a-2", 3))]
    assert names == ["a.jpg", "A-2.jpg", "a.jpg", "a-2-2.jpg"]
    assert len(list(tmp_path.iterdir())) == 3


def hugging_face(numbers: range, path: bool = True) -> pa.Table:
    """As `datasets` writes an Image column: bytes and path."""
    images = [{"bytes": jpeg(n), "path": f"{n}.jpg" if path else None} for n in numbers]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    captions = pa.array([[caption(n), caption(n, 1)] for n in numbers])
    return pa.table({"image": pa.array(images, kind), "caption": captions, "label": [n % 3 for n in numbers]})


@pytest.mark.parametrize("path", [True, False])
def test_parquet_shards_with_images_inside(tmp_path: Path, workspace, path: bool) -> None:
    source = tmp_path / "hub"
    (source / "data").mkdir(parents=True)
    (source / "README.md").write_text("---\n---")
    for name, numbers in {"train-00000-of-00002": range(9), "train-00001-of-00002": range(9, 18),
                          "validation-00000-of-00001": range(18, COUNT)}.items():  # fmt: skip
        pq.write_table(hugging_face(numbers, path), source / "data" / f"{name}.parquet", row_group_size=4)
    listing = read_source(source)
    assert listing.articles["split"].value_counts().to_dict() == {"train": 36, "validation": 8}
    intake = import_domain(source, workspace.domain_folder("hf"))
    assert_paired(intake.domain, each=2)
    first = import_domain(source, workspace.domain_folder("first"), options=SourceOptions(captions="first"))
    assert_paired(first.domain)
    assert set(first.domain.articles["text"]) == {caption(n) for n in range(COUNT)}


def test_one_parquet_file_with_plain_bytes(tmp_path: Path, workspace) -> None:
    frame = pa.table(
        {"id": range(COUNT), "photo": [jpeg(n) for n in range(COUNT)], "title": [caption(n) for n in range(COUNT)]}
    )
    pq.write_table(frame, tmp_path / "a.parquet")
    domain = import_domain(tmp_path / "a.parquet", workspace.domain_folder("hf")).domain
    assert_paired(domain)
    assert set(domain.articles["article_id"]) == {str(n) for n in range(COUNT)}


def test_parquet_shards_that_name_their_images(tmp_path: Path, workspace) -> None:
    """As img2dataset writes them beside folders of images."""
    for place, numbers in enumerate((range(12), range(12, COUNT))):
        keys = [f"{n:09d}" for n in numbers]
        frame = pd.DataFrame({"key": keys, "caption": [caption(n) for n in numbers], "url": "https://x.org/1.jpg"})
        frame.to_parquet(tmp_path / f"{place:05d}.parquet")
    images_below(tmp_path / "00000", "{:0>9}.jpg")
    intake = import_domain(tmp_path, workspace.domain_folder("files"))
    assert_paired(intake.domain)
    assert intake.domain.info.images != "images"


@pytest.mark.parametrize("in_splits", [False, True])
def test_a_folder_of_save_to_disk(tmp_path: Path, workspace, in_splits: bool) -> None:
    parts = {"train": range(15), "test": range(15, COUNT)} if in_splits else {"": range(COUNT)}
    if in_splits:
        (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
    for name, numbers in parts.items():
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for file in ("state.json", "dataset_info.json"):
            (folder / file).write_text("{}")
        table = hugging_face(numbers)
        with pa.ipc.new_stream(folder / "data-00000-of-00001.arrow", table.schema) as writer:
            writer.write_table(table, max_chunksize=5)
    assert_paired(import_domain(tmp_path, workspace.domain_folder("disk")).domain, each=2)
    if in_splits:
        assert set(read_source(tmp_path).articles["split"]) == {"train", "test"}
    next(tmp_path.rglob("*.arrow")).write_bytes(b"\xff\xff\xff\xff\x00\x01")
    with pytest.raises(InputError, match="cannot be read"):
        read_source(tmp_path)


def test_coco_captions(tmp_path: Path, workspace) -> None:
    images = [{"id": 1000 + n, "file_name": f"{1000 + n:012d}.jpg", "width": 8, "height": 8} for n in range(COUNT)]
    annotations = [
        {"image_id": 1000 + n, "id": 5 * n + k, "caption": caption(n, k)} for n in range(COUNT) for k in range(5)
    ]
    document = {"info": {}, "licenses": [], "images": images, "annotations": annotations}
    (tmp_path / "captions_val2017.json").write_text(json.dumps(document))
    for number in range(COUNT):
        (tmp_path / f"{1000 + number:012d}.jpg").write_bytes(jpeg(number))
    intake = import_domain(tmp_path / "captions_val2017.json", workspace.domain_folder("coco"))
    assert_paired(intake.domain, each=5)
    assert any("COCO" in note for note in intake.notes)


def test_karpathys_splits(tmp_path: Path, workspace) -> None:
    images = []
    for n in range(COUNT):
        sentences = [{"tokens": ["a"], "raw": caption(n, k), "imgid": n, "sentid": 5 * n + k} for k in range(5)]
        image = {"filename": f"{n}.jpg", "filepath": "val2014", "imgid": n, "split": "restval" if n % 2 else "test"}
        images.append(image | {"sentids": [], "sentences": sentences, "cocoid": n})
    (tmp_path / "dataset_coco.json").write_text(json.dumps({"images": images, "dataset": "coco"}))
    images_below(tmp_path / "val2014")
    assert set(read_source(tmp_path / "dataset_coco.json").articles["split"]) == {"restval", "test"}
    assert_paired(import_domain(tmp_path, workspace.domain_folder("karpathy")).domain, each=5)


def test_visual_news(tmp_path: Path, workspace) -> None:
    records = [
        {"id": n, "caption": caption(n), "topic": "world", "source": "bbc", "image_path": f"./bbc/images/0001/{n}.jpg",
         "article_path": f"./bbc/articles/{n}.txt"} for n in range(COUNT)
    ]  # fmt: skip
    (tmp_path / "data.json").write_text(json.dumps(records))
    images_below(tmp_path / "bbc" / "images" / "0001")
    domain = import_domain(tmp_path / "data.json", workspace.domain_folder("visualnews")).domain
    assert_paired(domain)
    assert set(domain.articles["topic"]) == {"world"}


def test_good_news(tmp_path: Path, workspace) -> None:
    document = {}
    for n in range(COUNT):
        article = {
            "images": {"0": caption(n)},
            "headline": {"main": f"Headline {n}"},
            "article": "Body.",
            "abstract": "",
        }
        document[f"{n:024x}"] = article | {"article_url": f"https://x.org/{n}"}
    (tmp_path / "captioning_dataset.json").write_text(json.dumps(document))
    for number in range(COUNT):
        (tmp_path / f"{number:024x}_0.jpg").write_bytes(jpeg(number))
    domain = import_domain(tmp_path / "captioning_dataset.json", workspace.domain_folder("goodnews")).domain
    assert_paired(domain)
    assert domain.articles["title"].iloc[0].startswith("Headline")


def test_n24news(tmp_path: Path, workspace) -> None:
    records = [
        {"section": "Sports", "headline": f"Headline {n}", "caption": caption(n), "abstract": "An abstract.",
         "article": "word " * 90, "article_url": f"https://x.org/{n}", "image_id": f"{n:08x}"} for n in range(COUNT)
    ]  # fmt: skip
    (tmp_path / "news_train.json").write_text(json.dumps(records))
    for number in range(COUNT):
        (tmp_path / f"{number:08x}.jpg").write_bytes(jpeg(number))
    assert_paired(import_domain(tmp_path / "news_train.json", workspace.domain_folder("n24")).domain)


RECORDS = [{"id": n, "headline": {"main": caption(n)}, "image": f"{n}.jpg", "tags": ["a", "b"]} for n in range(COUNT)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", "\n".join(json.dumps(record) for record in RECORDS)),
        ("a.ndjson", "\ufeff" + "\r\n".join(json.dumps(record, ensure_ascii=False) for record in RECORDS) + "\r\n\r\n"),
        ("a.json", json.dumps(RECORDS, indent=2)),
        ("a.json", json.dumps({"version": 1, "data": RECORDS})),
        ("a.json", json.dumps({str(record["id"]): record for record in RECORDS})),
    ],
)  # fmt: skip
def test_records_in_json(tmp_path: Path, workspace, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    images_below(tmp_path)
    columns = ColumnNames(title="headline.main")
    domain = import_domain(tmp_path / name, workspace.domain_folder("records"), columns=columns).domain
    assert_paired(domain)
    assert domain.articles["tags"].iloc[0] == "a, b"


@pytest.mark.parametrize("orient", ["records", "columns", "list"])
def test_json_as_pandas_writes_it(tmp_path: Path, orient: str) -> None:
    frame = pd.DataFrame({"id": [7, 8], "title": ["a", "b"], "image": ["7.jpg", "8.jpg"]})
    text = json.dumps(frame.to_dict(orient="list")) if orient == "list" else frame.to_json(orient=orient)
    (tmp_path / "a.json").write_text(text)
    articles = read_source(tmp_path / "a.json").articles
    assert articles[["article_id", "title", "image"]].to_numpy().tolist() == [["7", "a", "7.jpg"], ["8", "b", "8.jpg"]]


@pytest.mark.parametrize(
    "content",
    ["", "x", "[" * 100_000, "[1, 2]", "{}", '{"a": 1}', '[{"id": 1}', '{"images": [{"sentences": [3]}]}', "NaN",
     "9" * 9000,
     '{"images": [{}], "annotations": [{"caption": 1, "image_id": {}}]}', '{"a": {"images": {"0": 1}}, "b": 3}', '[{}]',
     '{"images": [{"id": []}], "annotations": [{"caption": "a", "image_id": 1}]}'],
)  # fmt: skip
def test_json_that_holds_no_records_is_a_sentence(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(InputError):
        read_source(tmp_path / "a.json")


def test_a_workbook(tmp_path: Path, workspace) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    book.active.append(["about this file"])
    sheet = book.create_sheet("Articles")
    sheet.append(["id", "title", "date", "image", None, "sum"])
    for number in range(COUNT):
        day = pd.Timestamp(2024, 1, number + 1).to_pydatetime()
        sheet.append([float(number), caption(number), day, f"{number}.jpg", None, "=1+1"])
        sheet.append([])
    book.save(tmp_path / "a.xlsx")
    images_below(tmp_path)
    intake = import_domain(tmp_path, workspace.domain_folder("excel"))
    assert_paired(intake.domain)
    assert intake.domain.info.split_by == "published_at"
    assert any("Notes" in note for note in intake.notes)
    listing = read_source(tmp_path / "a.xlsx")
    assert listing.articles["line"].tolist()[:3] == [2, 4, 6]
    assert listing.articles["article_id"].tolist()[:2] == ["0", "1"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"id,title,image\n", b"<html>"])
def test_what_is_no_workbook_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(InputError, match="workbook"):
        read_source(tmp_path / "a.xlsx")


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for number in range(2_000):
        book.active.append(["id", "a" * 500, number])
    book.save(tmp_path / "a.xlsx")
    monkeypatch.setattr("core.data.importers.tables.spreadsheets.MAX_BYTES", 50_000)
    with pytest.raises(InputError, match="unpacks to more than"):
        read_source(tmp_path / "a.xlsx")


def test_images_with_texts_beside_them(tmp_path: Path, workspace) -> None:
    images_below(tmp_path / "00000", "{:0>9}.jpg")
    for number in range(COUNT):
        (tmp_path / "00000" / f"{number:09d}.txt").write_text(caption(number) + "\n")
        (tmp_path / "00000" / f"{number:09d}.json").write_text(
            json.dumps({"caption": "other", "width": number, "text": "x"})
        )
    (tmp_path / "readme.txt").write_text("no image of this name")
    domain = import_domain(tmp_path, workspace.domain_folder("texts")).domain
    assert_paired(domain)
    assert "00000/000000003" in set(domain.articles["article_id"])


def test_open_clips_table(tmp_path: Path, workspace) -> None:
    images_below(tmp_path / "images")
    lines = ["filepath\ttitle", *(f"{tmp_path}/images/{n}.jpg\t{caption(n)}" for n in range(COUNT))]
    (tmp_path / "train.csv").write_text("\n".join(lines) + "\n")
    assert_paired(import_domain(tmp_path / "train.csv", workspace.domain_folder("openclip")).domain)


def test_flickrs_results(tmp_path: Path, workspace) -> None:
    lines = ["image_name| comment_number| comment"]
    lines += [f"{n}.jpg| {k}| {caption(n, k)} ." for n in range(COUNT) for k in range(5)]
    (tmp_path / "results.csv").write_text("\n".join(lines) + "\n")
    images_below(tmp_path / "flickr30k_images")
    assert_paired(import_domain(tmp_path, workspace.domain_folder("flickr")).domain, each=5)


def test_a_release_is_still_one_beside_packed_images(tmp_path: Path) -> None:
    shard(tmp_path / "images.tar", samples(range(2)))
    (tmp_path / "articles.csv").write_text("id,title,image\n1,a,1.jpg\n")
    assert read_source(tmp_path).format == "table (CSV)"


def half_of_a_jpeg(number: int) -> bytes:
    out = io.BytesIO()
    image = Image.effect_noise((64, 64), 90).convert("RGB")
    image.paste((number * 10, 255 - number * 10, 90), (0, 0, 64, 24))
    image.save(out, "JPEG", quality=95)
    return out.getvalue()[: -len(out.getvalue()) // 3]


@pytest.mark.parametrize("packed", [False, True])
def test_images_that_were_cut_off_are_used_on_request(tmp_path: Path, workspace, packed: bool) -> None:
    source = tmp_path / "source"
    source.mkdir()
    cut = {n: half_of_a_jpeg(n) if n < 3 else jpeg(n) for n in range(COUNT)}
    if packed:
        texts = {f"{n}.txt": caption(n).encode() for n in cut}
        shard(source / "a.tar", texts | {f"{n}.jpg": content for n, content in cut.items()})
    else:
        for n, content in cut.items():
            (source / f"{n}.jpg").write_bytes(content)
            (source / f"{n}.txt").write_text(caption(n))
    with pytest.raises(InputError, match="3 undecodable"):
        import_domain(source, workspace.domain_folder("cut"))
    intake = import_domain(source, workspace.domain_folder("cut"), options=SourceOptions(truncated_images=True))
    assert_paired(intake.domain)
    assert intake.left_out == {}
    assert intake.domain.images_root == workspace.domain_folder("cut") / "images"
    assert packed or (source / "1.jpg").read_bytes() == cut[1]
    assert packed or any("3 JPEGs" in note for note in intake.notes)
