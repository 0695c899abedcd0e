"""Results of a sweep, read once for all sessions and again only when the run was swept again."""

import streamlit as st

from core.data.domain import Domain
from core.data.splitting import Split
from core.workspace.results import Results, read_results
from core.workspace.runs import Run

Stamp = tuple[str, int]


def stamp_of(run: Run) -> Stamp:
    """Changes when the run is swept again; the key of everything derived from a sweep."""
    return str(run.folder), (run.folder / "sweep.toml").stat().st_mtime_ns


@st.cache_resource(max_entries=8, show_spinner=False)
def _results(_run: Run, _domain: Domain, split: Split, stamp: Stamp, domain_created: str) -> Results:
    return read_results(_run, _domain, split)


def results_of(run: Run, domain: Domain, split: Split) -> Results:
    """Shared by all sessions: never change its arrays. Raises InputError as `read_results`."""
    return _results(run, domain, split, stamp_of(run), domain.info.created_at)
