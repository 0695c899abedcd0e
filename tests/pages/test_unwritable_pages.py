"""Pages over a full, read-only or deleted workspace or cache: they show the data and report what fails."""

import shutil

import pytest

from core.data.importers import import_domain
from core.jobs import background
from core.jobs.job import Job
from core.workspace.folders import Workspace
from core.workspace.runs import Run
from core.workspace.tags import read_tags
from pages.changes.operations import apply_operations
from pages.shared import images, session
from tests.disks import READ_ONLY, SmallDisk, fail_to_write, mounted
from tests.pages.conftest import Open, fail_job
from tests.pages.test_every_page import ALL
from tests.written_runs import write_run


@pytest.fixture
def disk(tmp_path):
    with mounted(tmp_path / "disk", 8) as small:
        yield small


@pytest.fixture
def on_disk(disk: SmallDisk, shapes, monkeypatch) -> Run:
    """Write a domain with a run and a failed training on the small disk."""
    workspace = Workspace(disk.folder / "workspace", disk.folder / "cache")
    monkeypatch.setenv("REMATCH_WORKSPACE", str(workspace.root))
    monkeypatch.setenv("REMATCH_CACHE", str(workspace.cache))
    images._small.cache_clear()
    folder = workspace.root / "jobs" / "train-shapes"
    fail_job(folder, "the weights are gone; train again.")
    (folder / "running.lock").touch()
    domain = import_domain(shapes, workspace.domain_folder("shapes"), language="en").domain
    return write_run(workspace, domain)


def workspace_of(run: Run) -> Workspace:
    workspace = run.folder.parents[2]
    return Workspace(workspace, workspace.with_name("cache"))


def reported(app) -> str:
    elements = (*app.error, *app.warning, *app.toast)
    return " ".join(element.value for element in elements).replace("\\", "")


def button(app, label: str):
    return next(each for each in app.button if each.label == label)


@pytest.mark.parametrize("page", ALL)
def test_every_page_shows_a_read_only_workspace(page, open_page: Open, on_disk, disk):
    with disk.read_only():
        app = open_page(page)
        assert not app.exception
        assert app.title
        assert [each.value for each in app.error if "weights are gone" not in each.value] == []
        assert not [each for each in app.warning if each.value == images.GONE]


@pytest.mark.parametrize("page", ["overview", "alpha", "findings", "data"])
def test_pages_show_their_content_on_a_full_disk(page, open_page: Open, on_disk, disk):
    with disk.with_room_for(0):
        app = open_page(page)
        assert not app.exception
        assert app.title
        assert [each.value for each in app.error if "weights are gone" not in each.value] == []


def test_a_training_that_cannot_be_started_says_why(open_page: Open, on_disk, disk):
    with disk.read_only():
        app = open_page("train")
        assert "weights are gone" in reported(app)
        button(app, "Start training").click().run()
        assert not app.exception
        assert "not be started" in reported(app)
        assert "read-only" in reported(app)
        button(app, "Close").click().run()
        assert not app.exception
        assert "read-only" in reported(app)
    assert background.status(workspace_of(on_disk), Job("train", "shapes")).state == "failed"


def test_an_import_that_cannot_be_started_says_why(open_page: Open, on_disk, disk, shapes):
    with disk.read_only():
        app = open_page("data", part="Import")
        app.text_input(key="import_path").set_value(str(shapes))
        app.text_input(key="import_slug").set_value("more")
        button(app, "Import").click().run()
        assert not app.exception
        assert "read-only" in reported(app)


def test_a_tag_that_cannot_be_saved_is_reported(run, workspace, monkeypatch):
    fail_to_write(monkeypatch, READ_ONLY)
    operation = {"n": 1, "kind": "tag", "article": "7", "tag": "person", "is_set": True}
    apply_operations(workspace, "shapes", ["7"], {"client": "x", "operations": [operation]})
    sentence, is_error = session.TAG_NOTICE.get()
    assert is_error
    assert "read-only" in sentence
    assert read_tags(workspace, "shapes") == {}


@pytest.mark.parametrize("page", ["overview", "alpha", "changes", "findings"])
def test_a_cache_that_is_deleted_under_the_app_is_made_again(page, open_page: Open, run, workspace):
    app = open_page(page)
    shutil.rmtree(workspace.cache, ignore_errors=True)
    images._small.cache_clear()
    app.run()
    assert not app.exception
    assert not app.error
    assert not [each for each in app.warning if each.value == images.GONE]
