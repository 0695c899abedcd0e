"""Time to an answer on the Match page: `python -m benchmarks match --address URL --domain SLUG`, in Chromium.

The app must run with a swept run of the domain. A headline is typed and Enter pressed; the time runs until the first
images are drawn. After that the slider is moved through all its positions, and the time of each redraw is taken.
"""

import time
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Page, sync_playwright

from benchmarks.synthetic_app import FLAGS

HEADLINES = (
    "A dog on the beach", "Flood in the old town", "Church reopens after the fire", "Election day in the capital",
    "Football team wins the cup", "Storm topples bicycle", "Library opens at night",
)  # fmt: skip
_ROOT = "[...document.querySelectorAll('*')].find((e) => e.shadowRoot?.querySelector('.match .card'))?.shadowRoot"
TEXT = f"() => {_ROOT}?.querySelector('.cards').innerText ?? ''"
IS_NEW = f"""
(before) => {{
  const root = {_ROOT};
  if (!root || root.querySelector('.cards').innerText === before) return false;
  return [...root.querySelectorAll('.card img')].every((image) => image.complete && image.naturalWidth);
}}
"""
MOVE = f"""
() => {{
  const root = {_ROOT};
  const input = root.querySelector('input[type=range]');
  return Array.from({{ length: Number(input.max) + 1 }}, (_, place) => {{
    const start = performance.now();
    input.value = place;
    input.dispatchEvent(new Event('input'));
    root.querySelector('.cards').getBoundingClientRect();
    return performance.now() - start;
  }});
}}
"""


def measure(address: str, domain: str, wait: float, chromium: Path) -> None:
    """Measure the first answer, `wait` seconds after the page was opened, the next ones and the slider; print them."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/match?domain={domain}")
        page.get_by_placeholder("Type a headline and press Enter").wait_for(timeout=60_000)
        time.sleep(wait)
        first, *following = [answer_to(page, headline) for headline in HEADLINES]
        moves = page.evaluate(MOVE)
        browser.close()
    print(f"first answer {first:.2f} s; next: median {median(following):.2f} s, longest {max(following):.2f} s")
    print(f"slider: median {median(moves):.1f} ms, 95 % {quantiles(moves, n=20)[-1]:.1f} ms, {len(moves)} positions")


def answer_to(page: Page, headline: str) -> float:
    """Type a headline and return the seconds from Enter to its images."""
    before = page.evaluate(TEXT)
    field = page.get_by_placeholder("Type a headline and press Enter")
    field.fill(headline)
    start = time.perf_counter()
    field.press("Enter")
    page.wait_for_function(IS_NEW, arg=before, timeout=120_000, polling=10)
    seconds = time.perf_counter() - start
    time.sleep(1.5)
    return seconds
