"""No article is paired with an image that its table did not name, whatever tables and folders look like.

`REMATCH_EXAMPLES` is how many random tables and folders the property is tried on; `make soak` sets it higher.
"""

import os
import sys
import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.data.importers.images.fetched_names import write_manifest
from core.data.importers.images.find_images import pair_images
from core.data.importers.images.image_folder import ImageFolder
from core.data.importers.source_table import LISTING_COLUMNS, ColumnNames, SourceTable
from core.data.importers.tables.table import IMAGE_COLUMNS, read

trials = settings(
    max_examples=int(os.environ.get("REMATCH_EXAMPLES", "30")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def lay_out(root: Path, *files: str) -> ImageFolder:
    """Files that hold their own path."""
    root.mkdir(parents=True, exist_ok=True)
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(file, encoding="utf-8")
    return ImageFolder(root)


def paired(folder: ImageFolder, *cells: str, column: str = "image") -> list[str | None]:
    """Which file each cell is paired with."""
    return pairing(folder, column, *cells).files.tolist()


def pairing(folder: ImageFolder, column: str, *cells: str):
    return pair_images(listing_of([{column: cell} for cell in cells]), folder)


def listing_of(rows: list[dict[str, str]]) -> SourceTable:
    articles = pd.DataFrame(rows).reindex(columns=list(LISTING_COLUMNS)).fillna("")
    return SourceTable("table", articles, Path(), Path(), IMAGE_COLUMNS, {}, ())


def test_a_missing_image_is_not_replaced_by_its_namesake_in_another_folder(tmp_path):
    folder = lay_out(tmp_path, "2024/01/1.png", "2024/01/2.png", "2024/02/1.png")
    assert paired(folder, "2024/01/1.png", "2024/02/1.png", "2024/02/2.png") == ["2024/01/1.png", "2024/02/1.png", None]
    assert paired(folder, "2024/02/2.png") == [None], "though no other row shows what the folders mean"


def test_paths_of_another_machine_fall_back_to_the_longest_common_end(tmp_path):
    folder = lay_out(tmp_path, "photos/01/1.png", "photos/01/2.png", "photos/02/1.png")
    cells = ("/mnt/archive/01/1.png", "C:\\archive\\01\\2.png", "/mnt/archive/02/1.png", "/mnt/archive/02/2.png")
    found = pairing(folder, "image", *cells)
    assert found.files.tolist() == ["photos/01/1.png", "photos/01/2.png", "photos/02/1.png", None]
    assert found.how.tolist() == ["end of the path"] * 3 + [None]
    assert found.reasons.iloc[3].startswith("image not found")


def test_the_bare_name_counts_where_only_one_file_and_one_row_have_it(tmp_path):
    folder = lay_out(tmp_path, "1.png", "2.png")
    assert paired(folder, "/old/a/1.png", "/old/b/2.png") == ["1.png", "2.png"]
    found = pairing(folder, "image", "/old/a/1.png", "/old/b/1.png")
    assert found.files.tolist() == [None, None]
    assert all(reason.startswith("name is ambiguous") for reason in found.reasons)


def test_a_bare_name_that_two_files_have_is_ambiguous_and_one_at_the_top_is_not(tmp_path):
    folder = lay_out(tmp_path, "a/1.png", "b/1.png", "2.png", "b/2.png", "3.jpg", "3.png")
    found = pairing(folder, "image", "1.png", "2.png", "3", "3.png")
    assert found.files.tolist() == [None, "2.png", None, "3.png"]
    assert found.reasons.iloc[0].startswith("name is ambiguous: two ")
    assert found.reasons.iloc[2].startswith("name is ambiguous")


@pytest.mark.parametrize(
    ("file", "cell", "how"),
    [
        ("Bild é.png", unicodedata.normalize("NFD", "Bild é.png"), "Unicode form"),
        (unicodedata.normalize("NFD", "Bild é.png"), "Bild é.png", "Unicode form"),
        ("Shot at 1.23\u202fPM.png", "Shot at 1.23 PM.png", "Unicode form"),
        ("a b.png", "a%20b.png", "percent-encoding"),
        ("a%20b.png", "a b.png", "percent-encoding"),
        ("IMG.JPG", "img.jpg", "letter case"),
        ("a.png", "['a.png', 'b.png']", "first of several names"),
        ("a.png", "a.png|b.png", "first of several names"),
        ("a;b.png", "a;b.png", None),
        ("v1.2.jpg", "v1.2", None),
    ],
)
def test_spellings_of_other_systems_find_the_one_file_that_fits(tmp_path, file, cell, how):
    found = pairing(lay_out(tmp_path, file), "image", cell)
    assert (found.files.tolist(), found.how.tolist()) == ([file], [how])


@pytest.mark.parametrize("pair", [("aBC5.png", "ABC5.png"), ("a b.png", "a%20b.png")])
def test_a_looser_spelling_takes_no_file_that_another_row_names(tmp_path, pair):
    folder = lay_out(tmp_path, pair[0])
    assert paired(folder, *pair) == [pair[0], None]
    assert paired(folder, pair[1]) == [pair[0]]
    both = lay_out(tmp_path, *pair)
    if len(both) == 2:
        assert paired(both, *pair) == list(pair)
        assert paired(both, pair[0].upper().replace(" ", "%20")) in ([None], [pair[1]])


def test_a_looser_spelling_takes_no_file_that_an_ambiguous_name_may_mean(tmp_path):
    folder = lay_out(tmp_path, "p/1.png", "q/1.png")
    assert paired(folder, "1", "P/1.png") == [None, None]
    assert paired(folder, "P/1.png") == ["p/1.png"]


def test_letters_that_only_look_alike_in_another_case_are_others(tmp_path):
    assert paired(lay_out(tmp_path, "Strasse.png"), "Straße.png") == [None]
    assert paired(lay_out(tmp_path, "x2.png"), "x².png") == [None]


def test_links_are_followed_and_two_links_to_one_file_are_one(tmp_path):
    lay_out(tmp_path / "blobs", "1.png", "2.png")
    root = tmp_path / "snapshot"
    (root / "a").mkdir(parents=True)
    (root / "a" / "x.png").symlink_to(tmp_path / "blobs" / "1.png")
    (root / "x.png.copy").mkdir()
    (root / "x.png.copy" / "x.png").symlink_to(tmp_path / "blobs" / "1.png")
    (root / "linked").symlink_to(tmp_path / "blobs", target_is_directory=True)
    (root / "linked-again").symlink_to(root, target_is_directory=True)
    (root / "gone.png").symlink_to(tmp_path / "nowhere.png")
    folder = ImageFolder(root)
    assert paired(folder, "x.png", "linked/2.png", "2.png", "gone.png") == [
        "a/x.png",
        "linked/2.png",
        "linked/2.png",
        None,
    ]
    assert folder.broken == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
def test_names_that_are_no_text_are_left_out_and_counted(tmp_path):
    lay_out(tmp_path, "1.png")
    odd = tmp_path / os.fsdecode(b"\xfcber")
    odd.mkdir()
    (odd / "2.png").write_text("2")
    folder = ImageFolder(tmp_path)
    assert (paired(folder, "1.png", "2.png"), folder.misnamed) == (["1.png", None], 1)


def test_a_row_that_names_a_file_is_not_looked_for_by_its_ids(tmp_path):
    folder = lay_out(tmp_path, "1.png", "7.png")
    rows = [{"image": "1.png", "image_id": "8"}, {"image": "2.png", "image_id": "7"}, {"image_id": "7"}]
    assert pair_images(listing_of(rows), folder).files.tolist() == ["1.png", None, "7.png"]


def test_ids_serve_where_no_file_of_the_table_is_there(tmp_path):
    rows = [{"image": f"photo{n}.png", "image_id": str(n)} for n in (1, 2)]
    assert pair_images(listing_of(rows), lay_out(tmp_path, "1.png", "2.png")).files.tolist() == ["1.png", "2.png"]


def test_addresses_that_end_alike_are_told_apart_by_the_manifest_alone(tmp_path):
    urls = [f"https://x.org/n{n}/1000.jpg" for n in range(3)]
    folder = lay_out(tmp_path, "1000.jpg", "other.jpg")
    assert paired(folder, *urls, column="image_url") == [None] * 3
    write_manifest(tmp_path, {urls[0]: "1000.jpg", urls[1]: "other.jpg"})
    assert paired(folder, *urls, column="image_url") == ["1000.jpg", "other.jpg", None]
    assert paired(folder, "https://y.org/1000.jpg", column="image_url") == [None], "fetched from elsewhere"


def test_the_last_part_of_an_address_finds_what_a_browser_saved(tmp_path):
    folder = lay_out(tmp_path, "n0.jpg", "image.php?id=3", "b c.png")
    cells = ("https://x.org/n0.jpg", "https://x.org/image.php?id=3", "https://x.org/b%20c.png?w=1")
    found = pairing(folder, "image_url", *cells)
    assert found.files.tolist() == ["n0.jpg", "image.php?id=3", "b c.png"]
    assert found.how.tolist() == [None] * 3
    assert paired(folder, "https://x.org/n0.webp", column="image_url") == [None], "another file, for all one knows"


STEMS = ["a", "A", "é", "b c", "ß", "1", "10", "x.y", "100%25"]
FOLDERS = ["", "p/", "P/", "q/", "p/q/", "2024 01/", "é/"]
SUFFIXES = [".png", ".jpg", ".PNG"]
PATHS = st.builds("{}{}{}".format, st.sampled_from(FOLDERS), st.sampled_from(STEMS), st.sampled_from(SUFFIXES))
WAYS: dict[str, Callable[[str], str]] = {
    "path": str,
    "elsewhere": "/data/elsewhere/{}".format,
    "Windows": lambda path: "C:\\news\\" + path.replace("/", "\\"),
    "name": lambda path: path.rsplit("/", 1)[-1],
    "stem": lambda path: path.rsplit("/", 1)[-1].rsplit(".", 1)[0],
    "upper case": lambda path: "".join(letter.upper() if letter != "ß" else letter for letter in path),
    "taken apart": lambda path: unicodedata.normalize("NFD", path),
    "percent": quote,
    "address": lambda path: f"https://x.org/{quote(path)}",
}


def says(cell: str, file: str) -> bool:
    """Whether a cell as it stands is the end of the file's path, with or without its ending."""
    name = cell.removeprefix("https://x.org").replace("\\", "/").lstrip("/")
    return any(f"/{path}".endswith(f"/{name}") for path in (file, file.rsplit(".", 1)[0]))


@trials
@given(st.data())
@pytest.mark.parametrize("all_named", [True, False])
def test_no_article_is_paired_with_an_image_that_its_table_did_not_name(tmp_path_factory, all_named, data):
    """An author names files of a library; some got lost since. Every file holds its own path.

    Where the table names all files of the library, every image is right or left out, unless the cell itself says
    another. Where it does not, a file that nobody names may be taken for a lost one of its name: then that is counted.
    """
    library = data.draw(st.lists(PATHS, min_size=1, max_size=10, unique=True))
    lost = data.draw(st.sets(st.sampled_from(library), max_size=4))
    below = data.draw(st.sampled_from(["", "photos/"]))
    ways = data.draw(st.lists(st.sampled_from(list(WAYS)), min_size=1, max_size=2))  # of one table, by one or two tools
    named = library if all_named else data.draw(st.lists(st.sampled_from(library), min_size=1))
    rows = [(true, WAYS[data.draw(st.sampled_from(ways))](true)) for true in named]
    with tempfile.TemporaryDirectory() as made:
        folder = lay_out(Path(made) / "images", *(below + path for path in library if path not in lost))
        table = Path(made) / "t.csv"
        cells = [cell for _, cell in rows]
        texts = data.draw(
            st.lists(st.sampled_from(['a "b"', "c, d", "e\nf", "'"]), min_size=len(rows), max_size=len(rows))
        )
        pd.DataFrame({"id": range(len(rows)), "title": texts, "image": cells}).to_csv(table, index=False)
        found = pair_images(read(table, ColumnNames()), ImageFolder(folder.root))
        for (true, cell), file, how in zip(rows, found.files, found.how, strict=True):
            if file is None:
                continue
            seen = (folder.root / file).read_text(encoding="utf-8").removeprefix(below)
            indistinct = any(other == cell and seen == its for its, other in rows)
            by_chance = not all_named and (how or cell.rsplit("/", 1)[-1] == quote(seen.rsplit("/", 1)[-1]))
            assert seen == true or indistinct or says(cell, seen) or by_chance, (cell, seen, how)
