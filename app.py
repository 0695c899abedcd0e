"""The door of the app: the table of its pages, nothing else."""

import streamlit as st

st.set_page_config(page_title="Rematch", page_icon="pages/icon.svg", layout="wide")
st.navigation([st.Page("pages/results.py", title="Results", icon=":material/query_stats:", default=True)]).run()
