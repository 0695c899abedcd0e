"""Switch of the Alpha page that gives each article its own α, DaWin's λ."""

from concurrent.futures import Future

import numpy as np
import streamlit as st

from core.analysis.headroom import SHARES, rows_at
from core.evaluation.metrics import metrics_of
from core.jobs.alpha_task import ArticleAlphas, alpha_per_article
from core.presentation.wording import number
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from pages.alpha.point import Point
from pages.shared import session
from pages.shared.cached_results import stamp_of
from pages.shared.worker import submit_once

_SHARES = {f"1/{round(1 / share)}" if share < 1 else "as trained": share for share in SHARES}
_METRICS = ("mrr@100", "recall@1", "recall@10")


def input_share() -> float | None:
    """Input the switch and, if it is on, the temperature as a share of the trained one; None if it is off."""
    if not st.toggle(
        "α per article (DaWin)",
        help="Each article gets its own α: the more certain model, by the entropy of its scores over the gallery, gets "
        "the larger share. The slider then shows one α for comparison, and the list shows each article at its own.",
        **session.PER_ARTICLE.bound,
    ):
        return None
    chosen = st.select_slider(
        "Temperature of the softmax",
        list(_SHARES),
        help="Share of the temperature that training ended with. A lower temperature moves α further towards one end.",
        **session.TEMPERATURE.bound,
    )
    return _SHARES.get(chosen, 1.0)


def submit_alphas(workspace: Workspace, results: Results, share: float) -> Future[ArticleAlphas]:
    """Submit the computation of each article's α."""
    info, split = results.run.info, results.split
    key = (*stamp_of(results.run), split, share)
    return submit_once("alpha per article", key, alpha_per_article, workspace, info.domain, info.name, split, share)


def point_per_article(results: Results, alphas: np.ndarray, article: int) -> Point:
    """Look up each article at the swept α nearest to its own, [N]; named after the α of row `article`."""
    rows, columns = rows_at(results.alphas, alphas), np.arange(len(alphas))
    name = f"{results.alphas[rows[article]]:.2f}, its own"
    return Point(name, results.ranks[rows, columns], results.top_images[rows, columns], False)


def comparison(results: Results, found: ArticleAlphas, own: Point, at_slider: Point) -> str:
    """Return a sentence with the metrics of each article at its own α and of all at one α."""
    values = [metrics_of(point.ranks) for point in (own, at_slider)]
    at_own, at_one = (", ".join(f"{name} {number(value[name])}" for name in _METRICS) for value in values)
    return (
        f"Each article at its own α (mean {found.alphas.mean():.2f} ± {found.alphas.std():.2f}, temperature "
        f"{found.temperature:.3g}): {at_own}. All at α = {at_slider.name}: {at_one}. {results.split}, "
        f"n = {len(own.ranks):,}. The question headroom in Findings has the intervals."
    )
