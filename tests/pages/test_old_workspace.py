"""Rematch reads a workspace of version 0.1 (commit 66d8aa2, before names changed) unchanged."""

import zipfile
from pathlib import Path

import pytest

from core.workspace.folders import Workspace
from core.workspace.runs import find_run
from core.workspace.sweep_results import read_results

WRITTEN = Path(__file__).parents[1] / "data" / "workspace-0.1.zip"


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    with zipfile.ZipFile(WRITTEN) as archive:
        archive.extractall(tmp_path / "old")
    monkeypatch.setenv("REMATCH_WORKSPACE", str(tmp_path / "old"))
    return Workspace(tmp_path / "old", tmp_path / "cache")


def test_its_runs_and_sweeps_have_the_numbers_that_were_written(old: Workspace) -> None:
    domain = old.load_domain("shapes")
    run = find_run(old, "shapes", None)
    assert len(domain.articles) == 60
    assert run.info.settings.patience == 2
    assert run.selected().alpha == 0.72
    [path] = run.sweep_info().paths.values()
    assert (path.error.mrr_100, path.error.top10_flip_rate) == (pytest.approx(1 / 24), 0.0)
    results = read_results(run, domain, "val")
    assert results.ranks.shape == (101, 12)
    curve = run.curve().query("split == 'val'").set_index("alpha")
    assert curve.loc[1.0, "mrr@100"] == pytest.approx((1 / results.ranks[-1]).mean())


@pytest.mark.parametrize("page", ["alpha", "curves", "changes", "findings", "train", "data"])
def test_its_pages_are_drawn(old: Workspace, open_page, page: str) -> None:
    app = open_page(page)
    assert not app.exception
    assert not app.error
