"""Domains and results of sweeps, read once for all sessions and again only when they were written again."""

from pathlib import Path

import numpy as np
import streamlit as st

from core.analysis.alpha_choice import Plateau
from core.analysis.significance import curve_bands
from core.data.domain import Domain
from core.data.domain import load_domain as read_domain
from core.data.time_split import Split
from core.findings.alpha_choice import plateau_at_choice
from core.storage.files import FileSignature, file_signature
from core.workspace.folders import Workspace
from core.workspace.runs import Run, load_runs
from core.workspace.sweep_results import Results, read_results

SweepStamp = tuple[str, FileSignature | None]


@st.cache_resource(max_entries=16, show_spinner=False)
def _domain(folder: Path, written: FileSignature | None) -> Domain:
    return read_domain(folder)


def load_domain(workspace: Workspace, slug: str) -> Domain:
    """The domain, read from disk again only when it was written again. Shared: never change its table."""
    folder = workspace.domain_folder(slug)
    file = folder / "domain.toml"
    return _domain(folder, file_signature(file) if file.exists() else None)


def swept_runs(workspace: Workspace, slug: str) -> list[Run]:
    """The domain's runs that have something to show, newest first."""
    return [run for run in reversed(load_runs(workspace, slug)) if run.is_swept]


def stamp_of(run: Run) -> SweepStamp:
    """Changes when the run is swept again; the key of everything derived from a sweep."""
    return str(run.folder), run.sweep_stamp()


@st.cache_resource(max_entries=8, show_spinner=False)
def _results(_run: Run, _domain: Domain, split: Split, swept: SweepStamp, domain_stamp: FileSignature) -> Results:
    return read_results(_run, _domain, split)


def results_of(run: Run, domain: Domain, split: Split) -> Results:
    """Shared by all sessions: never change its arrays. Raises InputError as `read_results`."""
    return _results(run, domain, split, stamp_of(run), file_signature(domain.folder / "domain.toml"))


@st.cache_resource(max_entries=64, show_spinner=False)
def _bands(_results: Results, metric: str, split: Split, file_signature: SweepStamp) -> tuple[np.ndarray, np.ndarray]:
    return curve_bands(_results.ranks, metric)


def bands_of(run: Run, domain: Domain, metric: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The 95 % band of a metric along the curve of each split that can be judged. InputError as `read_results`."""
    swept = set(run.curve()["split"])
    splits: list[Split] = [split for split in ("val", "test") if split in swept and not domain.labelled(split).empty]
    return {split: _bands(results_of(run, domain, split), metric, split, stamp_of(run)) for split in splits}


@st.cache_resource(max_entries=8, show_spinner=False)
def _flat(_results: Results, file_signature: SweepStamp) -> Plateau:
    return plateau_at_choice(_results)


def flat_of(run: Run, domain: Domain) -> Plateau:
    """The α's that val cannot tell from α*. InputError as `read_results`."""
    return _flat(results_of(run, domain, "val"), stamp_of(run))
