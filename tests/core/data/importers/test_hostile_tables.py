"""Whatever a table holds, each importer gives articles or says in one sentence what is wrong, within its limits.

`REMATCH_EXAMPLES` is how many inputs each property is tried on; `make soak` sets it higher.
"""

import csv
import functools
import gzip
import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from core.data.domain import COLUMNS, load_domain
from core.data.importers import ColumnNames, import_domain, read_source, source_table
from core.data.importers.ground_truth import read_ground_truth
from core.data.importers.images.image_store import ImageStore
from core.data.importers.options import SourceOptions
from core.data.importers.preview import describe
from core.data.importers.readers import read_articles, read_images, read_listed
from core.data.importers.releases import newsimages2025
from core.data.importers.tables import delimited
from core.data.importers.tables.parquet import read_parquet
from core.errors import InputError

trials = settings(
    max_examples=int(os.environ.get("REMATCH_EXAMPLES", "20")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
LONGEST = 2_000  # characters of a sentence

NEWSIMAGES = ["article", "aid", "url", "img", "iid", "hashvalue", "title", "text", "imgFile"]
RT = ["url", "title", "text", "titleEN", "textEN", "outlet", "image"]
HEADERS = [
    NEWSIMAGES,
    ["# article", *NEWSIMAGES[1:], "Date"],
    RT,
    newsimages2025.HEADER,
    ["id", "title", "image", "date"],
]
CELLS = st.one_of(
    st.sampled_from(
        ["", " ", "NA", "7", "²", "1e999", "9" * 400, "9999-12-31", "0000-00-00", "http://[", "https://x.org/%2e%2e%2fa.png",
         "../a", "=1+1", "a;b|c;d", "persons;A|orgs;B", "\ufeff", "#", "RT @a: ", "&amp;" * 9, "\u202e", '"', "de-AT"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
)  # fmt: skip


def tables(headers: list[list[str]]) -> st.SearchStrategy[list[list[str]]]:
    """A header that is near to one of a release, and rows that are near to its width."""
    near = st.sampled_from(headers).flatmap(
        lambda header: st.one_of(
            st.just(header), st.permutations(header), st.lists(st.sampled_from(header), min_size=1)
        )
    )
    return near.flatmap(
        lambda header: st.lists(
            st.one_of(st.lists(CELLS, min_size=len(header), max_size=len(header)), st.lists(CELLS, max_size=12)),
            max_size=6,
        ).map(lambda rows: [header, *rows])
    )


def as_text(rows: list[list[str]], separator: str, quoted: bool) -> str:
    if not quoted:
        return "\n".join(separator.join(row) for row in rows)
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue()


def sentence(read: Callable[..., object], *arguments: object) -> str | None:
    """Return the error message; None if the table was read. Any other exception fails the test."""
    try:
        read(*arguments)
    except InputError as error:
        message = str(error)
    else:
        return None
    assert len(message) <= LONGEST
    return message


FILES = {
    "articles.csv": (read_source, read_listed), "articles.tsv": (read_source, read_articles, read_images),
    "newsarticles.csv": (read_source,), "truth.csv": (read_ground_truth,), "truth.tsv": (read_ground_truth,),
    "articles.parquet": (read_source,),
}  # fmt: skip


@trials
@given(st.binary(max_size=400), st.sampled_from([",", "\t", ";"]), st.sampled_from(HEADERS))
@example(b"\r\x81", ",", ["id", "title", "image"])
@example(b"", ",", [])
def test_bytes_become_articles_or_a_sentence(tmp_path, content, separator, header):
    for data in (content, separator.join(header).encode() + b"\n" + content):
        for name, readers in FILES.items():
            (tmp_path / name).write_bytes(data)
            for read in readers:
                sentence(read, tmp_path / name)
            (tmp_path / name).unlink()


@trials
@given(
    tables(HEADERS), st.sampled_from([",", "\t", ";"]), st.booleans(), st.sampled_from(["utf-8", "utf-8-sig", "cp1252"])
)
@example(
    [['"url"', "title", "text", "titleEN", "textEN", "image"], ["x", "a", "b", "c", "d", "1.png"]], "\t", False, "utf-8"
)  # quoted, where quotes are text
@example([["id", "iid"], ["1"]], ",", True, "utf-8")
@example([["id", "title", "img"], ["1", "a", "http://["]], ",", True, "utf-8")
@example([["x", "#iid"], ["1", "a"]], "\t", False, "utf-8")
def test_tables_become_articles_or_a_sentence(tmp_path, rows, separator, quoted, encoding):
    data = as_text(rows, separator, quoted).encode(encoding, errors="ignore")
    for name, readers in FILES.items():
        (tmp_path / name).write_bytes(data)
        for read in readers:
            sentence(read, tmp_path / name)
        sentence(describe, tmp_path / name, ColumnNames(), tmp_path)
    for name in ("truth.csv", "truth.tsv", "articles.parquet"):
        (tmp_path / name).unlink()
    sentence(describe, tmp_path, ColumnNames(), tmp_path)  # as the folder of a release


@trials
@given(st.data())
def test_parquet_of_any_types_becomes_articles_or_a_sentence(tmp_path, data):
    kinds = [pa.string(), pa.large_string(), pa.binary(), pa.int64(), pa.uint8(), pa.float32(), pa.bool_(), pa.date32(),
             pa.timestamp("ns", "UTC"), pa.timestamp("s"), pa.list_(pa.string()), pa.decimal128(9, 2), pa.null(),
             pa.struct([("a", pa.int8())]), pa.dictionary(pa.int8(), pa.string()), pa.time64("us")]  # fmt: skip
    values = {
        "string": CELLS, "int": st.integers(0, 255), "float": st.floats(width=32), "list": st.lists(CELLS, max_size=2)
    }  # fmt: skip
    names = data.draw(
        st.lists(st.sampled_from(["id", "title", "image", "date", "text", "file", "line", ""]), min_size=1)
    )
    columns = []
    for _ in names:
        kind = data.draw(st.sampled_from(kinds))
        some = values["list" if "list" in str(kind) else "float" if kind == pa.float32() else
                      "string" if "string" in str(kind) else "int"]  # fmt: skip
        cells = data.draw(st.lists(st.none() | some, min_size=3, max_size=3))
        try:
            columns.append(pa.array(cells, kind))
        except (pa.ArrowException, TypeError, ValueError):
            columns.append(pa.nulls(3, kind))
    pq.write_table(pa.Table.from_arrays(columns, names=names), tmp_path / "t.parquet")
    sentence(describe, tmp_path / "t.parquet", ColumnNames(), tmp_path)


def json_values() -> st.SearchStrategy[object]:
    names = st.sampled_from(
        ["id", "title", "image", "images", "annotations", "image_id", "caption", "sentences", "file_name", "data", "0"]
    )
    plain = st.none() | st.booleans() | st.integers() | st.floats() | CELLS
    return st.recursive(plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5))


@trials
@given(json_values(), st.booleans())
def test_json_of_any_kind_becomes_articles_or_a_sentence(tmp_path, value, lines):
    text = "\n".join(map(json.dumps, value)) if lines and isinstance(value, list) else json.dumps(value)
    (tmp_path / "t.json").write_text(text)
    sentence(read_source, tmp_path / "t.json")


@trials
@given(st.data())
def test_damaged_containers_become_articles_or_a_sentence(tmp_path, data):
    """Shards, workbooks, packed tables and Parquet with images inside, with a few bytes changed or cut off."""
    name, whole = data.draw(st.sampled_from(sorted(containers().items())))
    content = bytearray(whole)
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=6)):
        content[place] = byte
    (tmp_path / name).write_bytes(bytes(content[: data.draw(st.integers(0, len(whole)) | st.just(len(whole)))]))
    sentence(read_source, tmp_path / name, ColumnNames(), SourceOptions(), ImageStore(tmp_path / "images"))
    (tmp_path / name).unlink()


@functools.cache
def containers() -> dict[str, bytes]:
    image_file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(image_file, "PNG")
    tar, book, parquet, packed = io.BytesIO(), io.BytesIO(), io.BytesIO(), io.BytesIO()
    for out, mode in ((tar, "w"), (packed, "w:gz")):
        with tarfile.open(fileobj=out, mode=mode) as opened:
            for name, content in {
                "1.png": image_file.getvalue(),
                "1.txt": b"a text",
                "1.json": b'{"url": "x"}',
            }.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                opened.addfile(member, io.BytesIO(content))
    frame = pd.DataFrame({"id": ["1"], "title": ["a"], "image": ["1.png"]})
    frame.to_excel(book, index=False)
    image = pa.array([{"bytes": image_file.getvalue(), "path": "1.png"}])
    pq.write_table(pa.table({"image": image, "caption": [["a", "b"]]}), parquet)
    return {
        "a.tar": tar.getvalue(), "a.tar.gz": packed.getvalue(), "a.xlsx": book.getvalue(),
        "a.parquet": parquet.getvalue(), "a.csv.gz": gzip.compress(frame.to_csv(index=False).encode()),
    }  # fmt: skip


@settings(trials, max_examples=max(10, trials.max_examples // 4))
@given(st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), max_size=8), st.sampled_from(["csv", "tsv", "parquet"]))
def test_pairs_stay_pairs_beside_whatever_rows(tmp_path, workspace, odd, suffix):
    """Twenty good rows, and others between them: every good one keeps its image, and all is read again."""
    folder = tmp_path / "photos"
    folder.mkdir(exist_ok=True)
    for number in range(20):
        Image.new("RGB", (2, 2), (number * 12, 0, 0)).save(folder / f"good{number}.png")
    good = [(f"good{number}", f"title {number}", f"good{number}.png", "2024-01-01") for number in range(20)]
    rows = [row for pair in zip(good, [*odd, *[None] * 20], strict=False) for row in pair if row is not None]
    frame = pd.DataFrame(rows, columns=["id", "title", "image", "date"])
    file = tmp_path / f"t.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(file)
    elif suffix == "tsv":
        clean = frame.map(lambda cell: " ".join(cell.replace("\0", "").split()))
        file.write_text(as_text([list(frame), *clean.to_numpy().tolist()], "\t", False), encoding="utf-8", newline="")
    else:
        frame.map(lambda cell: cell.replace("\r", " ")).to_csv(file, index=False)
    import_domain(file, workspace.domain_folder("news"), images=folder, replace_existing=True)
    articles = load_domain(workspace.domain_folder("news")).articles.set_index("article_id")
    assert set(articles.columns) >= set(COLUMNS) - {"article_id"}
    for name, title, image_file, _ in good:
        assert (articles.loc[name, "title"], articles.loc[name, "image_file"]) == (title, image_file)


@pytest.mark.parametrize("suffix", ["csv", "tsv"])
@pytest.mark.parametrize(
    ("limit", "where", "content", "message"),
    [
        ("MAX_CELL", delimited, "id,title,image\n1,{},1.png\n".format("x" * 101), "line 2: .* 101 char"),
        ("MAX_CELL", delimited, "{},title,image\n1,a,1.png\n".format("x" * 101), "line 1: .* 101 char"),
        ("MAX_COLUMNS", source_table, ",".join(f"c{n}" for n in range(101)) + "\n", "101 columns.* 100"),
        ("MAX_ROWS", delimited, "id,title,image\n" + "1,a,1.png\n" * 100, r"10[12] rows.* 100"),
        ("MAX_BYTES", delimited, "id,title,image\n" + "1,a,1.png\n" * 100, "0 MB; "),
    ],
)
def test_each_limit_is_a_sentence(tmp_path, monkeypatch, suffix, limit, where, content, message):
    monkeypatch.setattr(where, limit, 100)
    file = tmp_path / f"t.{suffix}"
    file.write_text(content.replace(",", "\t") if suffix == "tsv" else content)
    with pytest.raises(InputError, match=message):
        read_source(file)


def test_a_million_columns_are_counted_not_made(tmp_path):
    for name, separator in (("t.csv", ","), ("t.tsv", "\t")):
        (tmp_path / name).write_text(separator.join(f"c{n}" for n in range(1_000_000)) + "\n")
        assert "1,000,000 columns" in str(sentence(read_source, tmp_path / name))
    (tmp_path / "t.csv").write_text("id,title,image\n" + "," * 1_000_000)
    assert "cannot be read as a table" in str(sentence(read_source, tmp_path / "t.csv"))


def test_a_quotation_mark_that_is_not_closed_is_a_sentence(tmp_path):
    for content in (
        'id,title,image\n1,"a,1.png\n' + "2,b,2.png\n" * 50_000,
        '"id,title,image\n' + "2,b,2.png\n" * 50_000,
    ):
        (tmp_path / "t.csv").write_text(content)
        assert "cannot be read as a table" in str(sentence(read_source, tmp_path / "t.csv"))


def test_encodings_that_are_mixed_lose_no_row(tmp_path):
    rows = ["1,Größe,1.png\n".encode(), "2,Größe,2.png\n".encode("cp1252"), b"3,\x81,3.png\n"]
    (tmp_path / "t.csv").write_bytes(b"id,title,image\n" + b"".join(rows))
    articles = read_source(tmp_path / "t.csv").articles
    assert articles["article_id"].tolist() == ["1", "2", "3"]
    assert articles["title"].iloc[1] == "Größe"


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "newsarticles.csv", "truth.csv"])
def test_two_columns_of_one_name_are_a_sentence(tmp_path, name):
    header = ["article_id", "title", "image_id", "title"]
    (tmp_path / name).write_text(("\t" if name.endswith("tsv") else ",").join(header) + "\n")
    read = read_ground_truth if name == "truth.csv" else read_source
    assert "two columns named title" in str(sentence(read, tmp_path / name))


