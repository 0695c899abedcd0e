"""Runs that can be compared or merged: of other seeds, for means over seeds and soups, and of other domains."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from core.workspace.folders import Workspace
from core.workspace.runs import Run, active_runs


def sister_runs(run: Run, runs: Sequence[Run]) -> list[Run]:
    """Return the swept runs that differ from `run` only in their seed, and `run`: by seed, the newest of each."""
    key = _key_without_seed(run)
    alike = {other.info.settings.seed: other for other in runs if other.is_swept and _key_without_seed(other) == key}
    return [alike[seed] for seed in sorted(alike)]


def runs_elsewhere(run: Run, workspace: Workspace) -> list[Run]:
    """Return the newest run of every other domain that tuned the same weights of the same zero-shot model."""
    key = (run.info.encoder, run.info.zero_shot, run.info.settings.tune)
    found = {}
    for slug in workspace.domain_slugs():
        for other in active_runs(workspace, slug):
            if slug != run.info.domain and (other.info.encoder, other.info.zero_shot, other.info.settings.tune) == key:
                found[slug] = other
    return list(found.values())


def _key_without_seed(run: Run) -> tuple[Any, ...]:
    info, settings = run.info, replace(run.info.settings, seed=0)
    by = run.reranking().method
    return (info.encoder, info.text, info.english, info.articles, info.zero_shot, settings, by)
