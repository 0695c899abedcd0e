"""Make the screenshots of the documentation and the animation of the slider from the demo: `make screenshots`.

Needs Chromium. Creates the demo in a temporary folder unless REMATCH_WORKSPACE has it. Writes docs/images.
"""

import io
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parents[1] / "images"
#: Size of the browser window in pixels, as on a laptop: what a page is about is visible without scrolling.
WIDTH, HEIGHT = 1280, 900
#: Part of the window in the animation, without the sidebar.
_CLIP = {"x": 300, "y": 66, "width": WIDTH - 300, "height": 734}
#: File → page and query string, for the demo's first domain.
SHOTS = {
    "overview": "",
    "alpha": "alpha",
    "curves": "curves",
    "changes": "changes",
    "findings": "findings",
    "match": "match",
    "train": "train",
    "data": "data",
}
#: α at each frame of the animation: from 0 to 1 and back.
FRAMES = [step / 25 for step in (*range(0, 26), *range(24, 0, -1))]
_SECONDS_PER_FRAME = 0.12
_GIF_WIDTH = 720


def main() -> None:
    """Start the app, then make all screenshots and the animation."""
    with (
        tempfile.TemporaryDirectory(prefix="rematch-screenshots-") as scratch,
        served(Path(scratch)) as address,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name, path in SHOTS.items():
            page.goto(f"{address}/{path}")
            settle(page)
            if name == "match":
                page.get_by_test_id("stMain").get_by_role("button").filter(has_text="in ").first.click()
                page.wait_for_selector("[data-testid=stMain] img", timeout=120_000)
                settle(page)
            page.screenshot(path=str(IMAGES / f"{name}.png"))
        page.goto(f"{address}/alpha")
        settle(page)
        record_slider(page, IMAGES / "slider.gif")
        chromium.close()


@contextmanager
def served(scratch: Path) -> Iterator[str]:
    """Start the app with the demo and yield its address."""
    folders = {"REMATCH_WORKSPACE": str(scratch / "workspace"), "REMATCH_CACHE": str(scratch / "cache")}
    environment = folders | dict(os.environ) | {"REMATCH_QUIET": "1"}
    subprocess.run([sys.executable, "-m", "core", "demo"], env=environment, check=True)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "core", "app", f"--server.port={port}", "--server.headless=true"]
    server = subprocess.Popen(command, env=environment)
    try:
        for _ in range(600):
            with socket.socket() as knock:
                if knock.connect_ex(("localhost", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        server.wait()


def settle(page: Page) -> None:
    """Wait until the page and its images are loaded."""
    page.wait_for_selector("h1, [data-testid=stHeading]")
    page.wait_for_function("() => !document.querySelector('[data-testid=stStatusWidget]')")
    page.wait_for_load_state("networkidle")
    page.get_by_text("Computing the answer").first.wait_for(state="hidden", timeout=120_000)
    page.wait_for_timeout(1500)


def record_slider(page: Page, file: Path) -> None:
    """Drag the slider through FRAMES and write the frames as a GIF."""
    slider = page.locator(".alpha input[type=range]").first
    box = slider.bounding_box()
    assert box is not None, "the Alpha page has no slider"
    y = box["y"] + box["height"] / 2
    frames = []
    page.mouse.move(box["x"] + 2, y)
    page.mouse.down()
    for alpha in FRAMES:
        page.mouse.move(box["x"] + 2 + alpha * (box["width"] - 4), y, steps=2)
        page.wait_for_timeout(350)
        shot = Image.open(io.BytesIO(page.screenshot(clip=_CLIP)))
        frames.append(shot.resize((_GIF_WIDTH, round(shot.height * _GIF_WIDTH / shot.width)), Image.Resampling.LANCZOS))
    page.mouse.up()
    palette = frames[len(frames) // 2].convert("RGB").quantize(96)
    small = [frame.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    small[0].save(
        file, save_all=True, append_images=small[1:], duration=round(_SECONDS_PER_FRAME * 1000), loop=0, optimize=True
    )


if __name__ == "__main__":
    main()
