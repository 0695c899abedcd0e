"""Streamlit entry point: page registry, sidebar, and top-level error handling."""

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from core.errors import RematchError
from core.storage.disk_errors import os_error_sentence
from pages import tour
from pages.page_files import PAGES, page_file, style_sheet
from pages.shared import sidebar
from pages.shared.empty_states import show_demo_progress
from pages.shared.errors import show_error
from pages.shared.session import SELECTION


def page(name: str, title: str, icon: str, default: bool = False) -> StreamlitPage:
    """Register `pages/NAME/page.py`, served at `/NAME`; the default page at `/` only."""
    return st.Page(page_file(name), url_path=name, title=title, icon=f":material/{icon}:", default=default)


st.set_page_config(page_title="Rematch", page_icon=PAGES / "shared" / "icon.svg", layout="wide")
st.html(f"<style>{style_sheet()}</style>")
# Without sections, whose titles make Streamlit's list invalid for screen readers; style.css separates the groups.
selected = st.navigation(
    [
        page("overview", "Overview", "home", default=True),
        page("alpha", "Alpha", "tune"),
        page("curves", "Curves", "show_chart"),
        page("changes", "Rank changes", "swap_vert"),
        page("findings", "Findings", "lightbulb"),
        page("match", "Match", "image_search"),
        page("train", "Train", "model_training"),
        page("data", "Data", "folder_open"),
    ]
)
try:
    SELECTION.set(sidebar.input_domain_and_run())
    show_demo_progress()
    tour.show_tour(selected.url_path)
    selected.run()
except RematchError as error:
    show_error(error)
except OSError as error:
    if error.errno is None:  # not an error of the operating system: its message may hold anything
        raise
    show_error(os_error_sentence(error))
