"""Text tables as other programs write them: encodings, separators, quotation marks, packed files."""

import csv
import gzip
import io
import random
from pathlib import Path

import pandas as pd
import pytest

from core.data.importers import read_source
from core.data.importers.ground_truth import read_ground_truth
from core.data.importers.options import SourceOptions
from core.data.importers.readers import read_articles
from core.data.importers.tables.delimited import read_delimited
from core.data.importers.tables.encodings import decode
from core.errors import InputError

WORDS = {
    "gb18030": "新闻报道第{}号：老城区的桥梁", "big5": "新聞報道第{}號：老城區的橋樑",
    "shift_jis": "ニュース第{}号：旧市街の橋", "euc_kr": "뉴스 제{}호: 옛 시가지의 다리",
    "cp1251": "Новость номер {} о мосте", "koi8_r": "Новость номер {} о мосте",
    "cp1253": "Νέα αριθμός {} για τη γέφυρα", "cp1256": "أخبار رقم {} عن الجسر",
    "cp850": "Größe der Brücke {} über die Straße",
    "cp1252": "„Größe“ – Brücke {} über l’été", "utf-16": "Größe {}", "utf-16-le": "Größe {}", "utf-16-be": "Größe {}",
    "utf-32": "Größe {}", "utf-8-sig": "Größe {}",
}  # fmt: skip


def table(text: str, rows: int = 12) -> str:
    return "id,title,image\n" + "".join(f"{n},{text.format(n)},p{n}.png\n" for n in range(rows))


