"""Test sets whose lists come as ZIPs, as they are uploaded: with their images, together or apart."""

import zipfile
from pathlib import Path

import pytest

from core.data.domain import Domain
from core.data.images.decoding import open_image
from core.data.importers import TestSet, check_first, import_domain
from core.data.importers.source_table import ColumnNames
from core.errors import InputError
from core.workspace.folders import Workspace
from tests.shapes import draw

Lists = dict[str, str]
ARTICLES = {"articles.csv": "id,title\n" + "\n".join(f"{900 + n},a circle" for n in range(4))}
IMAGES = {"lists/images.csv": "image_id\n" + "\n".join(f"t{n}" for n in range(5))}

#: As an edition of NewsImages names its columns, which tells its two lists apart.
RELEASED = {
    "articles.tsv": "articleID\ttitle\ttext\n" + "\n".join(f"{900 + n}\ta circle\tround" for n in range(4)),
    "images.tsv": "iid\timgFile\n" + "\n".join(f"t{n}\tt{n}.png" for n in range(5)),
}


def packed(path: Path, lists: Lists, image_count: int = 0) -> Path:
    """A ZIP of lists, and of images in a folder beside theirs."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in lists.items():
            archive.writestr(name, text)
        for n in range(image_count):
            draw("red", "circle", n).save(path.with_name(f"t{n}.png"))
            archive.write(path.with_name(f"t{n}.png"), f"pixels/t{n}.png")
            path.with_name(f"t{n}.png").unlink()
    return path


def imported(shapes: Path, workspace: Workspace, test: TestSet) -> Domain:
    return import_domain(shapes, workspace.domain_folder("shapes"), language="en", test=test).domain


@pytest.mark.parametrize("together", [True, False])
def test_lists_and_images_are_taken_from_zips(
    shapes: Path, workspace: Workspace, tmp_path: Path, together: bool
) -> None:
    if together:
        test = TestSet(packed(tmp_path / "test.zip", RELEASED, 5))
    else:
        articles = tmp_path / "articles.csv"
        articles.write_text(ARTICLES["articles.csv"])
        test = TestSet(articles, packed(tmp_path / "images.zip", IMAGES, 5))
    domain = imported(shapes, workspace, test)
    assert (domain.articles["split"] == "test").sum() == 4
    images = domain.test_images
    assert images is not None
    assert sorted(images["image_id"]) == [f"t{n}" for n in range(5)]
    for file in [*images["image_file"], domain.articles["image_file"].iloc[0]]:
        assert open_image(domain.images_root / file).size == (48, 40)
    assert domain.images_root.is_relative_to(domain.folder), "what was unpacked is gone"
    assert [path.name for path in domain.folder.parent.iterdir()] == ["shapes"]


def test_a_zip_without_lists_is_refused_by_its_name(shapes: Path, workspace: Workspace, tmp_path: Path) -> None:
    test = TestSet(packed(tmp_path / "none.zip", {"a.html": "x"}))
    check_first(shapes, workspace.domain_folder("shapes"), ColumnNames(), None, False, test)
    with pytest.raises(InputError, match=r"^none\.zip.*list"):
        imported(shapes, workspace, test)
    with pytest.raises(InputError, match=r"^lists/images\.csv.*--id-column"):
        imported(shapes, workspace, TestSet(packed(tmp_path / "odd.zip", IMAGES, 1)))
    assert workspace.domain_slugs() == []
