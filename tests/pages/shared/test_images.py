"""Thumbnails that are made in the background."""

import threading

import pytest

from core.data.domain import Domain
from core.workspace.folders import Workspace
from pages.shared.images import prepare_images


def _wait() -> None:
    for thread in threading.enumerate():
        if thread.name == "thumbnails":
            thread.join()


def test_the_thumbnails_of_a_split_are_made_once(workspace: Workspace, domain: Domain) -> None:
    prepare_images(workspace, domain, "val")
    _wait()
    made = {file.name.split("-")[0]: file for file in (workspace.cache / "thumbnails").iterdir()}
    assert set(made) == set(domain.image_table("val")["image_hash"])

    [first, *_] = made.values()
    first.unlink()
    prepare_images(workspace, domain, "val")
    _wait()
    assert not first.exists(), "every redraw of a page asks for them, and only the first one makes them"


def test_asking_again_reads_no_table(workspace: Workspace, domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thousands of rows would be hashed at every redraw, as half a second of the Match page once was."""
    prepare_images(workspace, domain)
    _wait()
    monkeypatch.delattr(Domain, "image_table")
    prepare_images(workspace, domain)
