"""A small workspace in the current folder, as the examples of the API find it, and a tiny model instead of `lite`."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import rematch as rm
from core.workspace.folders import Workspace
from tests.snapshots import Snapshots

Namespace = dict[str, Any]


@pytest.fixture
def folder(
    tmp_path: Path, shapes: Path, workspace: Workspace, snapshots: Snapshots, tiny_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:  # fmt: skip
    """Return the current folder: articles.csv with its images, and domain my-news with the swept run `first`.

    Also tuned.safetensors: weights of the tiny model that were fine-tuned elsewhere.
    """
    from core.encoders import loading
    from core.encoders.clip.encoder import load_clip

    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(loading.LOADERS, "lite", lambda cache: load_clip(tiny_name))
    shutil.copytree(shapes.parent, tmp_path, dirs_exist_ok=True)
    _write_tuned_weights(tiny_name, tmp_path / "tuned.safetensors")

    def make(fresh: Workspace) -> None:
        domain = rm.Workspace(fresh.root, fresh.cache).import_domain(shapes, "my-news", language="en")
        run = domain.fine_tune("first", tiny_name, "head", epochs=1, lr=0.01, batch_size=16)
        run.sweep(alphas=[0.5])

    snapshots.restore("my-news", workspace, make)
    return tmp_path


@pytest.fixture
def namespace(folder: Path) -> Namespace:
    """Return the names that examples use: rm, ws, domain and run."""
    ws = rm.Workspace("workspace", cache="cache", device="cpu")
    domain = ws.domain("my-news")
    return {"rm": rm, "ws": ws, "domain": domain, "run": domain.run("first")}


@pytest.fixture
def run(namespace: Namespace) -> rm.Run:
    return namespace["run"]


@pytest.fixture
def domain(namespace: Namespace) -> rm.Domain:
    return namespace["domain"]


def _write_tuned_weights(tiny_name: str, file: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(tiny_name.partition(":")[2])
    save_file({key: tensor * 1.05 if key.endswith("proj") else tensor for key, tensor in weights.items()}, file)


Execute = Callable[[list[str], str], Namespace]


@pytest.fixture
def execute() -> Execute:
    """Return a function that runs blocks of Python one after the other in one namespace, which it returns."""

    def run_blocks(blocks: list[str], where: str) -> Namespace:
        names: Namespace = {"__name__": "__example__"}
        for number, block in enumerate(blocks, start=1):
            exec(compile(block, f"{where}, block {number}", "exec"), names)
        return names

    return run_blocks
