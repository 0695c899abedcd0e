"""Importing on the Data page: what is refused before a job, uploads of test sets, and how ended imports are shown."""

import io
import os
import re
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core.data.domain import Domain
from core.data.importers import ColumnNames, ImportChoices, SourceOptions
from core.jobs import background
from core.jobs.job import Job
from core.workspace.folders import Workspace
from pages.shared.errors import without_paths
from pages.shared.form_words import in_form_words
from tests.pages.conftest import fail_job
from tests.pages.test_data import open_page, submit, written, zip_of

OPTION = re.compile(r"(?<!\S)\(?--[a-z]")


def failed(page: AppTest) -> str:
    return page.error[0].value.replace("\\", "")


def test_an_upload_that_the_browser_refused_leads_to_a_folder(workspace: Workspace) -> None:
    """The browser refuses the file, so the server only knows that there is none."""
    page = open_page()
    page.segmented_control(key="import_from").set_value("Upload").run()
    page = submit(page, slug="large")
    assert "at most 50 MB" in failed(page)
    assert "folder on the machine" in failed(page)
    assert "import_upload" not in [each.key for each in page.get("file_uploader")], "what was refused is forgotten"
    assert page.text_input(key="import_slug").value == "large"
    assert not page.segmented_control(key="import_from").set_value("On this machine").run().error


def test_the_form_and_its_errors_name_fields_and_no_options(shapes_domain: Domain, shapes: Path) -> None:
    page = submit(open_page(part="Import"), path=str(shapes), slug="shapes")
    assert "“Replace the domain if it exists”" in failed(page)
    page = submit(page, path=str(shapes), slug="new", column_title="kopf")
    assert "“title column”" in failed(page) or "kopf" in failed(page)
    texts = [element.label for kind in (page.text_input, page.checkbox, page.selectbox) for element in kind]
    helps = [element.help or "" for kind in (page.text_input, page.checkbox, page.selectbox) for element in kind]
    assert not [text for text in [*texts, *helps, written(page)] if OPTION.search(text)]


@pytest.mark.parametrize(
    ("core", "page"),
    [
        ("it exists; add --replace to import it.", "it exists; choose “Replace the domain if it exists” to import it."),
        ("Name it with --images DIR, or --image-column.", "Name it with “Folder of the images”, or “image column”."),
        ("add --ignore-split", "clear “Use the table's own column split”"),
        ("again with --day-first.", "again with “Dates such as 3/4/2023: day first”."),
        ("--unheard-of, 3--4", "--unheard-of, 3--4"),
        ("do: rematch import X --images Y", "do: rematch import X --images Y"),
    ],
)  # fmt: skip
def test_sentences_of_the_library_in_the_words_of_the_form(core: str, page: str) -> None:
    assert in_form_words(core) == page


def test_no_folder_of_an_upload_is_named(workspace: Workspace) -> None:
    folder = workspace.root / "uploads" / "upload-2kdt6_v5"
    assert without_paths(f"{folder}/t.csv is empty") == "t.csv is empty"
    assert "upload-" not in without_paths(f"looked in and below {folder}: none")


def test_a_folder_of_images_that_is_not_there_is_reported_at_once(
    shapes: Path, workspace: Workspace, tmp_path: Path
) -> None:
    page = submit(open_page(), path=str(shapes), slug="shapes", images=str(tmp_path / "gone"))
    assert "'gone' does not exist" in failed(page)
    assert not (workspace.root / "jobs").exists()


def upload_lists(page: AppTest, shapes: Path, lists: dict[str, tuple[str, bytes]]) -> AppTest:
    page.segmented_control(key="import_from").set_value("Upload").run()
    for option, (name, content) in lists.items():
        page.file_uploader(key=f"import_{option}").upload(name, content)
    page.file_uploader(key="import_upload").upload("shapes.zip", zip_of(shapes.parent))
    return submit(page, slug="shapes", language="en")


