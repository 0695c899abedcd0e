"""Train page: start, watch, cancel and resume the fine-tuning of an encoder, and compare runs."""

import streamlit as st

from core.errors import InputError
from core.workspace.unfinished_runs import check_can_train
from pages.shared import sidebar
from pages.shared.errors import show_error
from pages.shared.help_texts import TRAIN, help_for
from pages.shared.text import counted, plain
from pages.train.compare_runs import show_earlier_runs
from pages.train.form import input_training
from pages.train.progress import show_training, show_unfinished, start


def main() -> None:
    """Draw the page."""
    sidebar.show_title(TRAIN)
    workspace, domain = sidebar.require_domain(TRAIN)
    slug = domain.info.slug
    counts = domain.articles["split"].value_counts()
    st.caption(
        f"{plain(domain.info.title)} · {counted(int(counts.get('train', 0)), 'article')} to train on (train), "
        f"{counted(int(counts.get('val', 0)), 'article')} to measure on (val)"
    )
    if show_training(workspace, slug):
        st.caption("A domain can have one training at a time. The form comes back when this one has ended.")
    else:
        show_unfinished(workspace, slug)
        st.header("New training", help=help_for("Fine-tuned", "Run"))
        try:
            check_can_train(domain)
        except InputError as error:
            show_error(error)
        else:
            request = input_training(workspace, domain)
            if request is not None:
                start(workspace, slug, request.verb(slug))
                st.rerun()
    show_earlier_runs(workspace, slug)


try:
    main()
except InputError as error:
    show_error(error)
