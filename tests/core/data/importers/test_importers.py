"""Outside formats become domains, and every pair stays the pair it was."""

import hashlib
import os
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from core.data.domain import COLUMNS
from core.data.images.decoding import open_image
from core.data.importers import ColumnNames, import_domain, read_source
from core.errors import InputError

Rows = list[dict[str, object]]


def colour_of(number: int) -> tuple[int, int, int]:
    return (number % 256, number // 256 % 256, 77)


def paint(folder: Path, number: int, name: str | None = None) -> None:
    """An image whose colour is its article's number."""
    folder.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4), colour_of(number)).save(folder / (name or f"{number}.png"))


def numbered(count: int) -> Rows:
    return [{"article_id": n, "title": f"title {n}", "image_file": f"{n}.png"} for n in range(1, count + 1)]


def lay_out(folder: Path, rows: Rows, name: str = "articles.csv") -> Path:
    """A table and an image for every row that has a number for an id."""
    for row in rows:
        paint(folder / "images", int(str(row["article_id"])))
    frame = pd.DataFrame(rows)
    if name.endswith(".parquet"):
        frame.to_parquet(folder / name)
    else:
        frame.to_csv(folder / name, index=False, sep="\t" if name.endswith(".tsv") else ",")
    return folder / name


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


@pytest.fixture
def folder(workspace) -> Path:
    return workspace.domain_folder("news")


def assert_pairs_hold(domain) -> None:
    """Every article still has the image painted for it."""
    for row in domain.articles.itertuples():
        image = open_image(domain.images_root / row.image_file)
        assert image.getpixel((0, 0)) == colour_of(int(row.article_id)), row.article_id


def test_a_table_becomes_a_domain_in_the_order_of_time(source, folder):
    rows = numbered(25)
    intake = import_domain(lay_out(source, rows[::-1]), folder, title="News", language="en")
    domain = intake.domain
    assert (intake.listed, intake.left_out) == (25, {})
    assert list(domain.articles["article_id"]) == [str(n) for n in range(1, 26)]
    assert list(domain.articles["split"]) == ["train"] * 20 + ["val"] * 5
    assert list(domain.articles.columns[: len(COLUMNS)]) == list(COLUMNS)
    assert (domain.info.title, domain.info.language, domain.info.split_by) == ("News", "en", "article_id")
    assert not domain.info.synthetic
    assert_pairs_hold(domain)


@pytest.mark.parametrize("name", ["articles.csv", "articles.tsv", "articles.parquet", "ARTICLES.CSV"])
def test_each_format_gives_the_same_articles(source, folder, name):
    file = lay_out(source, numbered(22), name)
    articles = import_domain(file, folder).domain.articles
    assert list(articles["title"]) == [f"title {n}" for n in range(1, 23)]


def test_a_folder_with_one_table_is_enough(source, folder):
    lay_out(source, numbered(20))
    assert len(import_domain(source, folder).domain.articles) == 20


def test_a_folder_with_two_tables_asks_which(source, folder):
    lay_out(source, numbered(20))
    lay_out(source, numbered(20), "more.tsv")
    with pytest.raises(InputError, match=r"found articles.csv, more.tsv"):
        import_domain(source, folder)


@pytest.mark.parametrize("name", ["notes.txt", "articles.docx", "nothing.csv"])
def test_an_unknown_format_says_what_was_looked_for(source, folder, name):
    if name != "nothing.csv":
        (source / name).write_text("x")
    with pytest.raises(InputError, match=r"\.csv, \.tsv or \.parquet"):
        import_domain(source / name, folder)
    assert not folder.exists()


