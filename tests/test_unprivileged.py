"""A user without privileges can import, list and use the app in one folder; forbidden actions are one-line errors."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shapes import write_shapes
from tests.users import ROOT, Nobody, nobody

LOOK = f"""
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
for page in (None, "data"):
    app = AppTest.from_file({str(ROOT / "app.py")!r}, default_timeout=60)
    app._page_hash = calc_hash(page) if page else ""
    app = app.run()
    assert not app.exception, app.exception
    print([each.value for each in (*app.title, *app.error)])
"""


@pytest.fixture(scope="module")
def user() -> Iterator[Nobody]:
    """Yield a user with an imported domain; next to its folder are the table and `roots`, writable only by root."""
    with nobody() as switched:
        write_shapes(switched.folder.parent / "table", 30)
        (switched.folder.parent / "roots").mkdir()
        table = switched.folder.parent / "table" / "articles.csv"
        imported = switched.run("-m", "core", "import", table, "--domain", "shapes", "--copy-images")
        assert (imported.returncode, imported.stderr) == (0, "")
        yield switched


@pytest.fixture
def table(user: Nobody) -> Path:
    return user.folder.parent / "table" / "articles.csv"


@pytest.fixture
def roots(user: Nobody) -> Path:
    """Return a folder that only root can write."""
    return user.folder.parent / "roots"


def refused(user: Nobody, *words: object, **settings: str) -> str:
    """Run a command that must fail and return its error, one line."""
    ended = user.run("-m", "core", *words, **settings)
    assert ended.returncode in (1, 2), ended.stdout
    assert ended.stderr.startswith("error: ")
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr


def test_one_writable_folder_is_enough(user):
    listed = user.run("-m", "core", "runs")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "shapes" in listed.stdout
    written = [path for path in (user.folder / "workspace").rglob("*") if path.is_file()]
    assert written
    assert os.geteuid() not in {path.stat().st_uid for path in written}
    looked = user.run("-c", LOOK)
    assert looked.returncode == 0, looked.stderr
    assert looked.stdout.splitlines() == ["['Rematch']", "['Data']"]


def test_folders_without_write_permission_are_shown_and_named(user, table, roots):
    shutil.copytree(user.folder / "workspace", roots / "workspace")
    settings = {"REMATCH_WORKSPACE": str(roots / "workspace"), "REMATCH_CACHE": str(roots / "cache")}
    said = refused(user, "import", table, "--domain", "other", **settings)
    assert "not writable" in said
    assert str(roots) in said
    looked = user.run("-c", LOOK, **settings)
    assert looked.returncode == 0, looked.stderr
    assert looked.stdout.splitlines() == ["['Rematch']", "['Data']"]


def test_unreadable_files_are_named(user, table, roots):
    hidden = shutil.copytree(table.parent, roots / "hidden")
    (hidden / "images").chmod(0o700)
    assert "images" in refused(user, "import", hidden / "articles.csv", "--domain", "other")
    (hidden / "articles.csv").chmod(0o600)
    assert "articles.csv" in refused(user, "import", hidden, "--domain", "other")