def bomb(file: Path, rows: int, cell: str) -> Path:
    """One long text that every row points at."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([cell]))
    ids = pa.array(range(rows)).cast(pa.string())
    pq.write_table(pa.table({"id": ids, "title": texts, "image": ids}), file)
    return file


def test_parquet_that_unpacks_to_gigabytes_is_refused_before_it_does(tmp_path):
    file = bomb(tmp_path / "t.parquet", 10_000, "x" * 900_000)
    assert file.stat().st_size < 2**20
    before = pa.total_allocated_bytes()
    assert "512 MB" in str(sentence(read_parquet, file))
    assert pa.total_allocated_bytes() - before < 2**24
    assert "1,000,000 characters" in str(sentence(read_parquet, bomb(file, 2, "x" * 1_000_001)))
    pq.write_table(pa.table({"id": pa.nulls(3_000_000)}), file)
    assert "3,000,000 rows" in str(sentence(read_parquet, file))


def test_parquet_cells_are_texts_of_what_they_hold(tmp_path):
    frame = pd.DataFrame(
        {"title": ["a", None], "tags": [["x", "y"], None], "n": pd.array([1, None], "Int64"), "image": ["1.png", ""]},
        index=pd.Index(["007", "008"], name="id"),
    )
    frame.to_parquet(tmp_path / "t.parquet")
    articles = read_source(tmp_path / "t.parquet").articles
    assert articles[["article_id", "title", "tags", "n", "image"]].to_numpy().tolist() == [
        ["007", "a", "x, y", "1", "1.png"], ["008", "", "", "", ""],
    ]  # fmt: skip
