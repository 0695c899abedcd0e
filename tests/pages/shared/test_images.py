"""Thumbnails that are made in the background."""

import threading
from dataclasses import replace

import pytest

from core.data.domain import Domain
from core.workspace.folders import Workspace
from pages.shared import images
from pages.shared.images import prepare_images

_WARMING = images._warming


@pytest.fixture(autouse=True)
def warming(no_warming: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo `no_warming`."""
    monkeypatch.setattr(images, "_warming", _WARMING)


def _prepare(workspace: Workspace, domain: Domain) -> None:
    prepare_images(workspace, domain, "val")
    for thread in threading.enumerate():
        if thread.name == "thumbnails":
            thread.join()


def test_the_thumbnails_of_a_split_are_made_though_an_image_is_missing(workspace: Workspace, domain: Domain) -> None:
    articles = domain.articles.copy()
    articles.loc[articles["split"].eq("val").idxmax(), ["image_file", "image_hash"]] = ["missing.png", "0"]
    _prepare(workspace, replace(domain, articles=articles))
    made = {file.name.partition("-")[0] for file in (workspace.cache / "thumbnails").iterdir()}
    assert made == set(articles.loc[articles["split"] == "val", "image_hash"]) - {"0"}


def test_asking_again_reads_no_table(workspace: Workspace, domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thousands of rows would be hashed at every redraw, as half a second of the Match page once was."""
    _prepare(workspace, domain)
    monkeypatch.delattr(Domain, "image_table")
    _prepare(workspace, domain)