@pytest.mark.parametrize(
    "header",
    [
        "id,headline,body,filename,lang,date,link",
        "aid,title,text,imgFile,language,published_at,url",
        "ArticleID, Title ,Caption,Image,Lang,Timestamp,URL",
        "tweet_id,article_title,tweet,image_path,language,created_at,article_url",
    ],
)
def test_usual_column_names_are_recognised(source, header):
    (source / "t.csv").write_text(f"{header}\n7,A title,A text,7.png,de,2023-01-01,http://x\n")
    row = read_source(source / "t.csv", ColumnNames()).articles.iloc[0]
    assert list(row[["article_id", "title", "text", "image", "language", "published_at", "url"]]) == [
        "7", "A title", "A text", "7.png", "de", "2023-01-01", "http://x",
    ]  # fmt: skip


def test_given_columns_come_before_recognised_ones(source, folder):
    rows = [
        row | {"nummer": row["article_id"], "text": "wrong", "Schlagzeile": f"Titel {n}"}
        for n, row in enumerate(numbered(20), 1)
    ]
    frame_rows = [{**row, "article_id": row["article_id"]} for row in rows]
    file = lay_out(source, frame_rows)
    table = pd.read_csv(file).drop(columns=["title"])
    table["article_id"] = "same"
    table.to_csv(file, index=False)
    columns = ColumnNames(id="nummer", text="Schlagzeile")
    domain = import_domain(file, folder, columns=columns).domain
    assert list(domain.articles["text"]) == [f"Titel {n}" for n in range(1, 21)]
    assert_pairs_hold(domain)


@pytest.mark.parametrize(
    ("table", "columns", "message"),
    [
        ("name,title,image\n", ColumnNames(), "the id.*article_id.*--id-column"),
        ("id,title,photo\n", ColumnNames(), "the image.*: id, title, photo.*--image-column"),
        ("id,words,image\n", ColumnNames(), "a text.*--text-column or --title-column"),
        ("id,title,image\n", ColumnNames(title="kopf"), "'kopf' .*title.*: id"),
        ("id,title,image,title\n", ColumnNames(), "two columns named title"),
        ("", ColumnNames(), "cannot be read as a table"),
        ("id,title,image\n1,a,1.png,more\n", ColumnNames(), "cannot be read as a table.*line 2"),
        ("id,title,image\n1,\"a,1.png\n", ColumnNames(), "cannot be read as a table"),
    ],
)  # fmt: skip
def test_a_table_that_lacks_something_says_what_it_has(source, folder, table, columns, message):
    (source / "articles.csv").write_text(table)
    with pytest.raises(InputError, match=message):
        import_domain(source / "articles.csv", folder, columns=columns)


def test_a_table_that_is_not_utf_8_is_read_as_latin_1_and_that_is_said(source, folder):
    file = lay_out(source, [row | {"title": f"„Größe“ – {n}"} for n, row in enumerate(numbered(20), 1)])
    file.write_bytes(file.read_text(encoding="utf-8").encode("cp1252"))
    intake = import_domain(file, folder)
    assert intake.domain.articles["title"].iloc[0] == "„Größe“ – 1"
    assert any(note.startswith("encoding: articles.csv") and "Latin-1" in note for note in intake.notes)


def test_a_table_in_utf_16_is_read(source, folder):
    file = lay_out(source, [row | {"title": f"Größe {n}"} for n, row in enumerate(numbered(20), 1)])
    file.write_bytes(file.read_text(encoding="utf-8").encode("utf-16"))
    assert import_domain(file, folder).domain.articles["title"].iloc[0] == "Größe 1"


