"""The Data page: import with the checks of the command line, and the contents of a domain."""

import io
import shutil
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.data.domain import Domain, save_domain
from core.data.images.decoding import open_image
from core.data.importers import ColumnNames, import_domain
from core.data.query_text import Reading
from core.jobs import background
from core.jobs.job import Job
from core.training.settings import default_settings
from core.workspace.folders import Workspace
from core.workspace.run_names import reserve_folder
from core.workspace.runs import Run, RunInfo, now, save_run
from pages.data.import_request import ImportRequest
from tests.pages.conftest import open_at


def open_page(**parameters: str) -> AppTest:
    page = open_at("data", **parameters)
    assert not page.exception
    return page


def written(page: AppTest) -> str:
    """Return all texts of the page."""
    kinds = (page.text, page.markdown, page.caption, page.info, page.warning, page.success, page.error)
    return "\n".join(str(element.value) for elements in kinds for element in elements).replace("\\", "")


def submit(page: AppTest, **values: str) -> AppTest:
    for key, value in values.items():
        page.text_input(key=f"import_{key}").set_value(value)
    page = next(button for button in page.button if button.label == "Import").click().run()
    assert not page.exception
    return page


def until_ended(page: AppTest, workspace: Workspace, slug: str) -> AppTest:
    end = time.monotonic() + 60
    while background.status(workspace, Job("import", slug)).state == "running":
        assert time.monotonic() < end
        time.sleep(0.1)
    return page.run()


@pytest.fixture
def german(shapes: Path, workspace: Workspace) -> Domain:
    """Shapes with dates and German titles, and one image that an article of val shares with one of train."""
    domain = import_domain(shapes, workspace.domain_folder("formen"), title="Formen & Töne 🎉", language="de").domain
    articles = domain.articles.copy()
    articles["title"] = [f"Größe {number} *fett* 🎉" for number in range(len(articles))]
    articles["published_at"] = pd.date_range("2022-01-01", periods=len(articles), freq="7D", tz="UTC")
    articles["image_hash"] = [f"hash {number}" for number in range(len(articles))]
    articles.loc[59, "image_hash"] = "hash 0"
    changed = replace(domain, articles=articles)
    save_domain(changed)
    return changed


def test_an_empty_workspace_offers_the_import() -> None:
    page = open_page()
    assert "There is no domain yet" in written(page)
    assert page.text_input(key="import_path").label.startswith("Folder, table or ZIP")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"path": "/no/such/folder", "slug": "my-news"}, "does not exist"),
        ({"path": "", "slug": "my-news"}, "Type the path"),
        ({"path": "SHAPES", "slug": "../evil"}, "'../evil'"),
        ({"path": "SHAPES", "slug": "a b"}, "cannot name a domain"),
        ({"path": "SHAPES", "slug": "my-news", "language": "German"}, "'german'"),
        ({"path": "SHAPES", "slug": "my-news", "column_title": "kopf"}, "'kopf'"),
    ],
)
def test_what_cannot_be_imported_is_reported_at_once(
    shapes: Path, workspace: Workspace, values: dict[str, str], message: str
) -> None:
    page = submit(open_page(), **(values | {"path": values["path"].replace("SHAPES", str(shapes))}))
    assert message in page.error[0].value.replace("\\", "")
    assert not (workspace.root / "jobs").exists()


def test_an_import_runs_as_a_job_and_its_report_and_domain_are_shown(shapes: Path, workspace: Workspace) -> None:
    page = submit(open_page(), path=str(shapes), slug="shapes", title="Töne", language="en")
    page = until_ended(page, workspace, "shapes")
    assert "60 of 60 articles" in written(page)
    assert page.button(key="train_shapes")
    assert workspace.load_domain("shapes").info.title == "Töne"
    page = page.button(key="open_shapes").click().run()
    assert not page.exception
    assert "'shapes' was imported" not in written(page)
    assert "60 articles, in order of article_id." in written(page)


