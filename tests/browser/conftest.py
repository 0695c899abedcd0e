"""The real app with its demo in Debian's Chromium: one server for all tests, started as `make app` starts it.

Without the browser the tests are skipped and say so; REMATCH_REQUIRE_BROWSER=1 makes that a failure.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect, sync_playwright

from core.jobs import background
from core.jobs.job import DEMO
from core.workspace.folders import Workspace
from core.workspace.runs import Run, load_runs
from tests.browser.complaints import complaint_of

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
PATIENCE = 30_000  # milliseconds; machines that test are busy
expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True)
class Served:
    """The app's address and the folders it works in."""

    address: str
    workspace: Path
    environment: dict[str, str]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        sentence = "no Chromium found: apt-get install chromium"
        if os.environ.get("REMATCH_REQUIRE_BROWSER") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def served(browser: Browser, lite_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Start the app with an empty workspace."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copytree(lite_cache, folder / "cache")
    environment = os.environ | {
        "REMATCH_WORKSPACE": str(folder / "workspace"),
        "REMATCH_CACHE": str(folder / "cache"),
        "REMATCH_QUIET": "1",
    }
    command = [sys.executable, "-m", "core", "app"]
    with (folder / "server.log").open("wb") as log, serving(command, environment, log) as address:
        yield Served(address, folder / "workspace", environment)
        background.cancel(Workspace(folder / "workspace", folder / "cache"), DEMO)


@contextmanager
def serving(command: list[str], environment: dict[str, str], log: IO[bytes] | int) -> Iterator[str]:
    """Start a server on a free port and yield its address."""
    with socket.socket() as knock:
        knock.bind(("localhost", 0))
        port = knock.getsockname()[1]
    words = [*command, f"--server.port={port}", "--server.headless=true"]
    server = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(port)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as knock:
            if knock.connect_ex(("localhost", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the app did not start within a minute")


def core(served: Served, *verb: str) -> None:
    """Run a verb of the command line on the app's workspace."""
    subprocess.run([sys.executable, "-m", "core", *verb], cwd=ROOT, env=served.environment, check=True, timeout=600)


@pytest.fixture(scope="session")
def demo(served: Served) -> Served:
    """The app when the demo's two English domains are ready.

    The third, which costs as much as both and which no test asks for, is cancelled.
    """
    core(served, "demo", "--detach")
    workspace = Workspace(served.workspace, Path(served.environment["REMATCH_CACHE"]))
    deadline = time.monotonic() + 1200  # a minute on two idle cores, many times that beside other work
    while not all(run is not None and run.is_swept for run in _newest_runs(workspace)):
        assert time.monotonic() < deadline, "the demo was not ready in twenty minutes"
        assert background.status(workspace, DEMO).state in ("running", "done")
        time.sleep(0.5)
    background.cancel(workspace, DEMO)
    while background.status(workspace, DEMO).state == "running":
        time.sleep(0.1)
    background.clear(workspace, DEMO)
    return served


def _newest_runs(workspace: Workspace) -> Iterator[Run | None]:
    for slug in ("demo-rss", "demo-twitter"):
        yield next(iter(load_runs(workspace, slug)), None)


def title(page: Page, name: str) -> Locator:
    """Return the title of the app's page `name`; its accessible name also has that of the help button."""
    return page.get_by_role("heading", level=1, name=re.compile(f"^{re.escape(name)}\\b"))


_IMAGES_ARE_THERE = """() => {
  const roots = [document, ...[...document.querySelectorAll('*')].map((each) => each.shadowRoot).filter(Boolean)];
  const images = roots.flatMap((root) => [...root.querySelectorAll('img[src]')]);
  return images.every((image) => image.complete || image.loading === 'lazy');
}"""


_IS_STILL = """() => new Promise((done) => {
  const main = document.querySelector('[data-testid=stMain]');
  let last = -1, times = 0;
  const look = () => {
    times = main.scrollHeight === last ? times + 1 : 0;
    last = main.scrollHeight;
    if (times === 3) done(true); else setTimeout(look, 100);
  };
  look();
})"""


#: Adds up what moved without the user's doing: Chromium's cumulative layout shift, of this document.
_SHIFTS = """
  window.layoutShift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.layoutShift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
"""


@dataclass
class Visit:
    """A page in a new browser context, and the complaints in its console."""

    page: Page
    context: BrowserContext
    complaints: list[str]

    def go(self, name: str) -> None:
        """Click a page in the navigation and wait until it is drawn."""
        self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
        expect(title(self.page, "Rematch" if name == "Overview" else name)).to_be_visible()
        self.settle()

    def settle(self) -> None:
        """Wait until the page and its images are drawn: the server drops the images of a page that is left sooner."""
        expect(self.page.get_by_test_id("stStatusWidget")).to_have_count(0)
        self.page.wait_for_function(_IMAGES_ARE_THERE)

    def be_still(self) -> None:
        """Wait until charts and images have their sizes: the page's height stays for 0.3 s."""
        self.page.evaluate(_IS_STILL)


@pytest.fixture
def visits(browser: Browser) -> Iterator[list[Visit]]:
    made: list[Visit] = []
    yield made
    for visit in made:
        visit.context.close()


@pytest.fixture
def visit(browser: Browser, visits: list[Visit]):
    """Return a function that opens the app in a new browser context."""

    def open_it(address: str, width: int = 1280, theme: Literal["light", "dark"] = "light") -> Visit:
        context = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=theme)
        page = context.new_page()
        page.add_init_script(_SHIFTS)
        page.set_default_timeout(PATIENCE)
        complaints: list[str] = []

        def listen(message: ConsoleMessage) -> None:
            if (complaint := complaint_of(message.type, message.text, message.location["url"])) is not None:
                complaints.append(complaint)

        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        made = Visit(page, context, complaints)
        visits.append(made)
        expect(page.get_by_role("heading", level=1).first).to_be_visible()
        made.settle()
        return made

    return open_it