def test_a_damaged_parquet_file_is_refused(source, folder):
    (source / "articles.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(InputError, match=r"articles\.parquet .*Parquet"):
        import_domain(source / "articles.parquet", folder)


def test_words_that_look_like_missing_values_and_zeros_of_ids_stay(source):
    (source / "t.csv").write_text("id,title,image\n007,NA,1.png\n008,null,2.png\n1e3,None,3.png\n")
    articles = read_source(source / "t.csv", ColumnNames()).articles
    assert list(articles["article_id"]) == ["007", "008", "1e3"]
    assert list(articles["title"]) == ["NA", "null", "None"]


def test_raw_quotes_of_a_tsv_stay(source):
    (source / "t.tsv").write_text('id\ttitle\timage\r\n1\t"Wir sind da\t1.png\r\n2\tSie sagte "nein"\t2.png\r\n')
    assert list(read_source(source / "t.tsv", ColumnNames()).articles["title"]) == ['"Wir sind da', 'Sie sagte "nein"']


def test_missing_cells_of_parquet_are_empty(source):
    frame = pd.DataFrame(
        {"id": [1, 2], "title": ["a", None], "image": ["1.png", "2.png"], "score": [1.5, float("nan")]}
    )
    frame.to_parquet(source / "t.parquet")
    articles = read_source(source / "t.parquet", ColumnNames()).articles
    assert list(articles["title"]) == ["a", ""]
    assert list(articles["score"]) == ["1.5", ""]


def test_rows_are_left_out_by_reason_and_listed_with_their_lines(source, folder):
    rows = numbered(40)
    file = lay_out(source, rows)
    table = pd.read_csv(file, dtype=str, keep_default_na=False)
    table.loc[2, "image_file"] = "gone.png"
    table.loc[4, "image_file"] = " "
    table.loc[7, "title"] = " https://t.co/x "
    table.loc[11, "article_id"] = ""
    table.loc[13, "article_id"] = "13"
    (source / "images" / "20.png").write_bytes(b"no image")
    (source / "images" / "22.png").write_bytes(b"")
    table.to_csv(file, index=False)
    intake = import_domain(file, folder)
    assert intake.left_out == {
        "image not found": 1, "no image named": 1, "no text": 1, "no id": 1, "duplicate id": 1, "undecodable image": 2,
    }  # fmt: skip
    report = pd.read_csv(folder / "import-report.csv", dtype=str, keep_default_na=False)
    lines = file.read_text().splitlines()
    for entry in report.itertuples():
        cells = lines[int(entry.line) - 1].split(",")
        assert (cells[0], cells[2].strip()) == (entry.article_id, entry.image.strip())
    assert dict(zip(report["line"], report["reason"], strict=True)) == {
        "4": "image not found", "6": "no image named", "9": "no text", "13": "no id", "15": "duplicate id",
        "21": "undecodable image", "23": "undecodable image",
    }  # fmt: skip
    assert Counter(report["reason"]) == intake.left_out
    assert intake.listed == 40 == len(intake.domain.articles) + len(report)
    assert_pairs_hold(intake.domain)


HEIC, PSD = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200), b"8BPS\0\1" + bytes(400)


@pytest.mark.parametrize("usable", [True, False])
def test_images_of_a_refused_format_are_named_with_what_to_do(source, folder, usable):
    file = lay_out(source, numbered(30))
    for number, content in enumerate([HEIC, HEIC, PSD] if usable else [HEIC] * 20, 3):
        (source / "images" / f"{number}.png").write_bytes(content)
    if usable:
        intake = import_domain(file, folder)
        assert intake.left_out == {"undecodable image": 3}
        notes = [note for note in intake.notes if "export" in note]
        assert ["2 of format HEIC" in notes[0], "1 of format PSD" in notes[1], len(notes)] == [True, True, 2]
        assert intake.report["detail"].str.contains("export it as JPEG").all()
    else:
        with pytest.raises(InputError, match=r"20 of format HEIC .*export"):
            import_domain(file, folder)


def test_lines_are_those_of_the_file_where_a_cell_spans_two(source):
    (source / "t.csv").write_text('id,title,image\n1,"two\nlines",1.png\n2,one,2.png\n\n3,three,3.png\n')
    assert list(read_source(source / "t.csv", ColumnNames()).articles["line"]) == [2, 4, 6]