@pytest.mark.parametrize("encoding", WORDS)
def test_encodings_are_detected(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes(table(WORDS[encoding]).encode(encoding))
    listing = read_source(tmp_path / "a.csv")
    assert listing.articles["title"].tolist() == [WORDS[encoding].format(n) for n in range(12)]
    assert any(note.startswith("encoding:") for note in listing.notes) == (encoding != "utf-8-sig")


@pytest.mark.parametrize("encoding", WORDS)
def test_a_named_encoding_is_used(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes(table(WORDS[encoding], 1).encode(encoding))
    articles = read_source(tmp_path / "a.csv", options=SourceOptions(encoding=encoding)).articles
    assert articles["title"].tolist() == [WORDS[encoding].format(0)]


@pytest.mark.parametrize(
    ("encoding", "message"),
    [("klingon", "encoding klingon"), ("base64", "encoding base64"), ("ascii", "a.csv is not ascii"),
     ("a\0b", "text encoding"), ("utf-32", "a.csv is not utf-32")],
)  # fmt: skip
def test_an_encoding_that_does_not_fit_is_a_sentence(tmp_path: Path, encoding: str, message: str) -> None:
    (tmp_path / "a.csv").write_bytes(table("Größe {}").encode())
    with pytest.raises(InputError, match=message):
        read_source(tmp_path / "a.csv", options=SourceOptions(encoding=encoding))


def test_bytes_of_no_encoding_are_not_guessed() -> None:
    with pytest.raises(InputError, match="--encoding"):
        decode(bytes(range(0x80, 0x100)) * 4, Path("a.csv"))
    with pytest.raises(InputError, match="--encoding"):
        decode(b"a\0b,c\nd", Path("a.csv"))


def test_lines_of_two_encodings_are_each_read_in_theirs() -> None:
    lines = ["Größe".encode()] * 9 + ["Größe".encode("cp1252")]
    assert decode(b"\n".join(lines), Path("a.csv"))[0].split("\n") == ["Größe"] * 10


@pytest.mark.parametrize("separator", [",", ";", "|", "\t"])
@pytest.mark.parametrize("first_line", ["", "sep={}\r\n", '"sep={}"\n', "SEP={}\n"])
def test_separators_are_recognised(tmp_path: Path, separator: str, first_line: str) -> None:
    rows = [["id", "title", "image"], *([str(n), f"A, b; c | {n}", f"p{n}.png"] for n in range(9))]
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    (tmp_path / "a.csv").write_text(first_line.format(separator) + out.getvalue(), newline="")
    articles = read_source(tmp_path / "a.csv").articles
    assert articles["title"].tolist() == [f"A, b; c | {n}" for n in range(9)]
    assert articles["line"].tolist() == [n + 2 + bool(first_line) for n in range(9)]


def test_old_macs_line_ends_are_line_ends(tmp_path: Path) -> None:
    for name, separator in (("a.csv", ","), ("b.tsv", "\t")):
        (tmp_path / name).write_text(table("title {}").replace(",", separator), newline="\r")
        assert len(read_source(tmp_path / name).articles) == 12


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_quoted_tsv_is_read_as_pandas_wrote_it(tmp_path: Path, quoting: int, line_end: str) -> None:
    texts = [f'The mayor said "yes".\nThe bridge\topens in week {n}.' for n in range(5)] + ["plain"]
    frame = pd.DataFrame(
        {"id": range(6), "image": [f"p{n}.png" for n in range(6)], "title": ['"Both"', *"bcdef"], "text": texts}
    )
    frame.to_csv(tmp_path / "a.tsv", sep="\t", index=False, quoting=quoting, lineterminator=line_end)
    articles = read_source(tmp_path / "a.tsv").articles
    assert articles["text"].tolist() == texts
    assert articles["title"].tolist() == ['"Both"', *"bcdef"]
    assert articles["article_id"].tolist() == list("012345")


@pytest.mark.parametrize(
    "titles",
    [['"Wir sind da', 'Sie sagte "nein"'], ['"Ja"', '"Nein"'], ['Er: "Ja', 'und "Nein"'], ['"a ""b""', 'c "d"']],
)
def test_raw_marks_of_a_tsv_are_text(tmp_path: Path, titles: list[str]) -> None:
    rows = "".join(f"{n}\t{title}\t{n}.png\n" for n, title in enumerate(titles))
    (tmp_path / "a.tsv").write_text("id\ttitle\timage\n" + rows)
    assert read_source(tmp_path / "a.tsv").articles["title"].tolist() == titles


def test_lines_with_too_few_cells_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("id\ttitle\timage\n1\ta\t1.png\n2\tb\nrest\t2.png\n")
    note = next(note for note in read_source(tmp_path / "a.tsv").notes if "fewer cells" in note)
    assert "lines 3, 4" in note


@pytest.mark.parametrize("stray", [(5, 9), (5, 6), (3, 4, 8, 20), (0, 23), (7,)])
@pytest.mark.parametrize("at_end", [False, True])
@pytest.mark.parametrize("separator", [",", ";", "|"])
def test_no_row_is_swallowed_by_a_stray_mark(tmp_path: Path, stray: tuple[int, ...], at_end: bool, separator: str):
    """Either every row is there as it was, with the lines named, or the file is refused with the line."""
    titles = [f"Title number {n}" for n in range(24)]
    for place, n in enumerate(stray):
        titles[n] = f'{titles[n]}"' if at_end and place % 2 else f'"{titles[n]}'
    rows = [["id", "title", "image"], *([str(n), title, f"p{n}.png"] for n, title in enumerate(titles))]
    (tmp_path / "a.csv").write_text("".join(separator.join(row) + "\n" for row in rows))
    if len(stray) % 2:
        with pytest.raises(InputError, match="cannot be read as a table"):
            read_source(tmp_path / "a.csv")
        return
    listing = read_source(tmp_path / "a.csv")
    assert listing.articles["title"].tolist() == titles
    assert listing.articles["image"].tolist() == [f"p{n}.png" for n in range(24)]
    note = next(note for note in listing.notes if "quotation mark" in note)
    assert f"{stray[0] + 2}" in note


def test_marks_of_a_tsv_never_give_a_row_the_image_of_another(tmp_path: Path) -> None:
    """Stray marks may look like pairs: then a pair would part no cells, since each line is whole without it."""
    draw, cells = random.Random(5), ['"', "", "a", "b c", '"x', '"x"']
    for _ in range(300):
        rows = [[f"{n}", draw.choice(cells), draw.choice(cells), f"{n}.png"] for n in range(4)]
        lines = ["\t".join(row) for row in [["id", "title", "text", "image"], *rows]]
        (tmp_path / "a.tsv").write_text("\n".join(lines) + "\n")
        frame = read_delimited(tmp_path / "a.tsv").frame
        assert frame["image"].tolist() == ["0.png", "1.png", "2.png", "3.png"], lines


@pytest.mark.parametrize("separator", [",", ";"])
def test_well_formed_cells_of_several_lines_are_no_rows(tmp_path: Path, separator: str) -> None:
    """Their last lines have as many separators as a row, and end with the row's image."""
    words = ("Berlin", "old, town", 'the "mark"', "city; night", "flood\nrain", "B")
    rows = [
        [f"{n}", f"{words[n % 6]}\n{words[n // 6 % 6]}", f"{words[n // 2 % 6]}, {words[n // 3 % 6]}", f"{n}.png"]
        for n in range(72)
    ]
    with (tmp_path / "a.csv").open("w", newline="") as file:
        csv.writer(file, delimiter=separator).writerows([["id", "title", "text", "image"], *rows])
    assert read_delimited(tmp_path / "a.csv").frame.to_numpy().tolist() == rows


def test_cells_that_span_lines_stay_whole_beside_a_stray_mark(tmp_path: Path) -> None:
    body = 'First, of all, this.\nThen "that", too, and more.\n\nThe end'
    rows = [[str(n), f"{body} {n}", f"p{n}.png"] for n in range(12)]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["id", "text", "image"], *rows])
    plain = "".join(f"{n},{chr(34) if n in (13, 15) else ''}plain {n},p{n}.png\n" for n in range(12, 18))
    (tmp_path / "a.csv").write_text(out.getvalue() + plain)
    articles = read_source(tmp_path / "a.csv").articles
    assert articles["article_id"].tolist() == [str(n) for n in range(18)]
    assert articles["text"].tolist()[:12] == [row[1] for row in rows]
    (tmp_path / "a.csv").write_text(out.getvalue())
    assert not any("quotation mark" in note for note in read_source(tmp_path / "a.csv").notes)


