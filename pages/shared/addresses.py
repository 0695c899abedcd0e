"""Widgets whose value is always in the address, so that a copied link shows what its sender saw.

Streamlit leaves a value out of the address where it equals the widget's default. These widgets have no default: their
value is set before they are drawn.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Literal

import streamlit as st
from streamlit.errors import StreamlitAPIException


def pin(key: str, value: str | float) -> None:
    """Set the value of the bound widget `key`, which is not drawn yet in this run, and write it into the address."""
    st.session_state[key] = value
    with suppress(StreamlitAPIException):  # drawn in an earlier run: Streamlit writes its values itself
        st.query_params[key] = f"{value:g}" if isinstance(value, float) else value


def input_one_of(label: str, options: Sequence[str], key: str, on_change: Callable[[], None]) -> str:
    """Input one of `options` (not empty): the one that the address or this session names, else the first."""
    said, current = st.query_params.get_all(key), st.session_state.get(key)
    named = said[-1] if said else None
    if (
        len(said) > 1 and named is not None and named in options
    ):  # Streamlit puts what a link on a page names after what the page had
        pin(key, current := named)
    seeded = current is None and named in options
    if not seeded and (named is None or current not in options):
        pin(key, next(value for value in (current, named, *options) if value is not None and value in options))
    # Bound to an address that names something else, a new widget would take it out of the address.
    bind: Literal["query-params"] | None = "query-params" if seeded or current is not None or named is None else None
    value = st.selectbox(label, options, None, key=key, bind=bind, on_change=on_change, required=True)
    if value is None:  # back to an address from before there was one
        st.rerun()
    return value