def test_the_audit_of_an_import_is_shown(shapes: Path, workspace: Workspace) -> None:
    table = pd.read_csv(shapes, dtype=str)
    table.loc[3, "image_file"] = "4.PNG"
    table["split"] = ["train"] * 48 + ["val"] * 12
    table.loc[59, "image_file"] = "1.png"
    table.to_csv(shapes.parent / "odd.csv", index=False)
    import_domain(shapes.parent / "odd.csv", workspace.domain_folder("odd"), images=shapes.parent / "images")
    (shapes.parent / "odd.csv").unlink()
    page = open_page(domain="odd")
    text = written(page)
    assert "60 rows from 61 lines" in text
    assert "letter case" in text
    assert "column split" in text
    assert any("1 of 12 images of val" in warning.value for warning in page.warning)
    assert [label for label in (box.label for box in page.expander) if label == "12 pairs to check"]


def test_an_import_that_was_cancelled_says_so(shapes: Path, workspace: Workspace, at_once: None) -> None:
    page = submit(open_page(), path=str(shapes), slug="shapes")
    folder = workspace.root / "jobs" / "import-shapes"
    (folder / "status.txt").unlink()
    (folder / "cancelled.txt").touch()
    assert "'shapes' was not imported: a user cancelled" in written(open_page()), "in a later session too"
    page = page.run().button(key="close_import-shapes").click().run()
    assert "was not imported" not in written(page)


def test_the_form_asks_for_dates_and_split(shapes: Path, workspace: Workspace, at_once: None) -> None:
    page = open_page()
    page.selectbox(key="import_day_order").set_value("day first")
    page.checkbox(key="import_split_groups").uncheck()
    page.checkbox(key="import_own_split").uncheck()
    submit(page, path=str(shapes), slug="shapes")
    assert workspace.load_domain("shapes").info.options == ["--day-first", "--split-groups=none", "--ignore-split"]


def test_an_existing_domain_is_only_replaced_on_request(shapes_domain: Domain, shapes: Path, at_once: None) -> None:
    values = {"path": str(shapes), "slug": "shapes", "title": "again"}
    page = submit(open_page(part="Import"), **values)
    assert "'shapes'" in page.error[0].value.replace("\\", "")
    page.checkbox(key="import_replace").check()
    page = submit(page, **values)
    assert "'shapes' was imported" in written(page)


def test_what_replacing_does_to_runs_is_reported(shapes_domain: Domain, shapes: Path, workspace: Workspace) -> None:
    folder = reserve_folder(workspace, "shapes", "lite", "head")
    settings = default_settings("lite", "head")
    save_run(
        Run(
            RunInfo(
                "shapes", folder.name, now(), "lite", Reading("title"), False, True, "cpu", settings, "", "", "", {}
            ),
            folder,
        )
    )
    page = submit(open_page(part="Import"), path=str(shapes), slug="shapes")
    assert "'shapes' has 1 run" in written(page)


def test_the_button_leads_to_training(german: Domain) -> None:
    page = open_page()
    page = next(button for button in page.button if button.label.startswith("Train with")).click().run()
    assert not page.exception
    assert page.title[0].value == "Train"
    assert page.query_params["domain"] == "formen"


def test_an_import_that_fails_says_why_and_that_the_old_domain_is_there(
    shapes_domain: Domain, tmp_path: Path, at_once: None
) -> None:
    (tmp_path / "t.csv").write_text("id,title,image\n1,=eins,1.png\n")
    page = open_page(part="Import")
    page.checkbox(key="import_replace").check()
    page = submit(page, path=str(tmp_path / "t.csv"), slug="shapes")
    assert "no image found" in written(page)
    assert "unchanged" in written(page)
    page = page.button(key="close_import-shapes").click().run()
    assert "was not imported" not in written(page)


