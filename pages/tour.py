"""A tour of five steps: a bar above the page that explains it and leads to the next one.

It starts only when the user asks for it on Overview, so nothing has to remember that it was dismissed. Its step is in
the session and ends with it.
"""

from dataclasses import dataclass

import streamlit as st

from pages.page_files import page_file
from pages.shared.session import PART, TOUR


@dataclass(frozen=True)
class Step:
    """A step: the page, its title in the navigation, and what to do there."""

    page: str
    title: str
    text: str


STEPS = (
    Step("overview", "Overview", "Each card is a domain. Its bars compare the three models on articles that training "
         "did not see."),
    Step("alpha", "Alpha", "Drag the slider from 0 (zero-shot) to 1 (fine-tuned), or press Play. Metrics, ranks and "
         "images move with it."),
    Step("changes", "Rank changes", "Each point of the chart is an article. Select points above or below the diagonal "
         "to read what a model gained or lost."),
    Step("findings", "Findings", "Is a difference real? Each question has an answer with an interval, or a button that "
         "computes it."),
    Step("match", "Match", "Type a headline and compare the images that the three models find. Next: your own "
         "articles."),
)  # fmt: skip


def input_start() -> None:
    """Draw the button that starts the tour."""
    st.button(
        "Tour",
        key="tour_start",
        icon=":material/explore:",
        on_click=TOUR.set,
        args=(1,),
        help="Five steps, one on each page that shows results. You can end the tour at any time.",
    )


def show_tour(path: str) -> None:
    """Show the bar of the tour if it is on. path: of the page in the URL, "" for Overview.

    A page that the user opened by the navigation becomes the current step.
    """
    number = TOUR.get()
    if not number:
        return
    pages = [step.page for step in STEPS]
    is_here = (path or pages[0]) in pages
    if is_here:
        TOUR.set(number := pages.index(path or pages[0]) + 1)
    step = STEPS[number - 1]
    with st.container(horizontal=True, vertical_alignment="center", key="tour", gap="small"):
        st.markdown(f"**Tour {number}/{len(STEPS)} · {step.title}.** " + (step.text if is_here else "Go on there."))
        if not is_here:
            _input_page("Go on", "tour_next", step.page)
        else:
            if number > 1:
                _input_page("Back", "tour_back", pages[number - 2])
            if number < len(STEPS):
                _input_page(f"Next: {STEPS[number].title}", "tour_next", pages[number])
            else:
                _input_page("Import your articles", "tour_next", "data", {PART.key: "Import"})
        st.button("End the tour", key="tour_end", type="tertiary", icon=":material/close:", on_click=TOUR.reset)


def _input_page(label: str, key: str, page: str, parameters: dict[str, str] | None = None) -> None:
    """Draw a button that opens a page; the one that leaves the last step ends the tour."""
    if st.button(label, key=key, type="primary" if key == "tour_next" else "tertiary"):
        if parameters:
            TOUR.reset()
        st.switch_page(page_file(page), query_params=parameters or {})  # {} keeps the parameters of the sidebar
