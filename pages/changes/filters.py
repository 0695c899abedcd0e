"""Filters of the Rank changes page in one row, and the active ones as chips."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from core.analysis.trajectories import SHAPES
from core.errors import listed
from core.evaluation.models import Model
from core.evaluation.rank_changes import CASES
from core.findings.slices import SlicesFound, rows_in_slice
from core.workspace.sweep_results import Results
from core.workspace.tags import Tagged, known_tags
from pages.changes.selection import Box, current_box, selected_rows
from pages.changes.table import DIRECTIONS, MODELS, Filter
from pages.shared import session
from pages.shared.alpha_position import input_alpha
from pages.shared.help_texts import help_for
from pages.shared.text import counted, plain, shorten

Option = TypeVar("Option", bound=str)
TERMS_OF_MODELS = ("Model", "Zero-shot", "WiSE-FT", "Fine-tuned")
HELP_OF_DIRECTION = help_for("Rank", also="Improved: a smaller rank in the second model. Worsened: a larger one.")


@dataclass(frozen=True)
class Chip:
    """An active filter: what it says, in Markdown, and the callback that removes it."""

    name: str
    label: str
    reset: Callable[[], None]


@dataclass(frozen=True)
class Chosen:
    """The filters, the box that was dragged in the chart, and a chip for each active filter."""

    filter: Filter
    box: Box | None
    chips: list[Chip]


def input_models(results: Results) -> tuple[Model, Model, float]:
    """Input the two models to compare and WiSE-FT's α. To be drawn in a row."""
    help = help_for(*TERMS_OF_MODELS)
    columns = st.columns([1, 1, 1])
    before: Model = columns[0].selectbox("From", MODELS, 2, help=help, **session.BEFORE.bound)
    after: Model = columns[1].selectbox("To", MODELS, 1, help=help, **session.AFTER.bound)
    # Points on other axes are other articles.
    if session.AXES.get() not in (None, (before, after)):
        session.forget_points()
    session.AXES.set((before, after))
    with columns[2]:
        alpha = input_alpha(results.run)
    return before, after, float(results.alphas[results.nearest_index(alpha)])


def show_alpha_notes(results: Results, shown: float, alpha: float) -> None:
    """Say which α the page shows if it is not the chosen one, and whether ranks are interpolated there."""
    if abs(shown - alpha) > 1e-6:
        st.caption(f"This page shows α = {shown:g}, the nearest of the sweep.")
    if results.interpolated[results.nearest_index(shown)]:
        st.caption("≈ WiSE-FT's ranks are interpolated here. The Alpha page and `rematch rank` compute exact ones.")


