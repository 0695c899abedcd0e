"""Delay of the Alpha page while the user drags the slider: `python -m benchmarks.drag`, in Chromium.

The script writes random results of a swept run with 1,100 val pairs (no model is needed), starts the app and drags
the slider with the mouse button held down. For each position it measures two delays in the page: until the tiles show
it, and until the list and images, which come from the server, show it. Skipped positions are not counted.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from core.data.domain import Domain
from core.data.importers import import_domain
from core.data.query_text import Reading
from core.evaluation.agreement import Disagreement
from core.evaluation.alpha_selection import select_alpha
from core.evaluation.sweep import DENSE, SHOWN, Sweep
from core.evaluation.tower_plane import GRID, Plane
from core.training.settings import default_settings
from core.workspace.folders import Workspace
from core.workspace.run_names import reserve_folder
from core.workspace.runs import Run, RunInfo, now, save_run
from core.workspace.sweep_info import PathInfo, SweepInfo

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip

# Runs in the page: records when the slider reports a position, a tile shows it, and the server's list shows it.
OBSERVE = """
() => {
  const host = [...document.querySelectorAll('*')].find((e) => e.shadowRoot?.querySelector('.alpha input[type=range]'));
  const root = host.shadowRoot;
  const input = root.querySelector('input[type=range]');
  const seen = (window.seen = { input: {}, tiles: {}, page: {} });
  const alpha = () => (input.value / input.max).toFixed(2);
  input.addEventListener('input', () => (seen.input[alpha()] = performance.now()), { capture: true });
  const note = (kind, at) => (seen[kind][at] ??= []).push(performance.now());
  let tile = null, page = null;
  const look = () => {
    const shown = root.querySelector('.typed').value;
    if (shown !== tile) note('tiles', (tile = shown));
    const served = root.querySelector('.board').dataset.alpha;
    if (served && served !== page) note('page', (page = served));
    requestAnimationFrame(look);
  };
  look();
  const box = input.getBoundingClientRect();
  return [box.left, box.top, box.width, box.height];
}
"""


def main(
    pairs: Annotated[int, typer.Option(help="Number of val pairs.")] = 1100,
    seconds: Annotated[float, typer.Option(help="Seconds to drag.")] = 20.0,
    chromium: Annotated[Path, typer.Option(help="Path of the Chromium browser.")] = Path("/usr/bin/chromium"),
) -> None:
    """Measure the delays and print them."""
    with tempfile.TemporaryDirectory(prefix="rematch-drag-") as scratch:
        workspace = Workspace(Path(scratch) / "workspace", Path(scratch) / "cache")
        write_results(write_domain(Path(scratch), workspace, pairs), workspace)
        port = _free_port()
        server = start_app(workspace, port)
        try:
            seen = drag(f"http://localhost:{port}", chromium, seconds)
        finally:
            server.terminate()
            server.wait()
    report(seen, pairs)


def write_domain(scratch: Path, workspace: Workspace, pairs: int) -> Domain:
    """Import five articles for each of `pairs` noise images, large enough that decoding takes time; a fifth are val."""
    (scratch / "images").mkdir()
    noise = np.random.default_rng(0)
    total = round(pairs / 0.2)
    for number in range(pairs):
        coarse = noise.integers(0, 255, (30, 40, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((640, 480)).save(scratch / "images" / f"{number}.jpg")
    rows = [
        {
            "article_id": i,
            "title": f"Article {i} of a benchmark, with a headline of usual length",
            "image_file": f"{i % pairs}.jpg",
        }
        for i in range(total)
    ]
    pd.DataFrame(rows).to_csv(scratch / "articles.csv", index=False)
    folder = workspace.domain_folder("benchmark")
    return import_domain(scratch / "articles.csv", folder, language="en", images=scratch / "images").domain


def write_results(domain: Domain, workspace: Workspace) -> None:
    """Write a sweep in which every article's rank changes, so that list and images differ at each α."""
    noise = np.random.default_rng(0)
    ids = domain.subset("val")["article_id"].tolist()
    n = len(ids)
    start, end = noise.permutation(n) + 1, noise.permutation(n) + 1
    ranks = np.stack([np.round(start + (end - start) * alpha) for alpha in DENSE]).astype(np.int32)
    best = (ranks[:, :, None] * 7 + np.arange(SHOWN) * 13) % n
    sweep = Sweep("val", DENSE, ids, ranks, ranks, best, np.arange(len(DENSE)) % 25 != 0)
    on_grid = [DENSE.index(alpha) for alpha in GRID]
    plane = Plane(GRID, np.stack([ranks[on_grid]] * len(GRID)), np.stack([best[on_grid]] * len(GRID)))
    slug = domain.info.slug
    folder = reserve_folder(workspace, slug, "lite", "head")
    info = RunInfo(
        slug,
        folder.name,
        now(),
        "lite",
        Reading("title"),
        False,
        True,
        "cpu",
        default_settings("lite", "head"),
        "",
        "",
        "",
        {},
    )
    run = Run(info, folder)
    path = PathInfo(9, True, Disagreement(0.0001, 0.002), (0.1, 0.25, 0.6, 0.9))
    run.save_sweep([sweep], plane, SweepInfo(select_alpha(sweep.curve()), {}, {"val": path}))
    save_run(run)


def start_app(workspace: Workspace, port: int) -> subprocess.Popen:
    """Start the app as `make app` does and wait until it answers."""
    environment = os.environ | {"REMATCH_WORKSPACE": str(workspace.root), "REMATCH_CACHE": str(workspace.cache)}
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.port",
        str(port),
        "--server.headless",
        "true",
    ]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        with socket.socket() as client:
            if client.connect_ex(("localhost", port)) == 0:
                return server
        time.sleep(0.1)
    raise RuntimeError("the app did not start within 30 seconds; start it with `make app` to see why")


def _free_port() -> int:
    with socket.socket() as server:
        server.bind(("localhost", 0))
        return int(server.getsockname()[1])


def drag(address: str, chromium: Path, seconds: float) -> dict[str, dict[str, float]]:
    """Drag the slider with the mouse; return kind → position → delay in ms, from the times that OBSERVE recorded."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        page.get_by_role("link", name="Alpha").click()
        page.get_by_text("The first 12 images").wait_for(timeout=60_000)
        time.sleep(15)  # until thumbnails are made and the worker has loaded
        seen: dict[str, dict[str, float]] = {"tiles": {}, "page": {}}
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
        for kind in ("tiles", "page")
    }


def report(seen: dict[str, dict[str, float]], pairs: int) -> None:
    """Print median, 95th percentile and maximum of each delay, in milliseconds."""
    print(f"{pairs} val pairs, mouse held down, a position every 50 ms")
    for kind, what in (("tiles", "tiles and marker"), ("page", "list and images")):
        delays = list(seen[kind].values())
        print(
            f"{what}: median {median(delays):.0f} ms, 95 % {quantiles(delays, n=20)[-1]:.0f} ms, "
            f"longest {max(delays):.0f} ms, {len(delays)} positions"
        )


if __name__ == "__main__":
    typer.run(main)
