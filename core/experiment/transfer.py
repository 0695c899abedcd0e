"""Evaluation of a run on the val articles of another domain, along α.

The curve of one domain against the other is figure 1 of WiSE-FT (Wortsman et al. 2022).
"""

from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import pandas as pd

from core.analysis.trade_off import with_intervals
from core.data.domain import DomainInfo
from core.evaluation.metrics import METRICS, table_metrics
from core.storage.cache import read_checksummed, write_checksummed
from core.storage.files import fingerprint
from core.workspace.folders import Workspace
from core.workspace.runs import Run, find_run

FORMAT = 2  # increment when the cached content changes for the same key


def _file(workspace: Workspace, run: Run, other: DomainInfo) -> Path:
    info = run.info
    by = run.reranking().method
    parts = (FORMAT, info.zero_shot, info.fine_tuned, asdict(info.text), other.slug, other.created_at, by)
    return workspace.cache / "transfer" / f"{fingerprint(*parts)}.csv"


def read_curve_elsewhere(workspace: Workspace, run: Run, other: DomainInfo) -> pd.DataFrame | None:
    """Read the curve of `curve_elsewhere`: alpha, split, interpolated, n, metrics on val of the other domain.

    The metrics of tables have the intervals of `with_intervals`. None if the curve is missing, or lacks a metric that
    was added to Rematch later.
    """
    content = read_checksummed(_file(workspace, run, other))
    curve = pd.DataFrame() if content is None else pd.read_csv(BytesIO(content))
    return curve if set(METRICS) <= set(curve) else None


def curve_elsewhere(workspace: Workspace, slug: str, run_name: str, other_slug: str) -> None:
    """Sweep the run on val of the other domain and cache the curve, in the worker. Raises InputError as `open_run`."""
    from core.experiment.loaded_run import open_elsewhere
    from core.experiment.sweep import sweep_split  # import torch, which only the worker may load

    run, other = find_run(workspace, slug, run_name), workspace.load_domain(other_slug)
    sweep = sweep_split(open_elsewhere(run, other, workspace, "auto"), "val")
    curve = with_intervals(sweep.curve(), sweep.ranks, table_metrics())
    write_checksummed(_file(workspace, run, other.info), curve.to_csv(index=False).encode())
