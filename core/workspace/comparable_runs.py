"""Runs that differ in nothing but their seed: what a mean and a standard deviation over seeds are taken of."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.workspace.runs import Run


def sister_runs(run: Run, runs: Sequence[Run]) -> list[Run]:
    """The runs trained and swept as `run` but for the seed, itself among them, by seed; the newest of each."""
    alike = {one.info.settings.seed: one for one in runs if one.is_swept and _but_seed(one) == _but_seed(run)}
    return [alike[seed] for seed in sorted(alike)]


def _but_seed(run: Run) -> tuple[Any, ...]:
    info, settings = run.info, replace(run.info.settings, seed=0)
    by = run.reranking().method
    return (info.encoder, info.text, info.english, info.articles, info.zero_shot, settings, by)
