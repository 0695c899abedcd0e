"""The folder in which the code blocks of the documentation run: what their commands expect to find."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from core.cli.main import main
from tests.shapes import draw, write_shapes


@pytest.fixture(scope="session")
def prepared_folder(tmp_path_factory: pytest.TempPathFactory, lite_cache: Path) -> Path:
    """A table and its images, and `my-news`, which was imported from them, fine-tuned as run `first` and swept."""
    folder = tmp_path_factory.mktemp("documented")
    table = pd.read_csv(write_shapes(folder, 60))
    table = table.rename(columns={"article_id": "id", "image_file": "image"})
    table["text"] = "It was drawn by a computer."
    table["published_at"] = pd.date_range("2026-01-01", periods=len(table)).strftime("%Y-%m-%d")
    table.to_csv(folder / "articles.csv", index=False)
    (folder / "images").rename(folder / "photos")
    draw("red", "circle", 0).save(folder / "photo.jpg")
    shutil.copytree(lite_cache, folder / "cache")
    where = ["--workspace", str(folder / "workspace"), "--cache", str(folder / "cache")]
    for words in (
        ["import", str(folder / "articles.csv"), "--domain", "my-news", "--images", str(folder / "photos")],
        ["train", "--domain", "my-news", "--name", "first", "--epochs", "2", "--sweep"],
    ):
        assert main([*words, *where]) == 0, words
    return folder


@pytest.fixture
def documented(prepared_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder as the working directory, with its workspace and cache."""
    folder = tmp_path / "documented"
    shutil.copytree(prepared_folder, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("REMATCH_WORKSPACE", str(folder / "workspace"))
    monkeypatch.setenv("REMATCH_CACHE", str(folder / "cache"))
    return folder
