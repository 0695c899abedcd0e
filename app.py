"""The door of the app: the table of its pages and what stands around each, nothing else."""

import streamlit as st

from app_pages.parts import frame
from app_pages.parts.failures import show_error
from core.disk import os_error_sentence
from core.errors import RematchError

st.set_page_config(page_title="Rematch", page_icon="app_pages/parts/icon.svg", layout="wide")
page = st.navigation(
    {
        "": [st.Page("app_pages/overview.py", title="Overview", icon=":material/home:", default=True)],
        "Explore": [
            st.Page("app_pages/alpha.py", title="Alpha", icon=":material/tune:"),
            st.Page("app_pages/curves.py", title="Curves", icon=":material/show_chart:"),
            st.Page("app_pages/changes.py", title="Rank changes", icon=":material/swap_vert:"),
            st.Page("app_pages/findings.py", title="Findings", icon=":material/lightbulb:"),
            st.Page("app_pages/match.py", title="Match", icon=":material/image_search:"),
        ],
        "Make": [
            st.Page("app_pages/train.py", title="Train", icon=":material/model_training:"),
            st.Page("app_pages/data.py", title="Data", icon=":material/folder_open:"),
        ],
    }
)
try:
    frame.keep(frame.input_domain_and_run())
    frame.show_demo_progress()
    page.run()
except RematchError as error:
    show_error(error)
except OSError as error:
    if error.errno is None:  # not the system's: its words are of whoever raised it
        raise
    show_error(os_error_sentence(error))
