"""Audit of an import on the Data page: counts, warnings, and twelve pairs to check by eye."""

import streamlit as st

from core.data.domain import Domain
from core.data.import_audit import load_audit
from core.presentation.audit_table import audit_sentences
from core.workspace.folders import Workspace
from pages.data.articles import show_gallery
from pages.shared.text import counted, plain

_CARD = 150  # minimum width in pixels: two fit in a row on a phone


def show_audit(workspace: Workspace, domain: Domain) -> None:
    """Show the sentences and warnings of the audit, and the sampled pairs with their images."""
    audit = load_audit(domain.folder)
    if audit is None:
        st.caption(
            "There is no audit, because an earlier version of Rematch imported this domain. Import it again to get one."
        )
        return
    for sentence in audit_sentences(audit):
        if sentence.startswith("warning: "):
            st.warning(plain(sentence.removeprefix("warning: ")), icon=":material/warning:")
        else:
            st.text(sentence)
    row_of = {article_id: row for row, article_id in enumerate(domain.articles["article_id"])}
    rows = tuple(row_of[pair.article_id] for pair in audit.pairs if pair.article_id in row_of)
    with st.expander(f"{counted(len(rows), 'pair')} to check", icon=":material/fact_check:"):
        st.caption(
            "Does each image belong to its text? If not, the columns were read wrongly: name them in the import form "
            "and import again."
        )
        show_gallery(workspace, domain, rows, _CARD)
