"""Rank changes page: counts and table 4 for two models, a scatter plot of ranks, and the articles with their tags."""

from datetime import date

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from core.analysis.trajectories import SHAPES
from core.data.domain import Domain
from core.evaluation.models import Model
from core.evaluation.rank_changes import CASES, table_4
from core.findings.question import RunContext, load_last_cached
from core.findings.slices import SLICES, SlicesFound, rows_in_slice
from core.storage.safe_csv import spreadsheet_csv
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from core.workspace.tags import Tagged, known_tags, read_tags, tags_table
from pages.changes.card import show_card
from pages.changes.table import DIRECTIONS, MODELS, Filter, change_table, rows_of
from pages.shared import session, sidebar
from pages.shared.alpha_position import input_alpha
from pages.shared.cached_results import choice_note_of, results_of
from pages.shared.charts import input_figure_format, show_figure
from pages.shared.help_texts import CHANGES, help_for
from pages.shared.text import counted, plain, shorten

ON_A_PAGE = 12
TERMS_OF_MODELS = ("Model", "Zero-shot", "WiSE-FT", "Fine-tuned")
HELP_OF_DIRECTION = help_for("Rank", also="Improved: a smaller rank in the second model. Worsened: a larger one.")
SCATTER = "rank_scatter"
LOOKS = {
    "improved": ("#56B4E9", "triangle-up"),
    "worsened": ("#CC79A7", "triangle-down"),
    "unchanged": ("#8A8F98", "circle"),
}


def input_models(results: Results) -> tuple[Model, Model, float]:
    """Input the two models to compare and WiSE-FT's α."""
    from_column, to_column, alpha_column = st.columns(3)
    before = from_column.selectbox("From", MODELS, index=2, help=help_for(*TERMS_OF_MODELS), **session.BEFORE.bound)
    after = to_column.selectbox("To", MODELS, index=1, help=help_for(*TERMS_OF_MODELS), **session.AFTER.bound)
    with alpha_column:
        alpha = input_alpha(results.run)
    nearest = float(results.alphas[results.nearest_index(alpha)])
    if abs(nearest - alpha) > 1e-6:
        alpha_column.caption(f"This page shows α = {nearest:g}, the nearest of the sweep.")
    if results.interpolated[results.nearest_index(nearest)]:
        alpha_column.caption(
            "≈ WiSE-FT's ranks are interpolated here. The Alpha page and `rematch rank` compute exact ones."
        )
    return before, after, nearest


def show_counts(results: Results, table: pd.DataFrame, before: Model, after: Model) -> None:
    """Show how many articles improved, worsened or did not change, and the paper's table 4."""
    n = len(table)
    counts = table["direction"].value_counts()
    with st.grid(3, min_column_width=95):
        for direction in DIRECTIONS:
            count = int(counts.get(direction, 0))
            st.metric(direction, f"{count:,}", border=True, help=f"Of {counted(n, 'article')}. " + HELP_OF_DIRECTION)
    zero_shot, fine_tuned, wise_ft = (table[name].to_numpy() for name in Model)
    paper = table_4(zero_shot, fine_tuned, wise_ft)
    up, down = (f"{value:.3f}" if value is not None else "none" for value in (paper.improvement, paper.decrease))
    st.caption(
        f"{results.split}, n = {n:,}, from {before} to {after}. **Table 4 of the paper** (fine-tuned → WiSE-FT, for "
        f"the {counted(paper.n, 'article')} that fine-tuning improved and that both models rank among the first 100): "
        f"{paper.n_improved:,} up by {up} ranks on average, {paper.n_decreased:,} down by {down}. The Curves page has "
        "other readings of it."
    )


