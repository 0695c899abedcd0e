"""Thumbnails of a domain that are made beside the pages."""

from pathlib import Path

from core.data.domain import Domain
from core.workspace.folders import Workspace
from pages.shared.images import _warming


def test_all_thumbnails_are_made_though_an_image_is_missing(domain: Domain, workspace: Workspace) -> None:
    articles = domain.articles.head(5)
    pairs = zip(articles["image_file"], articles["image_hash"], strict=True)
    files = [(domain.images_root / file, image_hash) for file, image_hash in pairs]
    _warming(((Path("missing.png"), "0"), *files), workspace.cache).join()
    made = [file.name for file in (workspace.cache / "thumbnails").glob("*.jpg")]
    assert sorted(name.partition("-")[0] for name in made) == sorted(set(articles["image_hash"]))