def zip_of(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return content.getvalue()


def upload(page: AppTest, name: str, content: bytes, **values: str) -> AppTest:
    page.segmented_control(key="import_from").set_value("Upload").run()
    page.file_uploader(key="import_upload").upload(name, content)
    return submit(page, **values)


def test_an_uploaded_zip_becomes_a_domain_and_nothing_else_is_left(
    shapes: Path, workspace: Workspace, at_once: None
) -> None:
    page = upload(open_page(), "Köln.zip", zip_of(shapes.parent), slug="packed", language="en")
    assert "60 of 60 articles" in written(page)
    domain = workspace.load_domain("packed")
    assert open_image(domain.images_root / domain.articles["image_file"].iloc[0]).size == (48, 40)
    assert list((workspace.root / "uploads").iterdir()) == []
    assert [path.name for path in domain.folder.parent.iterdir()] == ["packed"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("bad.zip", b"no zip", "bad.zip"),
        ("t.csv", b"id,title\n1,a\n", "column for the image"),
        ("t.csv", b"id,title,image\n1,a,1.png\n", "'t.csv'"),
    ],
)
def test_an_upload_that_cannot_be_used_is_reported_and_removed(
    workspace: Workspace, at_once: None, name: str, content: bytes, message: str
) -> None:
    page = upload(open_page(), name, content, slug="packed")
    assert message in written(page)
    assert list((workspace.root / "uploads").iterdir()) == []
    assert workspace.domain_slugs() == []


def test_an_uploaded_table_finds_its_images_in_the_named_folder(
    shapes: Path, workspace: Workspace, at_once: None
) -> None:
    page = upload(open_page(), "t.csv", shapes.read_bytes(), slug="shapes", images=str(shapes.parent / "images"))
    assert "60 of 60 articles" in written(page)
    assert workspace.load_domain("shapes").images_root == shapes.parent / "images"


def test_a_test_set_comes_with_an_import_and_its_truth_later(
    shapes: Path, workspace: Workspace, test_set: Path, at_once: None
) -> None:
    lists = {"test_articles": f"{test_set}/articles.csv", "test_images": f'"{test_set}/images.csv"'}
    page = submit(open_page(), path=str(shapes), slug="shapes", language="en", **lists)
    assert "ground truth known for none" in written(page)
    page = open_page()
    assert "ground truth known for none" in written(page)

    page = add_truth(page, b"article,iid\n1,2\n")
    assert "none of the 4 test articles" in page.error[0].value.replace("\\", "")
    page = add_truth(page, b"article,iid\n900,t0\n900,t1\n")
    assert page.error[0].value.replace("\\", "").startswith("gt.csv, line 3")
    page = add_truth(page, (test_set / "gt.csv").read_bytes())
    assert "The ground truth of 'shapes' was added" in written(page)
    assert "3 of 4 test articles" in written(page)
    assert "rematch sweep --domain shapes" in [code.value for code in page.code]
    assert "ground truth known for 3" in written(page)
    assert list((workspace.root / "uploads").iterdir()) == []
    assert len(workspace.load_domain("shapes").labelled("test")) == 3


def add_truth(page: AppTest, content: bytes) -> AppTest:
    page.file_uploader(key="truth_upload").upload("gt.csv", content)
    page = next(button for button in page.button if button.label == "Add the ground truth").click().run()
    assert not page.exception
    return page


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ({"test_images": "TEST/images.csv"}, "with “Its articles”"),
        ({"test_articles": "TEST/nowhere.csv"}, "nowhere.csv, it does not exist"),
        ({"test_articles": "TEST/images.csv"}, "images.csv has no column for the id"),
        ({"test_articles": "TEST/articles.csv"}, "articles.csv has no column for the image"),
        (
            {
                "test_articles": "TEST/articles.csv",
                "test_images": "TEST/images.csv",
                "ground_truth": "TEST/images.csv",
            },
            "images.csv has no ground truth",
        ),
    ],
)
def test_a_list_that_cannot_be_used_is_reported_before_anything_is_decoded(
    shapes: Path, workspace: Workspace, test_set: Path, lists: dict[str, str], message: str
) -> None:
    values = {name: path.replace("TEST", str(test_set)) for name, path in lists.items()}
    page = submit(open_page(), path=str(shapes), slug="shapes", **values)
    assert message in page.error[0].value.replace("\\", "")
    assert not (workspace.root / "jobs").exists()


def test_a_domain_without_a_test_set_asks_for_no_truth(shapes_domain: Domain) -> None:
    assert "Test set" not in [heading.value for heading in open_page().subheader]


