"""Domains and sweep results, cached for all sessions and read again only when their files change."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from core.analysis.alpha_choice import Plateau
from core.analysis.significance import curve_bands
from core.analysis.trade_off import with_intervals
from core.data.domain import Domain
from core.data.domain import load_domain as read_domain
from core.data.time_split import Split
from core.errors import InputError
from core.evaluation.tower_plane import Plane
from core.findings.alpha_choice import plateau_at_choice
from core.presentation.cross_fit import choice_note
from core.presentation.curve_lines import CurveLine, curve_line
from core.presentation.paper_tables import paper_table
from core.presentation.run_tables import differences, summary
from core.storage.files import FileSignature, file_signature
from core.workspace.folders import Workspace
from core.workspace.runs import Run, active_runs
from core.workspace.sweep_results import Results, cross_fit_on_val, read_results

SweepStamp = tuple[str, FileSignature | None]


@st.cache_resource(max_entries=16, show_spinner=False)
def _domain(folder: Path, written: FileSignature | None) -> Domain:
    return read_domain(folder)


def load_domain(workspace: Workspace, slug: str) -> Domain:
    """Return the domain, read again only if its file changed. Shared by all sessions: never change its table."""
    folder = workspace.domain_folder(slug)
    file = folder / "domain.toml"
    return _domain(folder, file_signature(file) if file.exists() else None)


def swept_runs(workspace: Workspace, slug: str) -> list[Run]:
    """Return the domain's runs that have a sweep, newest first."""
    return [run for run in reversed(active_runs(workspace, slug)) if run.is_swept]


@st.cache_resource(max_entries=256, show_spinner=False)
def _summary(_run: Run, swept: "SweepStamp") -> str:
    return summary(_run)


def summaries_of(runs: Sequence[Run]) -> dict[str, str]:
    """Return by name what each run differs in from the others, and what it reached on val."""
    found = {}
    for name, difference in differences(runs).items():
        run = next(run for run in runs if run.info.name == name)
        try:
            found[name] = " · ".join(filter(None, (difference, _summary(run, stamp_of(run)))))
        except InputError:  # a damaged sweep: the pages that read it say why
            found[name] = difference
    return found


def stamp_of(run: Run) -> SweepStamp:
    """Return the cache key of everything derived from the run's sweep; a new sweep changes it."""
    return str(run.folder), run.sweep_stamp()


@st.cache_resource(max_entries=8, show_spinner=False)
def _results(_run: Run, _domain: Domain, split: Split, swept: SweepStamp, domain_stamp: FileSignature) -> Results:
    return read_results(_run, _domain, split)


def results_of(run: Run, domain: Domain, split: Split) -> Results:
    """Return the sweep's results on a split. Shared by all sessions: never change its arrays.

    Raises InputError as `read_results`.
    """
    return _results(run, domain, split, stamp_of(run), file_signature(domain.folder / "domain.toml"))


@st.cache_resource(max_entries=64, show_spinner=False)
def _bands(_results: Results, metric: str, split: Split, file_signature: SweepStamp) -> tuple[np.ndarray, np.ndarray]:
    return curve_bands(_results.ranks, metric)


def bands_of(run: Run, domain: Domain, metric: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the 95 % band (low, high) of a metric over α, for each swept split with ground truth.

    Raises InputError as `read_results`.
    """
    swept = set(run.curve()["split"])
    splits: list[Split] = [split for split in ("val", "test") if split in swept and not domain.labelled(split).empty]
    return {split: _bands(results_of(run, domain, split), metric, split, stamp_of(run)) for split in splits}


@st.cache_resource(max_entries=64, show_spinner=False)
def _line(_run: Run, _domain: Domain, split: Split, swept: SweepStamp, domain_stamp: FileSignature) -> CurveLine:
    return curve_line(read_results(_run, _domain, split))


def line_of(run: Run, domain: Domain, split: Split) -> CurveLine:
    """Return the run's metrics over α on a split as a line to draw. Raises InputError as `read_results`."""
    return _line(run, domain, split, stamp_of(run), file_signature(domain.folder / "domain.toml"))


@st.cache_resource(max_entries=16, show_spinner=False)
def _curve_with_intervals(_results: Results, metrics: Sequence[str], file_signature: SweepStamp) -> pd.DataFrame:
    return with_intervals(_results.curve, _results.ranks, metrics)


def curve_with_intervals_of(run: Run, domain: Domain, metrics: Sequence[str]) -> pd.DataFrame:
    """Return the curve on val with the intervals of metrics. Raises InputError as `read_results`."""
    return _curve_with_intervals(results_of(run, domain, "val"), metrics, stamp_of(run))


@st.cache_resource(max_entries=16, show_spinner=False)
def _plane_bands(_plane: Plane, metric: str, file_signature: SweepStamp) -> tuple[np.ndarray, np.ndarray]:
    return curve_bands(_plane.ranks.reshape(-1, _plane.ranks.shape[-1]), metric)


def plane_bands_of(run: Run, domain: Domain, metric: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 % interval (low, high) of a metric at each row of the run's plane table, which must exist.

    Raises InputError as `read_results`.
    """
    plane = results_of(run, domain, "val").plane
    assert plane is not None
    return _plane_bands(plane, metric, stamp_of(run))


@st.cache_resource(max_entries=64, show_spinner=False)
def _paper_rows(_run: Run, _domain: Domain, swept: SweepStamp, domain_stamp: FileSignature) -> pd.DataFrame:
    return paper_table(_run, _domain, "val", None).rows


def paper_rows_of(run: Run, domain: Domain) -> pd.DataFrame:
    """Return the rows of the run's `paper_table` on val. Raises InputError as `paper_table`."""
    return _paper_rows(run, domain, stamp_of(run), file_signature(domain.folder / "domain.toml"))


@st.cache_resource(max_entries=8, show_spinner=False)
def _flat(_results: Results, file_signature: SweepStamp) -> Plateau:
    return plateau_at_choice(_results)


@st.cache_resource(max_entries=8, show_spinner=False)
def _choice_note(_run: Run, file_signature: SweepStamp) -> str:
    return choice_note(cross_fit_on_val(_run))


def choice_note_of(run: Run) -> str:
    """Return sentences for a view of α* on val: the gains that are left when other articles choose α."""
    return _choice_note(run, stamp_of(run))


def flat_of(run: Run, domain: Domain) -> Plateau:
    """Return the plateau: the α that val cannot tell apart from α*. Raises InputError as `read_results`."""
    return _flat(results_of(run, domain, "val"), stamp_of(run))
