"""Fine-tune an encoder on the domain: choose, start, watch, cancel, resume, and compare with earlier runs."""

import streamlit as st

from core.errors import InputError
from core.workspace.unfinished_runs import check_can_train
from pages.shared import sidebar
from pages.shared.errors import show_error
from pages.shared.text import plain
from pages.train.compare_runs import show_earlier_runs
from pages.train.form import input_training
from pages.train.progress import show_training, show_unfinished, start


def main() -> None:
    """Draw the page."""
    st.title("Train")
    workspace, domain = sidebar.require_domain()
    slug = domain.info.slug
    counts = domain.articles["split"].value_counts()
    st.caption(
        f"{plain(domain.info.title)} · trains on {counts.get('train', 0):,} articles, measures on "
        f"{counts.get('val', 0):,} later ones (val)"
    )
    goes_on = show_training(workspace, slug)
    if goes_on:
        st.caption("One training of a domain at a time: the form is back when this one has ended.")
    else:
        show_unfinished(workspace, slug)
        st.subheader("New training")
        try:
            check_can_train(domain)
        except InputError as error:
            show_error(error)
        else:
            wanted = input_training(workspace, domain)
            if wanted is not None:
                start(workspace, slug, wanted.verb(slug))
                st.rerun()
    show_earlier_runs(workspace, slug)


try:
    main()
except InputError as error:
    show_error(error)
