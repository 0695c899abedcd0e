"""What the user decides about an import beside its columns: how dates are read, and how the split is made."""

import streamlit as st

from core.data.dates import DateChoices, DayOrder
from core.data.importers import ImportChoices

ORDERS: dict[str, DayOrder | None] = {
    "as the column shows": None,
    "day first": "day first",
    "month first": "month first",
}


def input_choices() -> ImportChoices:
    """Input how dates are read, and how the split is made."""
    with st.expander("Dates and split"):
        order = st.selectbox(
            "Dates such as 3/4/2023",
            list(ORDERS),
            key="import_day_order",
            help="Decided once for the whole column: day first if any date can only be that. The import says when "
            "both orders fit every date.",
        )
        date_format = st.text_input(
            "Format of all dates (--date-format)",
            placeholder="%d.%m.%Y %H:%M",
            key="import_date_format",
            help="As for strptime; only where the usual ones are not read.",
        )
        groups = st.checkbox(
            "Keep articles that share an image on one side of the split (--split-groups image)",
            value=True,
            key="import_split_groups",
        )
        own = st.checkbox(
            "Use the table's own column split, if it has one",
            value=True,
            key="import_own_split",
            help="train, val and test; validation, dev and restval are understood (else --ignore-split).",
        )
    return ImportChoices(DateChoices(ORDERS[order], date_format.strip() or None), "image" if groups else "none", own)
