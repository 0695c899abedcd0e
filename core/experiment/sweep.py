"""Sweep of a loaded run: the continuous curve along the path, or given α, written to the run's folder.

If only linear heads change, every point is exact and α* is the middle of the interval in which the criterion is best.
Else the curve is interpolated and marked as such: α = 0, 1, α* and its neighbours are always exact, and all points are
if the error of the path is too large. The same path gives the plane over the α of both towers
(docs/decisions/exact-and-interpolated-alpha.md).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd

from core.data.time_split import SPLITS, Split
from core.encoders.base import TOWERS
from core.evaluation.alpha_selection import Criterion, Selected, select_alpha
from core.evaluation.overtakings import best_interval, is_step_metric, middle_of
from core.evaluation.sweep import DENSE, Ranked, Sweep, collect, with_exact
from core.evaluation.tower_plane import GRID, Plane
from core.experiment.loaded_run import LoadedRun
from core.experiment.path_ranks import overtakings_along, plane_along, ranked_along
from core.interpolation.alpha_path import AlphaPath
from core.progress import progress
from core.workspace.sweep_info import PathInfo, SweepInfo

#: The paper's grid, used if the error of the path is too large.
COARSE = tuple(step / 20 for step in range(21))
#: Number of neighbours on each side of the curve's best α that are evaluated exactly.
NEIGHBOURS = 2


def sweep_run(
    loaded_run: LoadedRun, alphas: Sequence[float] | None, criterion: Criterion
) -> tuple[pd.DataFrame, SweepInfo]:
    """Sweep val, and test if it has ground truth; choose α on val; write all of it to the run's folder.

    alphas: exact points, 0 and 1 among them; None for the continuous curve. Returns the curves of all splits.
    """
    experiment = loaded_run.experiment
    splits = [split for split in SPLITS if split != "train" and experiment.has_labelled(split)]
    paths: dict[Split, AlphaPath] = {} if alphas is not None else {split: loaded_run.path(split) for split in splits}

    def sweep_with(split: Split, always: Sequence[float]) -> Sweep:
        path = paths.get(split)
        if path is None or not path.is_good:
            return _exact(loaded_run, split, sorted({*(alphas if alphas is not None else COARSE), *always}))
        return _exactly_at(always, _along(path, loaded_run, split), loaded_run)

    val = sweep_with("val", [])
    val = _exactly_at(_interpolated_near_best(val, criterion), val, loaded_run)
    selected = _select(val, criterion)
    if "val" in paths and paths["val"].is_good:
        val = _exactly_at([selected.alpha], val, loaded_run)
    sweeps = [val, *(sweep_with(split, [selected.alpha]) for split in splits if split != "val")]
    precision = {str(tower): chosen for tower, chosen in loaded_run.precision.items()}
    info = SweepInfo(selected, precision, {split: _info(path) for split, path in paths.items()}, loaded_run.reranking)
    plane = _plane(paths["val"], loaded_run) if "val" in paths and paths["val"].is_good else None
    experiment.check_unchanged()
    loaded_run.run.save_sweep(sweeps, plane, info)
    return pd.concat([sweep.curve() for sweep in sweeps], ignore_index=True), info


def sweep_split(loaded_run: LoadedRun, split: Split) -> Sweep:
    """Sweep one split along the path if its error is small, else exactly on the paper's grid."""
    path = loaded_run.path(split)
    return _along(path, loaded_run, split) if path.is_good else _exact(loaded_run, split, COARSE)


def _exact(loaded_run: LoadedRun, split: Split, alphas: Sequence[float]) -> Sweep:
    ranked = progress(exact_ranks(loaded_run, split, alphas), "Sweeping alpha", len(alphas))
    return collect(split, alphas, loaded_run.view(split).article_ids, ranked)


def exact_ranks(loaded_run: LoadedRun, split: Split, alphas: Sequence[float]) -> Iterable[Ranked]:
    """Yield the ranks of the split with exact weights at each of `alphas`."""
    view = loaded_run.view(split)
    both = (loaded_run.embeddings(tower, alphas, split) for tower in ("text", "image"))
    for texts, images in zip(*both, strict=True):
        yield view.ranked(texts, images)


def _along(path: AlphaPath, loaded_run: LoadedRun, split: Split) -> Sweep:
    """Return the continuous curve, exact at the nodes of the path that are on its grid (0 and 1 among them)."""
    view = loaded_run.view(split)
    interpolated = [not path.is_exact_at(alpha) for alpha in DENSE]
    sweep = collect(split, DENSE, view.article_ids, ranked_along(path, view, DENSE), interpolated)
    return replace(sweep, overtakings=overtakings_along(path, view))


def _plane(path: AlphaPath, loaded_run: LoadedRun) -> Plane | None:
    """Return the ranks of val over the α of both towers; None if one tower does not change."""
    if not all(loaded_run.changes(tower) for tower in TOWERS):
        return None
    return Plane(GRID, *plane_along(path, loaded_run.view("val"), GRID))


def _select(val: Sweep, criterion: Criterion) -> Selected:
    """Return α*: the middle of the best interval if every α is exact, else the best exact α."""
    curve = val.curve()
    selected = select_alpha(curve[~curve["interpolated"]], criterion)
    if val.overtakings is None or not is_step_metric(criterion):
        return selected
    low, high = best_interval(val.overtakings, criterion)
    if not val.interpolated.any():
        return Selected(middle_of(low, high), criterion, low, high)
    return replace(selected, low=low, high=high) if low <= selected.alpha <= high else selected


def _interpolated_near_best(sweep: Sweep, criterion: Criterion) -> list[float]:
    """Return the interpolated α among the best of the curve and its neighbours."""
    best = sweep.alphas.index(select_alpha(sweep.curve(), criterion).alpha)
    near = range(max(0, best - NEIGHBOURS), min(best + NEIGHBOURS + 1, len(sweep.alphas)))
    return [sweep.alphas[index] for index in near if sweep.interpolated[index]]


def _exactly_at(alphas: Sequence[float], sweep: Sweep, loaded_run: LoadedRun) -> Sweep:
    """Return the sweep with the ranks under the mixed weights at `alphas`, which are added if they are missing."""
    exact = progress(exact_ranks(loaded_run, sweep.split, alphas), "Confirming alpha", len(alphas))
    return with_exact(sweep, dict(zip(alphas, exact, strict=True)))


def _info(path: AlphaPath) -> PathInfo:
    return PathInfo(path.node_count, path.is_good, path.error, path.checked_at, path.is_linear)