@pytest.mark.parametrize("name", ["a.csv.gz", "a.tsv.gz", "a.csv"])
def test_a_packed_table_is_unpacked(tmp_path: Path, name: str) -> None:
    text = table("title {}").replace(",", "\t") if "tsv" in name else table("title {}")
    (tmp_path / name).write_bytes(gzip.compress(text.encode()))
    assert len(read_source(tmp_path / name).articles) == 12
    assert len(read_source(tmp_path).articles) == 12


def test_a_packed_table_is_bounded_and_may_be_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(table("title {}").encode())
    for content in (packed[:-9], packed[:20], packed[:10] + b"x" * 30):
        (tmp_path / "a.csv.gz").write_bytes(content)
        with pytest.raises(InputError, match="damaged gzip"):
            read_delimited(tmp_path / "a.csv.gz")
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"id,title\n" + b"x" * 1_000_000))
    monkeypatch.setattr("core.data.importers.tables.delimited.MAX_BYTES", 100_000)
    with pytest.raises(InputError, match="unpacks to more than"):
        read_delimited(tmp_path / "a.csv.gz")


def test_lists_called_txt_are_read_by_content(tmp_path: Path) -> None:
    header = "article\taid\turl\timg\tiid\thashvalue\ttitle\ttext\timgFile"
    (tmp_path / "Test-Text.txt").write_text(f"{header}\n7\t\t\t\t\t\tA title\tA text\t\n")
    (tmp_path / "readme.txt").write_text("Hello, world, this is a title\n")
    assert read_articles(tmp_path / "Test-Text.txt").articles["article_id"].tolist() == ["7"]
    assert read_articles(tmp_path).articles["title"].tolist() == ["A title"]
    (tmp_path / "gt.txt").write_text("7\tx7\n8\tx8\n")
    assert read_ground_truth(tmp_path / "gt.txt").images == {"7": ("x7",), "8": ("x8",)}
