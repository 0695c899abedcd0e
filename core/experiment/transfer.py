"""A run looked at on another domain's articles: what fine-tuning here did there, by α.

WiSE-FT's signature image (Wortsman et al. 2022, figure 1) is the curve of the one against the other.
"""

from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import pandas as pd

from core.data.domain import DomainInfo
from core.evaluation.metrics import METRICS
from core.storage.cache import read_checksummed, write_checksummed
from core.storage.files import fingerprint
from core.workspace.folders import Workspace
from core.workspace.runs import Run, find_run

FORMAT = 1  # counts up when what is kept changes for the same key


def _file(workspace: Workspace, run: Run, other: DomainInfo) -> Path:
    info = run.info
    by = run.reranking().method
    parts = (FORMAT, info.zero_shot, info.fine_tuned, asdict(info.text), other.slug, other.created_at, by)
    return workspace.cache / "transfer" / f"{fingerprint(*parts)}.csv"


def read_curve_elsewhere(workspace: Workspace, run: Run, other: DomainInfo) -> pd.DataFrame | None:
    """Read what `curve_elsewhere` wrote: alpha, split, interpolated, n, metrics on the other's val.

    None if it is not there, or lacks a metric that Rematch did not have then.
    """
    content = read_checksummed(_file(workspace, run, other))
    curve = pd.DataFrame() if content is None else pd.read_csv(BytesIO(content))
    return curve if set(METRICS) <= set(curve) else None


def curve_elsewhere(workspace: Workspace, slug: str, run_name: str, other_slug: str) -> None:
    """Sweep the run on the other domain's val and keep the curve: a task for the worker. InputError as `open_run`."""
    from core.experiment.loaded_run import open_elsewhere
    from core.experiment.sweep import sweep_split  # these import torch, which is for the worker alone

    run, other = find_run(workspace, slug, run_name), workspace.load_domain(other_slug)
    curve = sweep_split(open_elsewhere(run, other, workspace, "auto"), "val").curve()
    write_checksummed(_file(workspace, run, other.info), curve.to_csv(index=False).encode())