def images_zip(test_set: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for file in [test_set / "images.csv", *test_set.glob("*.png")]:
            archive.write(file, file.name)
    return content.getvalue()


def test_a_test_set_is_uploaded_as_files(shapes: Path, workspace: Workspace, test_set: Path, at_once: None) -> None:
    lists = {
        "test_articles": ("articles.csv", (test_set / "articles.csv").read_bytes()),
        "test_images": ("images.zip", images_zip(test_set)),
        "ground_truth": ("gt.csv", (test_set / "gt.csv").read_bytes()),
    }
    page = upload_lists(open_page(), shapes, lists)
    assert "4 articles, 5 images" in written(page)
    domain = workspace.load_domain("shapes")
    assert domain.test_images is not None
    assert all((domain.images_root / file).is_file() for file in domain.test_images["image_file"])
    assert list((workspace.root / "uploads").iterdir()) == []


def test_a_list_without_its_images_is_refused_at_once(shapes: Path, workspace: Workspace, test_set: Path) -> None:
    names = ("articles", "images")
    lists = {f"test_{name}": (f"{name}.csv", (test_set / f"{name}.csv").read_bytes()) for name in names}
    page = upload_lists(open_page(), shapes, lists)
    assert "'images.csv' has no images" in failed(page)
    assert not (workspace.root / "jobs").exists()
    assert list((workspace.root / "uploads").iterdir()) == []


@pytest.fixture
def ended(workspace: Workspace) -> list[str]:
    """Write four imports of other sessions, oldest first: three failed, one was cancelled. Return their slugs."""
    slugs = ["one", "two", "three", "four"]
    for number, slug in enumerate(slugs):
        folder = workspace.root / "jobs" / f"import-{slug}"
        fail_job(folder, f"reason {slug}; add --replace.")
        os.utime(folder / "log.txt", (1e9 + number, 1e9 + number))
        if slug == "two":
            (folder / "cancelled.txt").touch()
    return slugs


def test_failed_imports_of_others_share_a_line(ended: list[str], workspace: Workspace) -> None:
    page = open_page()
    lines = [box.label for box in page.expander][:2]
    assert "'four' was not imported" in lines[0].replace("\\", "")
    assert lines[1].startswith("3 earlier imports")
    assert "2 failed" in lines[1]
    assert not any(expander.proto.expanded for expander in page.expander[:2])
    assert "reason one; choose “Replace" in written(page)
    assert [info for info in page.info if "cancelled" in info.value], "which is no error"
    page.button(key="close_import-one").click().run()
    assert "reason one" not in written(page)
    page.button(key="close_all_import").click().run()
    assert not [box for box in page.expander if "imported" in box.label or "earlier" in box.label]
    assert {background.status(workspace, Job("import", slug)).state for slug in ended} == {"never started"}


def test_ones_own_import_is_open_above_those_of_others(ended: list[str], shapes: Path, at_once: None) -> None:
    page = submit(open_page(), path=str(shapes), slug="shapes", language="en")
    lines = page.expander[:2]
    assert "'shapes' was imported" in lines[0].label.replace("\\", "")
    assert lines[0].proto.expanded
    assert lines[1].label.startswith("4 earlier imports")


def test_what_is_chosen_of_the_source_reaches_the_verb(shapes: Path, workspace: Workspace, at_once: None) -> None:
    page = open_page()
    page.selectbox(key="import_captions").set_value("first")
    page.checkbox(key="import_truncated").check()
    submit(page, path=str(shapes), slug="shapes", encoding="utf-8", language="en")
    assert (workspace.domain_folder("shapes") / "images").is_dir(), "images that are given an end are copies"
    assert SourceOptions("utf-8", "first", True).options() == [
        "--encoding=utf-8",
        "--captions=first",
        "--truncated-images",
    ]
    assert [*SourceOptions().options(), *ImportChoices().options(), *ColumnNames().options()] == []
