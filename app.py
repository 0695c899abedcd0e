"""The door of the app: the table of its pages and what stands around each, nothing else."""

import streamlit as st

from core.errors import RematchError
from core.storage.disk_errors import os_error_sentence
from pages.shared import sidebar
from pages.shared.errors import show_error

st.set_page_config(page_title="Rematch", page_icon="pages/shared/icon.svg", layout="wide")
page = st.navigation(
    {
        "": [st.Page("pages/overview/page.py", title="Overview", icon=":material/home:", default=True)],
        "Explore": [
            st.Page("pages/alpha/page.py", title="Alpha", icon=":material/tune:"),
            st.Page("pages/curves/page.py", title="Curves", icon=":material/show_chart:"),
            st.Page("pages/changes/page.py", title="Rank changes", icon=":material/swap_vert:"),
            st.Page("pages/findings/page.py", title="Findings", icon=":material/lightbulb:"),
            st.Page("pages/match/page.py", title="Match", icon=":material/image_search:"),
        ],
        "Make": [
            st.Page("pages/train/page.py", title="Train", icon=":material/model_training:"),
            st.Page("pages/data/page.py", title="Data", icon=":material/folder_open:"),
        ],
    }
)
try:
    sidebar.keep(sidebar.input_domain_and_run())
    sidebar.show_demo_progress()
    page.run()
except RematchError as error:
    show_error(error)
except OSError as error:
    if error.errno is None:  # not the system's: its words are of whoever raised it
        raise
    show_error(os_error_sentence(error))
