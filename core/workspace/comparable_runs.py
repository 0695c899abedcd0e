"""Runs that differ only in their seed, for the mean and standard deviation over seeds."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.workspace.runs import Run


def sister_runs(run: Run, runs: Sequence[Run]) -> list[Run]:
    """Return the swept runs that differ from `run` only in their seed, and `run`: by seed, the newest of each."""
    key = _key_without_seed(run)
    alike = {other.info.settings.seed: other for other in runs if other.is_swept and _key_without_seed(other) == key}
    return [alike[seed] for seed in sorted(alike)]


def _key_without_seed(run: Run) -> tuple[Any, ...]:
    info, settings = run.info, replace(run.info.settings, seed=0)
    by = run.reranking().method
    return (info.encoder, info.text, info.english, info.articles, info.zero_shot, settings, by)
