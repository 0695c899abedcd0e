"""Each NewsImages release as it comes becomes the same kind of domain, and every article keeps its own image."""

from pathlib import Path

import pytest
from PIL import Image

from core.data.images.decoding import open_image
from core.data.importers import ColumnNames, TestSet, import_domain, read_source
from core.errors import InputError

HEADER = ["article", "aid", "url", "img", "iid", "hashvalue", "title", "text", "imgFile"]


def colour_of(number: int) -> tuple[int, int, int]:
    return (number % 256, number // 256, 77)


def paint(file: Path, number: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4), colour_of(number)).save(file, "PNG")


def write(file: Path, header: list[str], rows: list[list[str]], encoding: str = "utf-8", end: str = "\r\n") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes((end.join("\t".join(row) for row in [header, *rows]) + end).encode(encoding))
    return file


def pair(number: int) -> list[str]:
    address = f"https://img.org/a/photo-{number}.png?w=300"
    return [
        str(number), f"9{number}", f"https://x.org/{number}", address, str(number + 5000), f"hash{number}",
        f'Title "{number}', f'"Text – ü {number}', f"file{number}.png",
    ]  # fmt: skip


def assert_pairs_hold(domain) -> None:
    for row in domain.articles.itertuples():
        assert open_image(domain.images_root / row.image_file).getpixel((0, 0)) == colour_of(int(row.article_id))
        assert row.title == f'Title "{row.article_id}'


@pytest.fixture
def folder(workspace) -> Path:
    return workspace.domain_folder("news")


@pytest.mark.parametrize("name", ["{iid}.png", "file{n}.png", "deep/er/{iid}.webp", "photo-{n}.png", "FILE{n}.PNG"])
def test_several_months_are_one_import_and_images_are_found_by_any_of_their_names(tmp_path, folder, name):
    source = tmp_path / "release"
    for month in range(2):
        write(source / f"content2019-0{month + 1}.tsv", HEADER, [pair(n) for n in range(month * 15, month * 15 + 15)])
    write(source / "MediaEvalNewsImagesBatch04images.tsv", ["img", "iid", "imgFile"], [["", "1", "1.jpg"]])
    for n in range(30):
        paint(source / "photos" / name.format(n=n, iid=n + 5000), n)
    intake = import_domain(source, folder)
    articles = intake.domain.articles
    assert len(articles) == 30
    assert articles["image_id"].tolist() == [str(n + 5000) for n in range(30)]
    assert articles["aid"].tolist() == [f"9{n}" for n in range(30)]
    assert articles["text"].iloc[0] == '"Text – ü 0'
    assert any("not read: MediaEvalNewsImagesBatch04images.tsv" in note for note in intake.notes)
    assert_pairs_hold(intake.domain)


@pytest.mark.parametrize(
    "given", [[], ["articles"], ["articles", "images"], ["articles", "images", "truth"], ["folder"]]
)
def test_only_lists_that_were_not_read_are_called_so(tmp_path, folder, given, monkeypatch):
    source = tmp_path / "release"
    write(source / "content.tsv", HEADER, [pair(n) for n in range(20)])
    tests = [dict(zip(HEADER, pair(n), strict=True)) for n in range(20, 25)]
    lists = {
        "articles": write(
            source / "testarticles.tsv", HEADER, [[*pair(n)[:3], "", "", "", *pair(n)[6:8], ""] for n in range(20, 25)]
        ),
        "images": write(
            source / "testimages.tsv",
            ["img", "iid", "imgFile"],
            [[row["img"], row["iid"], row["imgFile"]] for row in tests],
        ),
        "truth": write(source / "truth.tsv", ["article", "iid"], [[row["article"], row["iid"]] for row in tests]),
    }
    for n in range(25):
        paint(source / f"file{n}.png", n)
    monkeypatch.chdir(tmp_path)  # a list may be named from there, and the release by its whole path
    near = {name: path.relative_to(tmp_path) for name, path in lists.items()}
    test = None
    if given == ["folder"]:
        test = TestSet(source)
    elif given:
        test = TestSet(
            near["articles"],
            near["images"] if "images" in given else near["articles"].parent,
            near["truth"] if "truth" in given else None,
        )
    notes = import_domain(source, folder, test=test).notes
    unread = " ".join(note for note in notes if note.startswith("not read:"))
    read = {"articles", "images"} if test else set()
    read |= {"truth"} & set(given)
    assert {name for name, path in lists.items() if path.name in unread} == lists.keys() - read


