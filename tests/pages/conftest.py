"""A domain with a swept run, written directly as a sweep writes it, so that page tests take milliseconds."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from core.cli.main import main
from core.data.domain import Domain, save_domain
from core.data.importers import import_domain
from core.data.query_text import Reading
from core.evaluation.agreement import Disagreement
from core.evaluation.alpha_selection import select_alpha
from core.evaluation.sweep import Sweep
from core.evaluation.tower_plane import Plane
from core.jobs import background
from core.jobs.job import Job
from core.jobs.records import ERROR, JOB_FOLDER, STATUS, reserve
from core.training.settings import default_settings
from core.workspace.folders import Workspace
from core.workspace.provenance import articles_fingerprint
from core.workspace.runs import Run, RunInfo, now, reserve_folder, save_run
from core.workspace.sweep_info import PathInfo, SweepInfo
from tests.shapes import draw

APP = Path(__file__).parents[2] / "app.py"

Open = Callable[..., AppTest]


def open_at(page: str, **parameters: str) -> AppTest:
    """Open the page at `page`, the last part of its URL, with `parameters` in its query string."""
    app = AppTest.from_file(str(APP), default_timeout=60)
    for name, value in parameters.items():
        app.query_params[name] = value
    if page != "overview":
        # As a browser asks for it. `switch_page` knows a page with a `url_path` only after a run of another page.
        app._page_hash = calc_hash(page)
    return app.run()


@pytest.fixture
def open_page() -> Open:
    """Return the function that opens a page of the app."""
    return open_at


def write_run(workspace: Workspace, domain: Domain, *, plane: bool = True, interpolated: bool = False) -> Run:
    """Write a run of `domain` whose ranks improve with α up to 0.5 and then worsen."""
    slug = domain.info.slug
    ids = domain.subset("val")["article_id"].tolist()
    ranks = np.stack([np.arange(len(ids)) // better + 1 for better in (1, 2, 6, 3, 2)]).astype(np.int32)
    best = (np.arange(len(ids))[None, :, None] + np.arange(4)[None, None, :] + ranks[:, :, None]) % len(ids)
    marks = np.array([False, interpolated, False, interpolated, False])
    sweep = Sweep("val", (0.0, 0.25, 0.5, 0.75, 1.0), ids, ranks, ranks, best, marks)
    grid = Plane(
        (0.0, 0.5, 1.0), np.stack([ranks[:3], ranks[1:4], ranks[2:]]), np.stack([best[:3], best[1:4], best[2:]])
    )
    settings = default_settings("lite", "head")
    folder = reserve_folder(workspace, slug, "lite", "head")
    articles = articles_fingerprint(domain, Reading(), False)
    info = RunInfo(slug, folder.name, now(), "lite", Reading(), False, True, "cpu", settings, articles, "", "", {})
    run = Run(info, folder)
    path = PathInfo(9, True, Disagreement(0.0003, 0.001), (0.1, 0.3))
    curve = sweep.curve()
    run.save_sweep([sweep], grid if plane else None, SweepInfo(select_alpha(curve), {}, {"val": path}))
    (folder / "history.csv").write_text(
        "epoch,train_loss,val_mrr@100,val_recall@1,logit_scale\n0,,0.1,0.1,10\n1,2,0.2,0.1,10\n"
    )
    save_run(run)
    return run


@pytest.fixture
def domain(workspace: Workspace, shapes: Path) -> Domain:
    return import_domain(shapes, workspace.domain_folder("shapes"), title="Shapes & Töne 🙂", language="en").domain


@pytest.fixture
def run(workspace: Workspace, domain: Domain) -> Run:
    return write_run(workspace, domain)


@pytest.fixture
def synthetic(workspace: Workspace, shapes: Path) -> Domain:
    """Write a domain like the demo: synthetic, with dates, two languages, planted causes and a run."""
    domain = import_domain(shapes, workspace.domain_folder("toys"), title="Toys", language="de").domain
    articles = domain.articles.copy()
    articles["published_at"] = np.datetime64("2022-01-01") + np.arange(len(articles)).astype("timedelta64[D]")
    articles["language"] = np.where(np.arange(len(articles)) % 2, "de", "en")
    articles["planted"] = np.where(np.arange(len(articles)) % 3, "", "drift")
    domain = replace(domain, info=replace(domain.info, synthetic=True), articles=articles)
    save_domain(domain)
    write_run(workspace, domain, interpolated=True)
    return domain


def fail_job(folder: Path, sentence: str, kind: str = "InputError") -> None:
    """Write the folder of a job whose verb ended with an error."""
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text(f"error: {sentence}\n")
    (folder / ERROR).write_text(json.dumps({"kind": kind, "sentence": sentence}))
    (folder / STATUS).write_text("1")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """Run jobs in this process, so that a test need not wait for another import of torch."""

    def start(workspace: Workspace, job: Job, verb: list[str]) -> bool:
        folder = job.folder(workspace)
        folder.mkdir(parents=True, exist_ok=True)
        reserve(folder)
        monkeypatch.setenv(JOB_FOLDER, str(folder))
        capfd.readouterr()
        status = main(verb)
        printed = capfd.readouterr()
        (folder / "log.txt").write_text(printed.out + printed.err, encoding="utf-8")
        (folder / "status.txt").write_text(str(status))
        return True

    monkeypatch.setattr(background, "start", start)


@pytest.fixture
def test_set(tmp_path: Path) -> Path:
    """Four articles and five images of a test set as two lists, and `gt.csv`, the truth of three of them."""
    folder = tmp_path / "test"
    folder.mkdir()
    for n in range(5):
        draw("red", "circle", n).save(folder / f"t{n}.png")
    (folder / "articles.csv").write_text("id,title\n" + "\n".join(f"{900 + n},a circle" for n in range(4)))
    (folder / "images.csv").write_text("image_id\n" + "\n".join(f"t{n}" for n in range(5)))
    (folder / "gt.csv").write_text("article,iid\n" + "\n".join(f"{900 + n},t{n}" for n in range(3)))
    return folder
