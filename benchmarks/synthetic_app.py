"""The app with random results, in Chromium, for benchmarks of what users wait for. No model is needed."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from core.data.domain import Domain
from core.data.importers import import_domain
from core.data.query_text import Reading
from core.evaluation.agreement import Disagreement
from core.evaluation.alpha_selection import select_alpha
from core.evaluation.sweep import DENSE, SHOWN, Sweep
from core.evaluation.tower_plane import GRID, Plane
from core.training.settings import default_settings
from core.workspace.folders import Workspace
from core.workspace.provenance import articles_fingerprint
from core.workspace.run_names import reserve_folder
from core.workspace.runs import Run, RunInfo, now, save_run
from core.workspace.sweep_info import PathInfo, SweepInfo

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip

#: Images that are among the first of an article at some α; on real runs a median of 27, at most 56.
CANDIDATES = 40


@contextmanager
def app_with_random_results(pairs: int) -> Iterator[str]:
    """Serve the app with a swept run on `pairs` val articles until the block ends; yield its address."""
    with tempfile.TemporaryDirectory(prefix="rematch-benchmark-") as scratch:
        workspace = Workspace(Path(scratch) / "workspace", Path(scratch) / "cache")
        write_results(write_domain(Path(scratch), workspace, pairs), workspace)
        port = _free_port()
        server = start_app(workspace, port)
        try:
            yield f"http://localhost:{port}"
        finally:
            server.terminate()
            server.wait()


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


def _first_images(noise: np.random.Generator, articles: int, images: int) -> np.ndarray:
    """Return the first images of each article at each α, [A, N, SHOWN]: of CANDIDATES whose scores change with α."""
    candidates = noise.integers(images, size=(articles, 1)) + np.arange(CANDIDATES)
    start, end = noise.random((2, articles, CANDIDATES))
    orders = [np.argsort(start + (end - start) * alpha, axis=1)[:, :SHOWN] for alpha in DENSE]
    return np.stack([np.take_along_axis(candidates % images, order, axis=1) for order in orders]).astype(np.int32)


def write_results(domain: Domain, workspace: Workspace) -> None:
    """Write a sweep in which every article's rank changes, so that list and images differ at each α."""
    noise = np.random.default_rng(0)
    val = domain.subset("val")
    ids, images, n = val["article_id"].tolist(), val["image_id"].nunique(), len(val)
    start, end = noise.permutation(n) + 1, noise.permutation(n) + 1
    ranks = np.stack([np.round(start + (end - start) * alpha) for alpha in DENSE]).astype(np.int32)
    best = _first_images(noise, n, images)
    sweep = Sweep("val", DENSE, ids, ranks, ranks, best, np.arange(len(DENSE)) % 25 != 0)
    on_grid = [DENSE.index(alpha) for alpha in GRID]
    plane = Plane(GRID, np.stack([ranks[on_grid]] * len(GRID)), np.stack([best[on_grid]] * len(GRID)))
    slug = domain.info.slug
    folder = reserve_folder(workspace, slug, "lite", "head")
    reading, settings = Reading("title"), default_settings("lite", "head")
    articles = articles_fingerprint(domain, reading, False)
    info = RunInfo(slug, folder.name, now(), "lite", reading, False, True, "cpu", settings, articles, "", "", {})
    run = Run(info, folder)
    path = PathInfo(9, True, Disagreement(0.0001, 0.002), (0.1, 0.25, 0.6, 0.9))
    (folder / "history.csv").write_text(
        "epoch,train_loss,val_mrr@100,val_recall@1,logit_scale\n0,,0.1,0.1,10\n1,2,0.2,0.1,10\n"
    )
    run.save_sweep([sweep], plane, SweepInfo(select_alpha(sweep.curve()), {}, {"val": path}))
    save_run(run)


def start_app(workspace: Workspace, port: int) -> subprocess.Popen[bytes]:
    """Start the app and wait until it answers."""
    environment = os.environ | {"REMATCH_WORKSPACE": str(workspace.root), "REMATCH_CACHE": str(workspace.cache)}
    command = [sys.executable, "-m", "core", "app", f"--server.port={port}", "--server.headless=true"]
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