def test_the_second_of_two_ids_is_kept_where_the_first_has_no_image(source, folder):
    file = lay_out(source, numbered(21))
    table = pd.read_csv(file, dtype=str)
    first = table.iloc[[0]].assign(image_file="gone.png")
    pd.concat([first, table]).to_csv(file, index=False)
    intake = import_domain(file, folder)
    assert intake.left_out == {"image not found": 1}
    assert len(intake.domain.articles) == 21
    assert_pairs_hold(intake.domain)


def test_pairs_never_shift_whatever_is_dropped_around_them(source, folder):
    rows = numbered(300)
    file = lay_out(source, rows)
    for number in range(3, 300, 7):
        (source / "images" / f"{number}.png").unlink()
    for number in range(5, 300, 11):
        (source / "images" / f"{number}.png").write_bytes(b"broken")
    domain = import_domain(file, folder).domain
    assert 200 < len(domain.articles) < 300
    assert_pairs_hold(domain)
    assert all(row.title == f"title {row.article_id}" for row in domain.articles.itertuples())


@pytest.mark.parametrize(
    "name", ["5", "5.png", "5.PNG", "./5.png", "images/5.png", "IMAGES\\5.png", " 5.png ", "C:\\photos\\5.png", "a/b/5"]
)
def test_an_image_is_found_by_path_name_or_stem(source, folder, name):
    file = lay_out(source, [row | ({"image_file": name} if n == 5 else {}) for n, row in enumerate(numbered(20), 1)])
    domain = import_domain(file, folder).domain
    assert len(domain.articles) == 20
    assert_pairs_hold(domain)


def test_a_full_path_outranks_another_files_name(source, folder):
    file = lay_out(source, numbered(20))
    paint(source / "a", 99, "3.png")
    table = pd.read_csv(file, dtype=str)
    table["image_file"] = "images/" + table["image_file"]
    table.to_csv(file, index=False)
    assert_pairs_hold(import_domain(file, folder).domain)


@pytest.mark.parametrize(
    "way",
    [
        "../secret.png",
        "ABSOLUTE",
        "..\\secret.png",
        "images/../../secret.png",
        "%2e%2e/secret.png",
        "..%2fsecret.png",
        "%2e%2e%5csecret.png",
        "..%252fsecret.png",
        "..\\../secret.png",
        "//host/share/secret.png",
        "\\\\host\\share\\secret.png",
        "\\\\?\\C:\\secret.png",
        "C:secret.png",
        "file:///secret.png",
        "FILE",
        "https://x.org/../secret.png",
        "https://x.org/%2e%2e%2fsecret.png",
        "https://x.org/..\\secret.png",
        "../secret.png\0",
        "../secret.png\0.png",
        "1.png\0/../../secret.png",
        "../secret.png#1.png",
        "../secret.png?1.png",
        "1.png/../../secret.png",
        "../SECRET.PNG",
        "....//secret.png",
        "~/secret.png",
        "$HOME/secret.png",
        ".",
        "..",
        "/",
        "secret",
        "secret.png/.",
    ],
)
def test_no_cell_of_a_table_leads_outside_the_folder(source, folder, tmp_path, way):
    paint(tmp_path, 250, "secret.png")
    file = lay_out(source, numbered(21))
    table = pd.read_csv(file, dtype=str)
    outside = {"ABSOLUTE": str(tmp_path / "secret.png"), "FILE": (tmp_path / "secret.png").as_uri()}
    table.loc[0, "image_file"] = outside.get(way, way)
    table.to_parquet(source / "articles.parquet")  # which can hold a NUL
    intake = import_domain(source / "articles.parquet", folder, copy_images=True)
    assert intake.left_out == {"image not found": 1}
    assert "1" not in set(intake.domain.articles["article_id"])
    copied = {path.name for path in (folder / "images").rglob("*")}
    assert "secret.png" not in copied
    inside = folder.resolve() / "images"
    for name in intake.domain.articles["image_file"]:  # what thumbnails, embedding and pages open
        assert (intake.domain.images_root / name).resolve().is_relative_to(inside)


