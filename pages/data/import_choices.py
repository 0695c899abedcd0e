"""What the user decides about an import beside its columns: how table and dates are read, and how the split is made."""

import streamlit as st

from core.data.dates import DateChoices, DayOrder
from core.data.importers import ImportChoices, SourceOptions
from core.data.importers.options import CAPTIONS
from pages.shared import form_words

ORDERS: dict[str, DayOrder | None] = {
    "as the column shows": None,
    "day first": "day first",
    "month first": "month first",
}


def input_choices() -> ImportChoices:
    """Input how dates are read, and how the split is made."""
    with st.expander("Dates and split"):
        order = st.selectbox(
            form_words.DAY_ORDER,
            list(ORDERS),
            key="import_day_order",
            help="Decided once for the whole column: day first if any date can only be that. The import says when "
            "both orders fit every date.",
        )
        date_format = st.text_input(
            form_words.DATE_FORMAT,
            placeholder="%d.%m.%Y %H:%M",
            key="import_date_format",
            help="As for strptime; only where the usual ones are not read.",
        )
        groups = st.checkbox(
            form_words.SHARED_IMAGES,
            value=True,
            key="import_split_groups",
        )
        own = st.checkbox(
            form_words.OWN_SPLIT,
            value=True,
            key="import_own_split",
            help="train, val and test; validation, dev and restval are understood. Else articles are split in time.",
        )
    return ImportChoices(DateChoices(ORDERS[order], date_format.strip() or None), "image" if groups else "none", own)


def input_source_options() -> SourceOptions:
    """Input how the table and damaged images are read; drawn inside an expander."""
    encoding = st.text_input(
        form_words.ENCODING, placeholder="detected", key="import_encoding", help="As in gb18030, utf-16 or cp1252."
    )
    captions = st.selectbox(
        form_words.CAPTIONS,
        CAPTIONS,
        key="import_captions",
        help="all: each caption is an article of its own, as Flickr30k and COCO count them; first: one article with "
        "the first caption; joined: one article with all of them in its text.",
    )
    truncated = st.checkbox(
        form_words.TRUNCATED, key="import_truncated", help="Grey below where they end. The images are copied for it."
    )
    return SourceOptions(encoding.strip() or None, captions, truncated)
