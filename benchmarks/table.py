"""The table of `make bench`: every claim of speed, Rematch against the obvious way, printed and written as CSV.

It uses the demo's articles or, with `--domain`, a domain of the workspace, and writes only the CSV file.
"""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pandas as pd
import torch
import typer
from tabulate import tabulate
from torch import Tensor

from benchmarks.epochs import lite_head_epoch
from benchmarks.galleries import queries_in_a_million, ranks_50k
from benchmarks.measuring import Line
from benchmarks.sweeps import lite_runs, vit_runs
from core.data.domain import Domain
from core.data.query_text import Reading
from core.encoders.base import TOWERS
from core.encoders.embedding import embed
from core.encoders.loading import load_encoder
from core.experiment.demo import make_domain
from core.experiment.experiment import Experiment
from core.workspace.folders import Workspace, default_workspace

Case = Callable[[Domain, Workspace], list[Line]]
CASES: dict[str, Case] = {
    "lite-head": lambda domain, workspace: lite_runs(domain, workspace, "head"),
    "lite-text": lambda domain, workspace: lite_runs(domain, workspace, "text"),
    "lite-all": lambda domain, workspace: lite_runs(domain, workspace, "all"),
    "vit": vit_runs,
    "epoch": lambda domain, workspace: [lite_head_epoch(domain, workspace)],
    "ranks": lambda domain, workspace: [ranks_50k(*_embeddings(domain, workspace))],
    "million": lambda domain, workspace: queries_in_a_million(*_embeddings(domain, workspace)),
}


def write_table(domain: str | None, only: str | None, val: int | None, out: Path) -> None:
    """Measure, print and write the table.

    domain: its slug, or None for the demo's portals. only: names of CASES separated by commas. val: number of the
    newest val articles to use. out: the CSV file. Raises typer.BadParameter for a name that is not in CASES.
    """
    names = only.split(",") if only else list(CASES)
    if unknown := [name for name in names if name not in CASES]:
        raise typer.BadParameter(f"--only {', '.join(unknown)} is not known. Use some of {', '.join(CASES)}.")
    scratch = Path(tempfile.mkdtemp(prefix="rematch-bench-"))
    try:
        workspace = Workspace(scratch / "workspace", scratch / "cache")
        workspace.cache.mkdir()
        measured = default_workspace().load_domain(domain) if domain else make_domain("demo-portals", workspace)
        lines: list[Line] = []
        for name in names:
            print(f"Measuring {name} …", flush=True)
            lines += CASES[name](_newest(measured, val), workspace)
            pd.DataFrame([asdict(line) for line in lines]).to_csv(out, index=False)
        print(_table(lines))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _newest(domain: Domain, val: int | None) -> Domain:
    """Return the domain with only its newest `val` val articles."""
    rows = domain.subset("val").index
    dropped = rows[:-val] if val else rows[:0]
    return replace(domain, articles=domain.articles.drop(index=dropped).reset_index(drop=True))


def _embeddings(domain: Domain, workspace: Workspace) -> tuple[Tensor, Tensor]:
    """Embed the domain's images and texts with `lite-multilingual`: float32 [n, 512] each."""
    encoder = load_encoder("lite-multilingual", torch.device("cpu"), workspace.cache)
    experiment = Experiment(domain, encoder, Reading(), workspace)
    activations = experiment.activations({tower: len(encoder.stages(tower)) for tower in TOWERS})
    rows = {tower: range(len(activations[tower])) for tower in TOWERS}
    images, texts = (embed(encoder, activations[tower], pd.Index(rows[tower]).to_numpy()) for tower in TOWERS)
    return images, texts


def _table(lines: list[Line]) -> str:
    rows = [
        [line.work, line.size, f"{line.obvious_seconds:.2f}", f"{line.ours_seconds:.2f}", f"{line.ratio:.1f}",
         line.difference, f"{line.obvious_peak_mb:.0f}", f"{line.ours_peak_mb:.0f}"]
        for line in lines
    ]  # fmt: skip
    headers = ["work", "size", "obvious s", "ours s", "ratio", "difference", "obvious peak MB", "ours peak MB"]
    return tabulate(rows, headers=headers, disable_numparse=True)