def test_two_images_that_differ_by_case_alone_are_two(source, folder):
    file = lay_out(source, [{**row, "image_file": f"x{row['article_id']}.png"} for row in numbered(20)])
    for number in range(1, 21):
        (source / "images" / f"{number}.png").rename(source / "images" / f"x{number}.png")
    paint(source / "images", 99, "X7.png")
    if len(list((source / "images").iterdir())) == 20:
        pytest.skip("this disk takes them for one")
    assert_pairs_hold(import_domain(file, folder).domain)
    table = pd.read_csv(file, dtype=str)
    table.loc[6, "image_file"] = "X7"
    table.loc[7, "image_file"] = "X8.PNG"
    table.to_csv(file, index=False)
    articles = import_domain(file, folder, replace_existing=True).domain.articles
    assert articles["image_file"].tolist()[6:8] == ["images/X7.png", "images/x8.png"]


@pytest.mark.parametrize("extra", ["../../../escape", "/escape"])
def test_ids_are_never_paths(source, folder, extra, tmp_path):
    file = lay_out(source, numbered(21))
    table = pd.read_csv(file, dtype=str)
    table.loc[0, "article_id"] = extra
    table.to_csv(file, index=False)
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(folder.parent.parent)}
    domain = import_domain(file, folder, copy_images=True).domain
    assert extra in set(domain.articles["article_id"])
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(folder.parent.parent)} == before


def test_fewer_than_twenty_pairs_are_refused(source, folder):
    file = lay_out(source, numbered(25))
    for number in range(1, 7):
        (source / "images" / f"{number}.png").unlink()
    with pytest.raises(InputError, match=r"19 usable pairs.* 20 .*: 6 image not found"):
        import_domain(file, folder)
    assert not folder.exists()


def test_no_image_at_all_says_where_was_looked_and_for_what(source, folder, tmp_path):
    file = lay_out(source, numbered(20))
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        InputError,
        match=r"no image found for any of 20 articles: .*empty .*'1.png'",
    ):
        import_domain(file, folder, images=tmp_path / "empty")
    with pytest.raises(InputError, match=r"nowhere .*--images"):
        import_domain(file, folder, images=tmp_path / "nowhere")


def test_images_may_lie_elsewhere(source, folder, tmp_path):
    file = lay_out(source, numbered(20))
    (source / "images").rename(tmp_path / "elsewhere")
    domain = import_domain(file, folder, images=tmp_path / "elsewhere").domain
    assert domain.images_root == tmp_path / "elsewhere"
    assert_pairs_hold(domain)


def digests(folder: Path) -> dict[str, tuple[str, float]]:
    return {
        str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime)
        for path in sorted(folder.rglob("*")) if path.is_file()
    }  # fmt: skip


@pytest.mark.parametrize("copy_images", [True, False])
def test_originals_are_never_altered(source, folder, copy_images):
    file = lay_out(source, numbered(20))
    before = digests(source)
    domain = import_domain(file, folder, copy_images=copy_images).domain
    assert digests(source) == before
    assert (domain.info.images == "images") == copy_images
    assert_pairs_hold(domain)


def test_copied_images_outlive_the_originals(source, folder):
    domain = import_domain(lay_out(source, numbered(20)), folder, copy_images=True).domain
    for image_file in (source / "images").iterdir():
        image_file.unlink()
    assert_pairs_hold(domain)


def test_importing_again_asks_for_replace(source, folder):
    file = lay_out(source, numbered(20))
    import_domain(file, folder, title="first")
    with pytest.raises(InputError, match=r"'news' .*--replace"):
        import_domain(file, folder, title="second")
    assert import_domain(file, folder, title="third", replace_existing=True).domain.info.title == "third"
    assert [path.name for path in folder.parent.iterdir()] == ["news"]