def input_filters(results: Results, table: pd.DataFrame, tags: dict[str, Tagged], slices: SlicesFound | None) -> Chosen:
    """Input the filters; those with a single value in this domain are left out."""
    articles, chips = results.articles, []

    def choice(
        parameter: session.QueryParameter[str], label: str, options: tuple[Option, ...], help: str
    ) -> Option | None:
        """Input one of `options`, or all."""
        named = st.selectbox(label, ["all", *options], help=help, **parameter.bound)
        chosen = next((option for option in options if option == named), None)
        if chosen is None:
            return None
        chips.append(Chip(parameter.key, f"{label}: {plain(shorten(chosen, 40))}", partial(parameter.set, "all")))
        return chosen

    columns = st.columns([1, 1.2, 1.2, 1])
    with columns[0]:
        direction = choice(session.DIRECTION, "Direction", DIRECTIONS, HELP_OF_DIRECTION)
    words = columns[1].text_input("Words in the text", **session.WORDS.bound, placeholder="flood, Größe …") or ""
    if words:
        chips.append(Chip("words", f"Words: {plain(shorten(words, 40))}", partial(session.WORDS.set, "")))
    offered = known_tags(tags)
    # Only those of a link: the widget removes them from the address.
    gone = [tag for tag in session.TAGGED.texts() if tag not in offered] if session.TAGGED.get() is None else []
    tagged = columns[2].multiselect("Tagged as", offered, help=help_for("Tag, note"), **session.TAGGED.bound)
    if tagged:
        any_of = plain(shorten(" or ".join(tagged), 60))
        chips.append(Chip("tagged", f"Tagged as {any_of}", partial(session.TAGGED.set, [])))
    with columns[3].container(key="changes_more"), st.popover("More filters", width="stretch"):
        case = choice(session.CASE, "Cases of the paper", CASES, help_for("Zero-shot", "Fine-tuned", "WiSE-FT"))
        moved = help_for("Rank", also="Up or down.")
        size = int(st.number_input("Minimum change of rank", 0, 100_000, 0, help=moved, **session.MOVED.bound))
        if size:
            chips.append(Chip("moved", f"Moved by {size:,} or more", partial(session.MOVED.set, 0)))
        shape = choice(session.SHAPE, "Shape over α", SHAPES, help_for("Trajectory, shape"))
        language = planted = members = None
        if len(values := _values(articles["language"])) > 1:
            language = choice(session.LANGUAGE, "Language", values, "The language of the article.")
        if values := _values(articles["planted"]):
            planted = choice(session.PLANTED, "Planted cause", values, help_for("Demo"))
        if names := _slice_names(results, slices):
            name = choice(session.SLICE, "Slice", names, help_for("Slice"))
            members = None if name is None else _slice_rows(results, slices, name)
        dates = _input_dates(articles["published_at"], chips)
    if gone:
        st.info(f"No article of this domain has the tag {plain(listed(gone))}, so that filter is not set.")
    if session.SLICE.in_address() and not names:
        st.info(
            "The slices of this run are not computed yet, so this page shows all articles. Compute them on the "
            "Findings page or with `rematch analyse --questions slices`."
        )
    box = current_box()
    rows = selected_rows(table, box)
    if rows is not None:
        where = f"Box: {len(rows):,} of {len(table):,} points" if box else f"{counted(len(rows), 'point')} picked"
        chips.append(Chip("points", where, session.forget_points))
    return Chosen(
        Filter(direction, case, size, words, dates, language, planted, tuple(tagged), shape, members, rows), box, chips
    )


def _values(column: pd.Series) -> tuple[str, ...]:
    return tuple(sorted(value for value in column.dropna().unique() if value))


def _slice_names(results: Results, slices: SlicesFound | None) -> tuple[str, ...]:
    known = slices is not None and results.split in slices.splits
    return tuple(sorted(slices.splits[results.split].members)) if slices is not None and known else ()


def _slice_rows(results: Results, slices: SlicesFound | None, name: str) -> tuple[int, ...] | None:
    if slices is None:
        return None
    return tuple(rows_in_slice(slices, results.split, name, results.articles["article_id"].tolist()).tolist())


def _input_dates(published: pd.Series, chips: list[Chip]) -> tuple[date, date] | None:
    days = pd.to_datetime(published).dropna().dt.date
    if days.nunique() < 2:
        return None
    first, last = days.min(), days.max()
    value = session.SessionValue[Any](f"dates {first} {last}", (first, last))
    chosen = st.slider("Published", first, last, (first, last), format="YYYY-MM-DD", key=value.key)
    if chosen == (first, last):
        return None
    chips.append(Chip("dates", f"Published {chosen[0]} to {chosen[1]}", partial(value.set, (first, last))))
    return chosen


def show_chips(chips: list[Chip], shown: int, total: int) -> None:
    """Show how many articles match the filters, and each active filter as a button that removes it."""
    with st.container(horizontal=True, vertical_alignment="center", key="changes_chips", gap="small"):
        st.header(f"{counted(shown, 'article')} of {total:,}", width="content", anchor=False)
        for chip in chips:
            st.button(
                chip.label, key=f"chip_{chip.name}", icon=":material/close:", on_click=chip.reset,
                help="Remove this filter",
            )  # fmt: skip
        if chips:
            st.button("Clear all", key="clear_filters", type="tertiary", on_click=_reset_all, args=(chips,))
        else:
            st.caption("No filter is set.", width="content")


def _reset_all(chips: list[Chip]) -> None:
    for chip in chips:
        chip.reset()
