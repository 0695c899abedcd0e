"""A swept run written directly into a workspace, without a model, so that what reads runs is tested in milliseconds."""

from itertools import pairwise

import numpy as np

from core.data.domain import Domain
from core.data.query_text import Reading
from core.evaluation.agreement import Disagreement
from core.evaluation.alpha_selection import select_alpha
from core.evaluation.overtakings import LIMIT, Overtakings
from core.evaluation.sweep import Sweep
from core.evaluation.tower_plane import Plane
from core.training.settings import default_settings
from core.workspace.folders import Workspace
from core.workspace.provenance import articles_fingerprint
from core.workspace.run_names import reserve_folder
from core.workspace.runs import Run, RunInfo, now, save_run
from core.workspace.sweep_info import PathInfo, SweepInfo


def write_run(workspace: Workspace, domain: Domain, *, plane: bool = True, interpolated: bool = False) -> Run:
    """A run of `domain` whose ranks get better with alpha up to 0.5, then worse."""
    slug = domain.info.slug
    ids = domain.subset("val")["article_id"].tolist()
    ranks = np.stack([np.arange(len(ids)) // better + 1 for better in (1, 2, 6, 3, 2)]).astype(np.int32)
    best = (np.arange(len(ids))[None, :, None] + np.arange(4)[None, None, :] + ranks[:, :, None]) % len(ids)
    marks = np.array([False, interpolated, False, interpolated, False])
    alphas = (0.0, 0.25, 0.5, 0.75, 1.0)
    sweep = Sweep("val", alphas, ids, ranks, ranks, best, marks, overtakings_between(alphas, ranks))
    grid = Plane(
        (0.0, 0.5, 1.0), np.stack([ranks[:3], ranks[1:4], ranks[2:]]), np.stack([best[:3], best[1:4], best[2:]])
    )
    settings = default_settings("lite", "head")
    folder = reserve_folder(workspace, slug, "lite", "head")
    articles = articles_fingerprint(domain, Reading(), False)
    info = RunInfo(slug, folder.name, now(), "lite", Reading(), False, True, "cpu", settings, articles, "", "", {})
    run = Run(info, folder)
    path = PathInfo(9, True, Disagreement(0.0003, 0.001), (0.1, 0.3))
    curve = sweep.curve()
    run.save_sweep([sweep], grid if plane else None, SweepInfo(select_alpha(curve), {}, {"val": path}))
    (folder / "history.csv").write_text(
        "epoch,train_loss,val_mrr@100,val_recall@1,logit_scale\n0,,0.1,0.1,10\n1,2,0.2,0.1,10\n"
    )
    save_run(run)
    return run


def overtakings_between(alphas: tuple[float, ...], ranks: np.ndarray) -> Overtakings:
    """Overtakings that lead from the ranks [A, N] at each alpha to the next, one place at a time and evenly spaced."""
    rows = []
    for article in range(ranks.shape[1]):
        for (low, high), (before, after) in zip(pairwise(alphas), pairwise(ranks[:, article].tolist()), strict=True):
            change = int(np.sign(after - before))
            for place in range(1, abs(after - before) + 1):
                alpha = low + (high - low) * place / (abs(after - before) + 1)
                rows.append((article, (article + place) % ranks.shape[1], alpha, change, before + change * place))
    columns = (np.array(column, dtype=kind) for column, kind in zip(zip(*rows, strict=True), "iidbi", strict=True))
    return Overtakings(*columns, start=ranks[0], limit=LIMIT)


def uniform_sweep(domain: Domain, rank: int) -> tuple[Sweep, SweepInfo]:
    """A sweep of val in which every article has the rank `rank` at each of three α."""
    ids = domain.subset("val")["article_id"].tolist()
    ranks = np.full((3, len(ids)), rank, dtype=np.int32)
    sweep = Sweep("val", (0.0, 0.5, 1.0), ids, ranks, ranks, np.zeros((3, len(ids), 4), dtype=int), np.zeros(3, bool))
    return sweep, SweepInfo(select_alpha(sweep.curve()), {}, {})


def save_uniform(run: Run, domain: Domain, rank: int) -> None:
    """Save such a sweep in place of the run's own."""
    sweep, info = uniform_sweep(domain, rank)
    run.save_sweep([sweep], None, info)
