"""A ZIP is imported like the folder that was packed, and leaves only the domain behind."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from core.data.images.decoding import open_image
from core.data.importers import ColumnNames, import_domain
from core.errors import InputError
from core.workspace.folders import Workspace


@pytest.fixture
def source(shapes: Path, tmp_path: Path) -> Path:
    """A folder with a table and 60 images below it."""
    return Path(shutil.copytree(shapes.parent, tmp_path / "shapes"))


@pytest.fixture
def folder(workspace: Workspace) -> Path:
    return workspace.domain_folder("packed")


def pack(source: Path, inside: str = ".") -> Path:
    """`source` as a ZIP beside it, its content below `inside`."""
    root = source.parent / "root"
    shutil.copytree(source, root / inside)
    return Path(shutil.make_archive(str(source.parent / "Köln"), "zip", root))


@pytest.mark.parametrize("inside", [".", "my news", "a/b"])
def test_a_zip_gives_the_same_articles_as_its_folder(source, folder, workspace, inside):
    archive = pack(source, inside)
    expected = import_domain(source, workspace.domain_folder("plain"), language="en").domain
    domain = import_domain(archive, folder, language="en").domain
    pd.testing.assert_series_equal(domain.articles["article_id"], expected.articles["article_id"])
    pd.testing.assert_series_equal(domain.articles["image_hash"], expected.articles["image_hash"])
    assert domain.info.source == str(archive)
    assert domain.info.images == "images"
    assert open_image(domain.images_root / domain.articles["image_file"].iloc[0]).size == (48, 40)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["packed", "plain"]
    assert sorted(path.name for path in folder.iterdir()) == [
        "articles.parquet", "domain.toml", "images", "import-audit.toml", "import-report.csv",
    ]  # fmt: skip


def test_images_that_do_not_lie_below_the_table_are_found(source, folder):
    (source / "tables").mkdir()
    (source / "articles.csv").rename(source / "tables" / "articles.csv")
    assert len(import_domain(pack(source), folder).domain.articles) == 60


def test_newsimages_is_found_beside_other_tables(source, folder):
    rows = pd.read_csv(source / "articles.csv", dtype=str)
    lines = ["article_id,article_url,article_title,article_tags,image_id,image_url"]
    lines += [f"{row.article_id},,{row.title},a;b,{row.article_id},x" for row in rows.itertuples()]
    (source / "newsarticles.csv").write_text("\n".join(lines))
    (source / "images").rename(source / "newsimages")
    articles = import_domain(pack(source, "release"), folder).domain.articles
    assert set(articles["text"]) == {"a, b"}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (ColumnNames(title="kopf"), r"^articles\.csv .*'kopf'"),
        (ColumnNames(image="title", text="image_file"), r"no image found .* Köln\.zip "),
    ],
)
def test_a_refusal_names_the_zip_not_the_place_it_was_unpacked_to(source, folder, columns, message):
    with pytest.raises(InputError, match=message):
        import_domain(pack(source), folder, columns=columns)
    assert list(folder.parent.iterdir()) == []


def test_a_zip_with_two_tables_or_none_asks_for_one(source, folder):
    shutil.copy(source / "articles.csv", source / "more.tsv")
    with pytest.raises(InputError, match=r"found articles\.csv, more\.tsv"):
        import_domain(pack(source), folder)
    (source / "articles.csv").unlink()
    (source / "more.tsv").unlink()
    (source / "images" / "fetched-images.json").write_text('{"http://a/1.png": "1.png"}')
    shutil.rmtree(source.parent / "root")
    with pytest.raises(InputError, match="found none"):
        import_domain(pack(source), folder)
    assert list(folder.parent.iterdir()) == []


@pytest.mark.parametrize("language", ["German", "DE", "", "d"])
def test_a_language_is_two_letters(source, folder, language):
    with pytest.raises(InputError, match=f"'{language}'.*two letters"):
        import_domain(source, folder, language=language)


@pytest.mark.parametrize("sign", [":", "?", '"', "|", "*"])
def test_names_with_signs_that_windows_forbids_are_found_by_the_tables_names(source, folder, sign):
    """The images of 3 and 4 differ in that sign alone, so that no other may be found."""
    table = pd.read_csv(source / "articles.csv", dtype=str)
    for number in range(60):
        name = f"photo{sign}{number}.png" if number != 3 else "photo_4.png"
        (source / "images" / table["image_file"][number]).rename(source / "images" / name)
        table.loc[number, "image_file"] = name
    table.to_csv(source / "articles.csv", index=False)
    hashes = import_domain(source, folder.with_name("plain")).domain.articles["image_hash"].tolist()
    intake = import_domain(pack(source), folder)
    assert intake.left_out == {}
    assert intake.domain.articles["image_hash"].tolist() == hashes
    assert sign not in "".join(intake.domain.articles["image_file"])
