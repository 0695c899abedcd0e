"""Fields of the import form for reading the table and its dates, and for the split."""

import streamlit as st

from core.data.dates import DateChoices, DayOrder
from core.data.importers import ImportChoices, SourceOptions
from core.data.importers.options import CAPTIONS
from pages.shared import form_words
from pages.shared.help_texts import help_for

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
            help="One order for the whole column: day first if any date is valid only that way. The import reports "
            "when both orders fit all dates.",
        )
        date_format = st.text_input(
            form_words.DATE_FORMAT,
            placeholder="%d.%m.%Y %H:%M",
            key="import_date_format",
            help="In the notation of strptime. Needed only for unusual formats.",
        )
        groups = st.checkbox(
            form_words.SHARED_IMAGES,
            value=True,
            key="import_split_groups",
            help=help_for("Split", also="Else an image of train can also be in val, which makes results optimistic."),
        )
        own_split = st.checkbox(
            form_words.OWN_SPLIT,
            value=True,
            key="import_own_split",
            help=help_for(
                "Split",
                also="Values: train, val, test; also validation, dev and restval. Else Rematch splits "
                "the articles in time.",
            ),
        )
    return ImportChoices(
        DateChoices(ORDERS[order], date_format.strip() or None), "image" if groups else "none", own_split
    )


def input_source_options() -> SourceOptions:
    """Input how to read the table and damaged images. To be drawn inside an expander."""
    encoding = st.text_input(
        form_words.ENCODING,
        placeholder="detected",
        key="import_encoding",
        help="Such as gb18030, utf-16 or cp1252. Empty: detected.",
    )
    captions = st.selectbox(
        form_words.CAPTIONS,
        CAPTIONS,
        key="import_captions",
        help=help_for(
            "Article",
            also="all: one article for each caption, as in Flickr30k and COCO. first: one article with "
            "the first caption. joined: one article with all captions in its text.",
        ),
    )
    truncated = st.checkbox(
        form_words.TRUNCATED,
        key="import_truncated",
        help="The missing part becomes grey. Rematch copies the images into the workspace for this.",
    )
    return SourceOptions(encoding.strip() or None, captions, truncated)