def test_every_value_is_joined_to_its_option() -> None:
    columns = ColumnNames(title_en="--json")
    request = ImportRequest("news", "-x", "de", "", True, False, columns, {"test-articles": "/-t", "test-images": ""})
    assert request.verb(Path("/a b")) == [
        "import", "/a b", "--domain=news", "--title=-x", "--language=de", "--test-articles=/-t",
        "--title-en-column=--json", "--copy-images",
    ]  # fmt: skip


def test_the_domain_says_its_splits_its_language_and_its_encoder(german: Domain) -> None:
    page = open_page()
    text = written(page)
    assert page.header[0].value.replace("\\", "") == "Formen & Töne 🎉"
    assert "60 articles, 2022-01-01 to 2023-02-18" in text
    assert "train 48 (80%), val 12 (20%), test none" in text
    assert "de 60" in text
    assert "0 of 60 articles in 'de'" in text
    assert page.text_input(key="translate_model").value == "Helsinki-NLP/opus-mt-de-en"
    assert "Train with lite-multilingual" in [button.label for button in page.button]
    assert len(page.get("plotly_chart")) == 1


def test_translating_starts_a_job_that_is_followed_to_its_end(
    german: Domain, workspace: Workspace, marian: Path
) -> None:
    page = open_page()
    page.text_input(key="translate_model").set_value(str(marian))
    next(button for button in page.button if button.label == "Translate into English").click()
    page.run()
    until = time.monotonic() + 90
    while (
        background.status(workspace, Job("translate", german.info.slug)).state == "running" and time.monotonic() < until
    ):
        time.sleep(0.2)
    page = open_page()
    assert not page.exception
    assert "was translated" in page.success[0].value
    assert f"translated by {marian}" in written(page)


def test_a_domain_without_dates_says_what_the_order_is(shapes_domain: Domain) -> None:
    assert "60 articles, in order of article_id." in written(open_page())


def test_rows_left_out_are_shown_with_their_reason(shapes: Path, workspace: Workspace, tmp_path: Path) -> None:
    table = pd.read_csv(shapes, dtype=str)
    table.loc[0, "image_file"] = "=gone.png"
    table.to_csv(tmp_path / "t.csv", index=False)
    import_domain(tmp_path / "t.csv", workspace.domain_folder("some"), images=shapes.parent / "images")
    page = open_page()
    assert "59 of 60 articles" in written(page)
    assert page.dataframe[0].value["reason"].tolist() == ["image not found"]
    assert page.get("download_button")


def test_samples_are_the_same_until_the_user_draws_others(german: Domain) -> None:
    page = open_page(part="Articles")
    first = [text.value for text in page.text]
    assert len(page.get("image")) == 12
    assert first == [text.value for text in page.run().text]
    next(button for button in page.button if button.label == "Show other articles").click().run()
    assert first != [text.value for text in page.text]


def test_words_find_articles_and_a_headline_is_shown_as_it_is_written(german: Domain) -> None:
    page = open_page(part="Articles", find="GRÖSSE 59")
    assert "1 of 60 articles match" in written(page)
    assert "Größe 59 *fett* 🎉" in [text.value for text in page.text]
    page = page.text_input(key="find").set_value("fett").run()
    assert len(page.get("image")) == 12
    page = page.text_input(key="find").set_value("nirgends").run()
    assert "“nirgends”" in written(page)


def test_an_image_that_is_gone_is_reported(shapes: Path, workspace: Workspace, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(shapes.parent, tmp_path / "copy"))
    import_domain(copy, workspace.domain_folder("shapes"))
    shutil.rmtree(copy)
    assert len(open_page(part="Articles").warning) == 12


def test_duplicates_that_leak_are_counted_and_shown(german: Domain) -> None:
    page = open_page(part="Duplicates")
    assert "2 articles in 1 group share an identical image" in written(page)
    assert "1 article outside train" in written(page)
    assert "No two of 60 articles share an identical text" in written(page)
    assert len(page.get("image")) == 2
    assert page.get("download_button")


@pytest.mark.parametrize("parameters", [{"part": "nowhere"}, {"domain": "nowhere"}, {"leaks": "7"}])
def test_bad_values_in_the_address_fall_back(shapes_domain: Domain, parameters: dict[str, str]) -> None:
    assert "60 articles" in written(open_page(**parameters))