def test_a_failed_replacement_leaves_the_old_domain_whole(source, folder):
    file = lay_out(source, numbered(20))
    import_domain(file, folder, copy_images=True)
    before = digests(folder)
    file.write_text("id,title,image\n1,one,1.png\n")
    with pytest.raises(InputError, match="1 usable pairs"):
        import_domain(file, folder, copy_images=True, replace_existing=True)
    assert digests(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["news"]


def test_a_replacement_that_breaks_off_at_the_last_step_leaves_the_old_domain_whole(source, folder, monkeypatch):
    file = lay_out(source, numbered(20))
    import_domain(file, folder)
    before = digests(folder)
    rename = Path.rename

    def fail_on_the_new_one(self: Path, target: Path) -> Path:
        if target == folder and self.name == folder.name:
            raise OSError("disk full")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_on_the_new_one)
    with pytest.raises(OSError, match="disk full"):
        import_domain(file, folder, replace_existing=True)
    monkeypatch.undo()
    assert digests(folder) == before


def test_an_imported_domain_is_readable_by_the_users_group(source, folder):
    import_domain(lay_out(source, numbered(20)), folder)
    readable = 0o444 & ~os.umask(0o022)
    assert (folder / "articles.parquet").stat().st_mode & readable == readable


@pytest.mark.parametrize(("language", "expected"), [("de", "de"), (None, "en")])
def test_the_language_is_the_given_one_or_assumed_and_said(source, folder, language, expected):
    intake = import_domain(lay_out(source, numbered(20)), folder, language=language)
    assert intake.domain.info.language == expected
    assert any(note.startswith("language:") and "detected for 0" in note for note in intake.notes) == (language is None)


def test_the_language_most_articles_state_is_the_domains(source, folder):
    rows = [row | {"language": "de-AT" if n < 15 else "en"} for n, row in enumerate(numbered(20))]
    assert import_domain(lay_out(source, rows), folder).domain.info.language == "de"


def test_other_columns_follow_under_their_names(source, folder):
    rows = [row | {"outlet": f"paper {row['article_id']}", "line": "x"} for row in numbered(20)]
    articles = import_domain(lay_out(source, rows), folder).domain.articles
    assert list(articles["outlet"]) == [f"paper {n}" for n in range(1, 21)]


def write_newsimages(folder: Path, count: int = 24) -> Path:
    lines = ["\ufeffarticle_id,article_url,article_title,article_tags,image_id,image_url"]
    for n in range(1, count + 1):
        code = f"{n:032X}"
        lines.append(
            f'{n * 10},https://x.org/{n},"Storm ""Egon"", day {n}",persons;angela;orgs {n},{code},https://x.org/{n}.png'
        )
        paint(folder / "newsimages", n * 10, f"{code}.jpg.png")
        (folder / "newsimages" / f"{code}.jpg.png").rename(folder / "newsimages" / f"{code}.jpg")
    (folder / "newsarticles.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("as_file", [True, False])
def test_newsimages_2025_is_read_as_it_lies_there(source, folder, as_file):
    write_newsimages(source)
    intake = import_domain(source / "newsarticles.csv" if as_file else source, folder)
    first = intake.domain.articles.iloc[0]
    assert len(intake.domain.articles) == 24
    assert first["article_id"] == "10"
    assert first["title"] == 'Storm "Egon", day 1'
    assert first["text"] == "persons, angela, orgs 1"
    assert first["article_tags"] == "persons;angela;orgs 1"
    assert first["url"] == "https://x.org/1"
    assert first["image_id"] == f"{1:032X}"
    assert intake.domain.info.split_by == "article_id"
    assert_pairs_hold(intake.domain)


def test_newsimages_has_the_image_ids_the_organisers_count_by(source, folder):
    articles = import_domain(write_newsimages(source), folder).domain.articles
    assert set(articles["image_id"]) == {f"{n:032X}" for n in range(1, 25)}
