"""A domain with a swept run, written directly as a sweep writes it, so that page tests take milliseconds."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.testing.v1 import AppTest, app_test, local_script_runner
from streamlit.util import calc_hash

from core.cli.main import main
from core.data.domain import Domain, save_domain
from core.data.importers import import_domain
from core.jobs import background
from core.jobs.job import Job
from core.jobs.records import ERROR, JOB_FOLDER, STATUS, reserve
from core.workspace.folders import Workspace
from core.workspace.runs import Run, find_run
from pages.shared import images
from tests.shapes import draw
from tests.snapshots import Snapshots
from tests.written_runs import write_run

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


def chart_and_cards(app: AppTest) -> tuple[dict, dict]:
    """Return the data of the chart and of the cards of Rank changes."""
    chart, cards = app.get("bidi_component")
    return json.loads(chart.proto.json), json.loads(cards.proto.json)


def bars_shown(app: AppTest) -> dict[str, list[str]]:
    """Return the rows of the first card of Overview: model → its metrics as written."""
    [table, *_] = [found for html in app.get("html") for found in re.findall(r"<table.*?</table>", html.proto.body)]
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr.*?</tr>", table)[1:]]
    return {re.sub(r"<.*?>", "", name): cells for name, *cells in rows}


@pytest.fixture(autouse=True, scope="session")
def started_once() -> Iterator[None]:
    """Do once what a server does at its start, and AppTest for every app it opens.

    That is to compile each page's script, and to read the metadata of all installed packages in search of components.
    """
    cache = ScriptCache()
    components = manifest_scanner.scan_component_manifests()
    with pytest.MonkeyPatch.context() as patch:
        for module in (app_test, local_script_runner):
            patch.setattr(module, "ScriptCache", lambda: cache)
        patch.setattr(manifest_scanner, "scan_component_manifests", lambda: components)
        yield


@pytest.fixture(autouse=True)
def no_warming(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no thread that makes thumbnails of the whole domain: it would go on during the next tests."""
    monkeypatch.setattr(images, "_warming", lambda *_: None)


@pytest.fixture
def domain(workspace: Workspace, shapes: Path, snapshots: Snapshots) -> Domain:
    def make(fresh: Workspace) -> None:
        import_domain(shapes, fresh.domain_folder("shapes"), title="Shapes & Töne 🙂", language="en")

    snapshots.restore("titled shapes", workspace, make)
    return workspace.load_domain("shapes")


@pytest.fixture
def run(workspace: Workspace, domain: Domain, snapshots: Snapshots) -> Run:
    snapshots.restore("written run", workspace, lambda fresh: write_run(fresh, domain))
    return find_run(workspace, "shapes", None)


@pytest.fixture
def synthetic(workspace: Workspace, shapes: Path, snapshots: Snapshots) -> Domain:
    """Like the demo: dates, two languages, planted causes, said to be synthetic; with a run."""

    def make(fresh: Workspace) -> None:
        domain = import_domain(shapes, fresh.domain_folder("toys"), title="Toys", language="de").domain
        articles = domain.articles.copy()
        articles["published_at"] = np.datetime64("2022-01-01") + np.arange(len(articles)).astype("timedelta64[D]")
        articles["language"] = np.where(np.arange(len(articles)) % 2, "de", "en")
        articles["planted"] = np.where(np.arange(len(articles)) % 3, "", "drift")
        domain = replace(domain, info=replace(domain.info, synthetic=True), articles=articles)
        save_domain(domain)
        write_run(fresh, domain, interpolated=True)

    snapshots.restore("synthetic", workspace, make)
    return workspace.load_domain("toys")


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
