"""Sweeps of α: the obvious way against exact evaluation of the changed stages and against the interpolated path."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import open_clip
import torch
from safetensors.torch import save_file

from benchmarks import obvious
from benchmarks.measuring import Line, line_of, timed
from core.data.domain import Domain
from core.data.query_text import Reading
from core.encoders.base import TOWERS
from core.encoders.clip.encoder import load_clip
from core.encoders.loading import load_encoder
from core.encoders.weights import read_weights, weights_fingerprint, write_weights
from core.evaluation.agreement import disagreement
from core.evaluation.metrics import metrics_of
from core.evaluation.sweep import DENSE
from core.experiment.experiment import Experiment
from core.experiment.loaded_run import LoadedRun, open_run
from core.experiment.path_ranks import ranked_along
from core.experiment.sweep import COARSE
from core.experiment.train import train_run
from core.training.settings import Settings, default_settings
from core.workspace.folders import Workspace
from core.workspace.run_names import reserve_folder
from core.workspace.runs import Run, RunInfo, now
from core.workspace.sweep_info import PrecisionName

VIT_STEP = 0.02  # × each tensor's standard deviation: about the change by fine-tuning CLIP at 1e-5


def lite_runs(domain: Domain, workspace: Workspace, tune: str) -> list[Line]:
    """Measure `lite` after two epochs of fine-tuning: 21 exact α and 101 along the path, in float32 and bfloat16."""
    settings = replace(default_settings("lite", tune), epochs=2)
    run, _ = train_run(domain, "lite", settings, Reading(), "cpu", workspace)
    return _lines(run, domain, workspace, f"lite, {tune} tuned", ("fp32",) if tune == "head" else ("fp32", "bf16"))


def vit_runs(domain: Domain, workspace: Workspace) -> list[Line]:
    """Measure ViT-B-32 with a small random change of every tensor: 21 exact α and 101 along the path."""
    return _lines(_random_vit_run(domain, workspace), domain, workspace, "ViT-B-32, all tuned", ("fp32", "bf16"))


def _random_vit_run(domain: Domain, workspace: Workspace) -> Run:
    torch.manual_seed(0)
    weights = Path(tempfile.mkdtemp(dir=workspace.cache)) / "vit.safetensors"
    save_file(open_clip.create_model("ViT-B-32").state_dict(), weights)
    encoder = load_clip(f"ViT-B-32:{weights}").eval()
    experiment = Experiment(domain, encoder, Reading(), workspace)
    moved = {
        key: tensor + VIT_STEP * tensor.std(correction=0) * torch.randn_like(tensor)
        for key, tensor in experiment.zero_shot.items()
    }
    folder = reserve_folder(workspace, domain.info.slug, encoder.name, "all")
    info = RunInfo(
        domain.info.slug, folder.name, now(), encoder.name, Reading(), experiment.english, True, "cpu", Settings(),
        experiment.fingerprint(), weights_fingerprint(experiment.zero_shot), weights_fingerprint(moved), {},
    )  # fmt: skip
    run = Run(info, folder)
    write_weights(run.weights_file, moved, {})
    return run


def _lines(
    run: Run, domain: Domain, workspace: Workspace, name: str, precisions: Sequence[PrecisionName]
) -> list[Line]:
    """Measure the obvious way, then ours, without filling our cache (`open_run`).

    The ways do not take turns at each α: systems that page out cold memory would reload each way's weights every time.
    """
    obvious_sweep = _obvious(open_run(run, domain, workspace, "cpu", "fp32"))
    theirs = timed(lambda: obvious_sweep(COARSE))
    size = f"n = {theirs.answer.shape[1]}"
    # Each α costs the obvious way the same, so 101 of them take 101/21 of the time.
    for_101 = replace(theirs, seconds=theirs.seconds * len(DENSE) / len(COARSE))
    lines = []
    for precision in precisions:
        # By tower, which skips the check that would refuse bf16: ranks of random weights have near-ties.
        loaded_run = open_run(run, domain, workspace, "cpu", dict.fromkeys(TOWERS, precision))
        exact = timed(lambda loaded_run=loaded_run: _exact(loaded_run, COARSE))  # type: ignore[misc]
        apart = _ranks_apart(theirs.answer, exact.answer)
        lines.append(line_of(f"{name}, {precision}: 21 exact α", size, theirs, exact, apart))
        path = timed(lambda loaded_run=loaded_run: _path_sweep(loaded_run))  # type: ignore[misc]
        error = _path_error(loaded_run, path.answer)
        lines.append(line_of(f"{name}, {precision}: 101 α along the path", size, for_101, path, error))
    return lines


def _obvious(loaded_run: LoadedRun) -> Callable[[Sequence[float]], np.ndarray]:
    experiment, run = loaded_run.experiment, loaded_run.run
    files = [experiment.domain.images_root / file for file in experiment.domain.subset("val")["image_file"]]
    texts = [experiment.queries[row] for row in loaded_run.view("val").text_rows]
    encoder = load_encoder(run.info.encoder, torch.device("cpu"), experiment.workspace.cache)
    fine_tuned = read_weights(run.weights_file)
    zero_shot = experiment.zero_shot
    return lambda alphas: obvious.sweep(encoder, zero_shot, fine_tuned, alphas, files, texts)


def _exact(loaded_run: LoadedRun, alphas: Sequence[float]) -> np.ndarray:
    view = loaded_run.view("val")
    both = (loaded_run.embeddings(tower, alphas, "val") for tower in ("text", "image"))
    return np.stack([view.image_ranks(texts, images) for texts, images in zip(*both, strict=True)])


def _path_sweep(loaded_run: LoadedRun) -> np.ndarray:
    for cached in (loaded_run.experiment.workspace.cache / "paths").glob("*"):
        cached.unlink()
    path, view = loaded_run.path("val"), loaded_run.view("val")
    return np.stack([ranked.ranks for ranked in ranked_along(path, view, DENSE)])


def _ranks_apart(theirs: np.ndarray, ours: np.ndarray) -> str:
    apart = [disagreement(*ranks) for ranks in zip(ours, theirs, strict=True)]
    return (
        f"{(theirs != ours).mean():.2%} of ranks differ; mrr@100 ±{max(at_alpha.mrr_100 for at_alpha in apart):.4f}, "
        f"top-10 flips {max(at_alpha.top10_flip_rate for at_alpha in apart):.1%}"
    )


def _path_error(loaded_run: LoadedRun, ranks: np.ndarray) -> str:
    """Describe the path's error against exact evaluation at every tenth α."""
    tenths = [step * 10 for step in range(11)]
    exact = _exact(loaded_run, [DENSE[index] for index in tenths])
    off = [
        abs(metrics_of(ranks[index])["mrr@100"] - metrics_of(row)["mrr@100"])
        for index, row in zip(tenths, exact, strict=True)
    ]
    path = loaded_run.path("val")
    return f"{path.node_count} nodes; mrr@100 ±{max(off):.5f} at every tenth (1/n = {1 / ranks.shape[1]:.5f})"
