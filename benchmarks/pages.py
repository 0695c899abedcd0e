"""Time to the content of each page and its layout shift: `python -m benchmarks pages`, in Chromium.

A page is opened twice: by a click in the navigation, as users do, and by its address in a fresh document. Its content
is there when the title is shown and the server has finished the page; layout shift is Chromium's cumulative value,
without what follows an input by less than half a second.
"""

import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from benchmarks.synthetic_app import FLAGS, app_with_random_results

PAGES = {"Overview": "", "Alpha": "alpha", "Curves": "curves", "Rank changes": "changes", "Findings": "findings",
         "Match": "match", "Train": "train", "Data": "data"}  # fmt: skip
ROUNDS = 3  # the first fills the server's caches and is not counted

# Runs before the page's own scripts.
OBSERVE = """
  window.shift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
"""

# Whether a page named NAME is drawn: its title, no script running, no placeholder left.
DRAWN = """(name) =>
  document.querySelector('h1')?.textContent.startsWith(name)
  && !document.querySelector('[data-testid=stStatusWidget]')
  && document.querySelector('[data-testid=stApp]')?.dataset.testScriptState !== 'running'
  && !document.querySelector('[data-testid=stSkeleton]')"""


@dataclass(frozen=True)
class Opened:
    """Seconds until a page's content was there, and what moved meanwhile and in the next two seconds."""

    seconds: float
    shift: float


def measure(pairs: int, address: str | None, chromium: Path) -> None:
    """Open every page of the app at `address`, else of one with random results, and print a line for each."""
    with app_with_random_results(pairs) if address is None else nullcontext(address) as base, sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(OBSERVE)
        page.goto(base)
        page.wait_for_function(DRAWN, arg="Rematch", timeout=120_000)
        clicked: dict[str, list[Opened]] = {name: [] for name in PAGES}
        for _ in range(ROUNDS):
            for name in (*list(PAGES)[1:], "Overview"):
                clicked[name].append(_click(page, name))
        print("page: seconds to content and layout shift after a click; from its address")
        for name, path in PAGES.items():
            loaded = _load(page, f"{base.rstrip('/')}/{path}", name)
            seconds = median(opened.seconds for opened in clicked[name][1:])
            shift = max(opened.shift for opened in clicked[name][1:])
            print(f"{name}: {seconds:.2f} s, {shift:.3f}; {loaded.seconds:.2f} s, {loaded.shift:.3f}")
        browser.close()


def _click(page: Page, name: str) -> Opened:
    page.evaluate("window.shift = 0")
    link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True)
    start = time.perf_counter()
    link.click()
    return _opened(page, name, start)


def _load(page: Page, address: str, name: str) -> Opened:
    start = time.perf_counter()
    page.goto(address)
    return _opened(page, name, start)


def _opened(page: Page, name: str, start: float) -> Opened:
    page.wait_for_function(DRAWN, arg="Rematch" if name == "Overview" else name, timeout=60_000)
    seconds = time.perf_counter() - start
    if page.locator('[data-testid="stAlertContentError"]').count():
        raise RuntimeError(f"page {name} shows an error: {page.locator('[data-testid=stAlert]').first.inner_text()}")
    time.sleep(2)
    return Opened(seconds, page.evaluate("window.shift"))