def test_what_is_left_out_is_listed_with_its_file(tmp_path, folder):
    for month in range(2):
        write(tmp_path / "r" / f"content-{month}.tsv", HEADER, [pair(n) for n in range(month * 15, month * 15 + 16)])
    for n in range(30):
        paint(tmp_path / "r" / f"file{n}.png", n)
    intake = import_domain(tmp_path / "r", folder)
    assert intake.left_out == {"duplicate id": 1, "image not found": 1}
    assert intake.report[["file", "line", "image"]].to_numpy().tolist() == [
        ["content-1.tsv", 2, "5015, file15.png, photo-15.png"], ["content-1.tsv", 17, "5030, file30.png, photo-30.png"],
    ]  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_2022_has_a_hash_before_its_header_and_dates(tmp_path, folder, encoding, end):
    rows = [[*pair(n), f"2022-03-{28 - n:02d}"] for n in range(25)]
    file = write(tmp_path / "r" / "train.tsv", ["# article", *HEADER[1:], "Date"], rows, encoding, end)
    for n in range(25):
        paint(tmp_path / "r" / f"{n + 5000}.png", n)
    listing = read_source(file)
    assert listing.format == "NewsImages 2022/2023"
    domain = import_domain(file, folder).domain
    assert domain.info.split_by == "published_at"
    assert domain.articles["article_id"].tolist() == [str(n) for n in reversed(range(25))]
    assert domain.articles["text"].iloc[-1] == '"Text – ü 0'
    assert_pairs_hold(domain)


def test_a_stray_carriage_return_in_a_text_ends_no_line(tmp_path):
    rows = [[*pair(1)[:7], "one\rtwo", "1.png"]]
    articles = read_source(write(tmp_path / "content.tsv", HEADER, rows)).articles
    assert articles["text"].tolist() == ["one\rtwo"]


def test_the_cleaned_rt_set_joins_its_release_by_url(tmp_path, folder):
    write(tmp_path / "r" / "RT.tsv", ["# article", *HEADER[1:]], [pair(n) for n in range(20)])
    write(
        tmp_path / "r" / "cleaned.tsv", ["url", "title", "text", "titleEN", "textEN", "outlet"],
        [[f"https://x.org/{n}", "T", "", f"English {n}", "", "rt"] for n in reversed(range(20))],
    )  # fmt: skip
    for n in range(20):
        paint(tmp_path / "r" / f"{n + 5000}.png", n)
    intake = import_domain(tmp_path / "r", folder, language="de")
    assert intake.domain.has_english
    assert intake.domain.articles["title_en"].tolist() == [f"English {n}" for n in range(20)]
    assert_pairs_hold(intake.domain)
    with pytest.raises(InputError, match=r"images.*joined by url"):
        read_source(tmp_path / "r" / "cleaned.tsv")


def test_2025_is_known_without_its_header(tmp_path):
    row = '7,https://x.org/7,"A, title",a;b,ABC,https://x.org/7.jpg\n'
    (tmp_path / "newsarticles.csv").write_text(row * 2)
    listing = read_source(tmp_path)
    assert listing.format == "NewsImages 2025 without header line"
    assert listing.articles[["article_id", "title", "text", "image_id", "line"]].iloc[0].tolist() == [
        "7", "A, title", "a, b", "ABC", 1,
    ]  # fmt: skip


def test_half_of_a_test_set_is_not_taken_for_pairs(tmp_path):
    rows = [[str(n), "", "", "", "", "", "Title", "text", ""] for n in range(30)]
    with pytest.raises(InputError, match=r"only articles.*--test-articles"):
        read_source(write(tmp_path / "articles.tsv", HEADER, rows))


def test_no_image_says_every_name_that_was_tried(tmp_path, folder):
    file = write(tmp_path / "content.tsv", HEADER, [pair(n) for n in range(25)])
    with pytest.raises(
        InputError,
        match=r"0 images.*'5000' \(iid\), 'file0.png' \(imgFile\), 'photo-0.png' \(img\) .*fetch-images",
    ):
        import_domain(file, folder)


def test_describe_says_what_would_be_done_and_does_nothing(tmp_path, verb, workspace):
    rows = [[*pair(n), f"2022-03-{n + 1:02d}"] for n in range(25)]
    file = write(tmp_path / "t.tsv", ["# article", *HEADER[1:], "Date"], rows, "cp1252")
    for n in range(20):
        paint(tmp_path / f"file{n}.png", n)
    record = verb("import", file, "--dry-run", "--json").record
    assert record["format"] == "NewsImages 2022/2023"
    assert record["files"][0]["encoding"] == "Latin-1"
    assert record["columns"]["image"] == "imgFile"
    assert (record["articles"], record["found"], record["pictures"]) == (25, 20, 20)
    assert record["first_date"].startswith("2022-03-01")
    assert record["order"] == "published_at"
    assert "found for 20 of 25 articles" in verb("import", file, "--dry-run").out
    assert not workspace.root.exists()


def test_columns_named_by_the_user_come_before_a_format(tmp_path):
    file = write(tmp_path / "t.tsv", HEADER, [pair(1)])
    assert read_source(file, ColumnNames(id="aid")).articles["article_id"].tolist() == ["91"]