def plot_scatter(table: pd.DataFrame, headlines: list[str], before: Model, after: Model) -> go.Figure:
    """Plot rank against rank on logarithmic axes; each point is an article and has its row as custom data."""
    figure = go.Figure()
    top = max(10, int(table[["before", "after"]].to_numpy().max()))
    figure.add_scatter(
        x=[1, top],
        y=[1, top],
        mode="lines",
        line={"color": "#8A8F98", "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
    for direction in DIRECTIONS:
        rows = np.flatnonzero(table["direction"] == direction)
        colour, symbol = LOOKS[direction]
        figure.add_scatter(
            x=table["before"].iloc[rows], y=table["after"].iloc[rows], mode="markers",
            name=f"{direction} ({len(rows):,})",
            marker={"color": colour, "symbol": symbol, "size": 8, "opacity": 0.75},
            customdata=[[int(row), headlines[row]] for row in rows],
            hovertemplate=f"%{{customdata[1]}}<br>{before} %{{x}} → {after} %{{y}}<extra></extra>",
        )  # fmt: skip
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if tick <= top * 1.5]
    figure.update_xaxes(title=f"rank, {before}", type="log", tickvals=ticks)
    figure.update_yaxes(title=f"rank, {after}", type="log", tickvals=ticks)
    return figure.update_layout(dragmode="select", hovermode="closest")


def selected_rows(event: dict) -> tuple[int, ...] | None:
    """Return the rows of the selected points; None if none is selected."""
    points = event["selection"]["points"] if event and "selection" in event else []
    rows = {int(point["customdata"][0]) for point in points if point.get("customdata")}
    return tuple(sorted(rows)) or None


def input_filter(
    results: Results, tags: dict[str, Tagged], slices: SlicesFound | None, rows: tuple[int, ...] | None
) -> Filter:
    """Input the filters; those with a single value in this domain are left out."""
    articles = results.articles
    with st.expander("Filter", icon=":material/filter_list:", expanded=True), st.grid(3, min_column_width=220):
        direction = st.selectbox("Direction", ["all", *DIRECTIONS], help=HELP_OF_DIRECTION, **session.DIRECTION.bound)
        case = st.selectbox(
            "Cases of the paper",
            ["all", *CASES],
            help=help_for("Zero-shot", "Fine-tuned", "WiSE-FT"),
            **session.CASE.bound,
        )
        size = st.number_input(
            "Minimum change of rank", 0, 100_000, 0, help=help_for("Rank", also="Up or down."), **session.MOVED.bound
        )
        words = st.text_input("Words in the text", **session.WORDS.bound, placeholder="flood, Größe …")
        chosen_tags = st.multiselect("Tagged as", known_tags(tags), help=help_for("Tag, note"), **session.TAGGED.bound)
        language = _input_value("Language", articles["language"], session.LANGUAGE, "The language of the article.")
        shape = st.selectbox(
            "Shape over α", ["all", *SHAPES], help=help_for("Trajectory, shape"), **session.SHAPE.bound
        )
        planted = _input_value("Planted cause", articles["planted"], session.PLANTED, help_for("Demo"))
        members = _input_slice(results, slices)
        dates = _input_dates(articles["published_at"])
    return Filter(
        direction if direction in DIRECTIONS else None,
        case if case in CASES else None,
        int(size),
        words or "",
        dates,
        language,
        planted,
        tuple(chosen_tags),
        shape if shape in SHAPES else None,
        members,
        rows,
    )


def _input_value(label: str, column: pd.Series, parameter: session.QueryParameter[str], help: str) -> str | None:
    values = sorted(value for value in column.dropna().unique() if value)
    if len(values) < 2 and not (parameter is session.PLANTED and values):
        return None
    chosen = st.selectbox(label, ["all", *values], help=help, **parameter.bound)
    return chosen if chosen in values else None


def _input_slice(results: Results, slices: SlicesFound | None) -> tuple[int, ...] | None:
    """Input a slice and return its rows; there is a choice only after the question about slices was answered."""
    names = list(slices.splits[results.split].members) if slices and results.split in slices.splits else []
    if not names:
        if session.SLICE.in_address():
            st.info(
                "The slices of this run are not computed yet, so this page shows all articles. Compute them on the "
                "Findings page or with `rematch analyse --questions slices`."
            )
        return None
    chosen = st.selectbox("Slice", ["all", *sorted(names)], help=help_for("Slice"), **session.SLICE.bound)
    if slices is None or chosen not in names:
        return None
    ids = results.articles["article_id"].tolist()
    return tuple(rows_in_slice(slices, results.split, chosen, ids).tolist())


def _input_dates(published: pd.Series) -> tuple[date, date] | None:
    days = pd.to_datetime(published).dropna().dt.date
    if days.nunique() < 2:
        return None
    first, last = days.min(), days.max()
    chosen = st.slider("Published", first, last, (first, last), format="YYYY-MM-DD", key=f"dates {first} {last}")
    return None if chosen == (first, last) else chosen


def show_gallery(
    workspace: Workspace, domain: Domain, results: Results, table: pd.DataFrame, rows: np.ndarray, alpha: float
) -> None:
    """Show the cards of the filtered articles, page by page, the largest change first."""
    total = len(table)
    st.subheader(f"{counted(len(rows), 'article')} of {total:,}")
    if not len(rows):
        st.write(
            "No article matches all filters. Remove one of them, or double-click the chart to clear the selection of "
            "points."
        )
        return
    pages = -(-len(rows) // ON_A_PAGE)
    page = st.pagination(pages, key="changes_page") if pages > 1 else 1
    start = (min(max(page or 1, 1), pages) - 1) * ON_A_PAGE
    with st.grid(2, min_column_width=330, gap="medium"):
        for row in rows[start : start + ON_A_PAGE]:
            with st.container(border=True):
                show_card(workspace, domain, results, table.iloc[row], int(row), alpha)


def show_downloads(
    domain: Domain, results: Results, table: pd.DataFrame, rows: np.ndarray, tags: dict[str, Tagged]
) -> None:
    """Offer the filtered articles and all tags of the domain as CSV."""
    name = f"{domain.info.slug}-{results.run.info.name}"
    shown = table.iloc[rows].drop(columns=["before", "after"])
    shown.insert(1, "title", results.articles["title"].iloc[rows].to_numpy())
    shown["tags"] = ["; ".join(tags[i].tags) if i in tags else "" for i in shown["article_id"]]
    shown["note"] = [tags[i].note if i in tags else "" for i in shown["article_id"]]
    with st.container(horizontal=True):
        st.download_button("These articles as CSV", spreadsheet_csv(shown), f"{name}-changes.csv", "text/csv")
        st.download_button(
            f"All tags as CSV ({len(tags)})",
            spreadsheet_csv(tags_table(domain, tags)),
            f"{domain.info.slug}-tags.csv",
            "text/csv",
            disabled=not tags,
            help=help_for(
                "Tag, note", also="" if tags else "No article of this domain has a tag yet. Tag one on its card."
            ),
        )


def main() -> None:
    """Draw the page."""
    header = sidebar.show_title(CHANGES)
    workspace, domain, run = sidebar.require_run(CHANGES)
    with header:
        sidebar.show_heading(domain, run)
        results = results_of(run, domain, sidebar.input_split(domain, run))
    before, after, alpha = input_models(results)
    if before == after:
        st.info("You compare a model with itself, so no rank changes. Choose another model under “From” or “To”.")
        return
    if alpha in (0.0, 1.0) and Model.WISE_FT in (before, after):
        st.info(
            f"At α = {alpha:g}, WiSE-FT is the {'fine-tuned' if alpha else 'zero-shot'} model itself. Choose an α "
            "between 0 and 1 to see a mix."
        )
    table = change_table(results, alpha, before, after)
    if results.split == "val" and Model.WISE_FT in (before, after) and alpha == run.selected().alpha:
        st.caption(plain(choice_note_of(run)))
    show_counts(results, table, before, after)
    articles = results.articles
    headlines = [shorten(title or text, 80) for title, text in zip(articles["title"], articles["text"], strict=True)]
    st.caption("Click a point or drag a box to see only those articles below. Below the diagonal, the rank improved.")
    figure = plot_scatter(table, headlines, before, after)
    alt = f"Scatter plot of the ranks of {counted(len(table), 'article')}: {before} against {after}."
    event = show_figure(figure, SCATTER, alt, 460, on_select="rerun", selection_mode=("points", "box", "lasso"))
    input_figure_format()
    tags = read_tags(workspace, domain.info.slug)
    # The last ones, even if tags have changed since: tagging an article here must not remove the filter.
    slices = load_last_cached(SLICES, RunContext(run, domain, workspace))
    chosen = input_filter(results, tags, slices, selected_rows(event))
    rows = rows_of(chosen, table, articles, tags)
    show_downloads(domain, results, table, rows, tags)
    show_gallery(workspace, domain, results, table, rows, alpha)


main()
