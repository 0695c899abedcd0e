"""Delay of the Alpha page while the user drags the slider: `python -m benchmarks drag`, in Chromium.

For each position the page measures two delays: until the tiles show it, and until the list and the images show it. The
list is in its first order, which does not depend on α. Skipped positions are not counted.
"""

import json
import time
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Page, sync_playwright

from benchmarks.synthetic_app import FLAGS, app_with_random_results

# Runs in the page: records when the slider reports a position, the tiles show it, and list and images show it.
OBSERVE = """
() => {
  const host = [...document.querySelectorAll('*')].find((e) => e.shadowRoot?.querySelector('.alpha input[type=range]'));
  const root = host.shadowRoot;
  const input = root.querySelector('input[type=range]');
  const seen = (window.seen = { input: {}, tiles: {}, board: {} });
  const alpha = () => (input.value / input.max).toFixed(2);
  input.addEventListener('input', () => (seen.input[alpha()] = performance.now()), { capture: true });
  const note = (kind, at) => (seen[kind][at] ??= []).push(performance.now());
  let tile = null, board = null;
  const look = () => {
    const shown = root.querySelector('.typed').value;
    if (shown !== tile) note('tiles', (tile = shown));
    const drawn = root.querySelector('.board').dataset.alpha;
    if (drawn && drawn !== board) note('board', (board = drawn));
    requestAnimationFrame(look);
  };
  look();
  const box = input.getBoundingClientRect();
  return [box.left, box.top, box.width, box.height];
}
"""


def measure(pairs: int, seconds: float, chromium: Path) -> None:
    """Drag for some seconds with `pairs` val articles, and print the delays."""
    with app_with_random_results(pairs) as address:
        report(drag(address, chromium, seconds), pairs)


def drag(address: str, chromium: Path, seconds: float) -> dict[str, dict[str, float]]:
    """Drag the slider with the mouse; return kind → position → delay in ms, from the times that OBSERVE recorded."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        page.get_by_test_id("stSidebarNav").get_by_role("link", name="Alpha", exact=True).click()
        page.locator(".board .images img[src]").first.wait_for(timeout=60_000)
        time.sleep(15)  # until thumbnails are made and the worker has loaded
        seen: dict[str, dict[str, float]] = {"tiles": {}, "board": {}}
        for sweep in range(max(1, round(seconds / 5))):
            for kind, delays in _one_drag(page, sweep).items():
                seen[kind].update({f"{sweep} {alpha}": delay for alpha, delay in delays.items()})
        browser.close()
    return seen


def _one_drag(page: Page, sweep: int) -> dict[str, dict[str, float]]:
    left, top, width, height = page.evaluate(OBSERVE)
    y, start, end = top + height / 2, left + 0.1 * width, left + 0.9 * width
    if sweep % 2:
        start, end = end, start
    page.mouse.move(start, y)
    page.mouse.down()
    steps = 100
    for step in range(steps + 1):
        page.mouse.move(start + (end - start) * step / steps, y)
        time.sleep(0.05)
    time.sleep(0.5)
    page.mouse.up()
    time.sleep(1.5)
    seen = json.loads(page.evaluate("JSON.stringify(window.seen)"))
    return {
        kind: {
            alpha: min(after - moved for after in shown if after >= moved)
            for alpha, shown in seen[kind].items()
            if (moved := seen["input"].get(alpha)) is not None and any(after >= moved for after in shown)
        }
        for kind in ("tiles", "board")
    }


def report(seen: dict[str, dict[str, float]], pairs: int) -> None:
    """Print median, 95th percentile and maximum of each delay, in milliseconds."""
    print(f"{pairs} val pairs, mouse held down, a position every 50 ms")
    for kind, what in (("tiles", "tiles and marker"), ("board", "list and images")):
        delays = list(seen[kind].values())
        print(
            f"{what}: median {median(delays):.0f} ms, 95 % {quantiles(delays, n=20)[-1]:.0f} ms, "
            f"longest {max(delays):.0f} ms, {len(delays)} positions"
        )
