"""Tags as files, read from files, renamed and deleted."""

import numpy as np
import pandas as pd
import streamlit as st

from core.data.domain import Domain
from core.errors import RematchError, listed
from core.storage.safe_csv import spreadsheet_csv
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from core.workspace.tag_changes import delete_tag, rename_tag
from core.workspace.tag_exchange import ReadIn, label_studio_tasks, labelling_configuration, read_in, read_tag_file
from core.workspace.tags import MAX_TAG, Tagged, known_tags, tags_table
from pages.changes.operations import remember
from pages.shared import session
from pages.shared.help_texts import help_for
from pages.shared.text import counted


def show_downloads(
    domain: Domain, results: Results, table: pd.DataFrame, rows: np.ndarray, tags: dict[str, Tagged]
) -> None:
    """Offer the filtered articles and all tags of the domain as files."""
    slug = domain.info.slug
    shown = table.iloc[rows].drop(columns=["before", "after"])
    shown.insert(1, "title", results.articles["title"].iloc[rows].to_numpy())
    shown["tags"] = ["; ".join(tags[i].tags) if i in tags else "" for i in shown["article_id"]]
    shown["note"] = [tags[i].note if i in tags else "" for i in shown["article_id"]]
    st.download_button(
        f"These {counted(len(rows), 'article')} as CSV",
        lambda: spreadsheet_csv(shown),
        f"{slug}-{results.run.info.name}-changes.csv",
        "text/csv",
    )
    st.download_button(
        f"These {counted(len(rows), 'article')} as Label Studio JSON",
        lambda: label_studio_tasks(domain, tags, shown["article_id"]),
        f"{slug}-tasks.json",
        "application/json",
        help="One task for each article, with its tags and note as an annotation.",
    )
    st.download_button(
        f"All tags as CSV ({len(tags)})",
        lambda: spreadsheet_csv(tags_table(domain, tags)),
        f"{slug}-tags.csv",
        "text/csv",
        disabled=not tags,
        help=help_for("Tag, note", also="" if tags else "No article of this domain has a tag yet."),
    )
    with st.expander("Labelling configuration for Label Studio"):
        st.code(labelling_configuration(tags), "xml")


def input_tag_file(workspace: Workspace, domain: Domain) -> None:
    """Input a file of tags, read it in once, and say what was read."""
    tries = session.TAG_FILES_READ.get()
    upload = st.file_uploader(
        "Read tags from a CSV or a Label Studio JSON",
        type=["csv", "json"],
        key=f"tag_file_{tries}",
        max_upload_size=50,
        help=help_for("Tag, note"),
    )
    if upload is None:
        return
    try:
        read = read_in(workspace, domain, read_tag_file(upload.getvalue()))
    except RematchError as error:
        session.TAG_NOTICE.set((str(error), True))
    else:
        remember(domain.info.slug, sentence_of(read), read.done)
    session.TAG_FILES_READ.set(tries + 1)  # an empty uploader, so that the file is not read again
    st.rerun()


def sentence_of(read: ReadIn) -> str:
    """Return what reading a file of tags changed."""
    tags, notes = counted(len(read.done.added), "tag"), counted(len(read.done.notes), "note")
    sentences = [f"Read {counted(read.articles, 'article')} of this domain: {tags} and {notes} are new."]
    if read.kept:
        sentences.append(f"{counted(len(read.kept), 'stored note')} differ and stay: {listed(read.kept)}.")
    if read.unknown:
        sentences.append(f"{counted(len(read.unknown), 'article')} unknown to this domain: {listed(read.unknown)}.")
    return " ".join(sentences)


def input_tag_names(workspace: Workspace, slug: str, tags: dict[str, Tagged]) -> None:
    """Rename or delete a tag on all articles of the domain."""
    counts = pd.Series([tag for article in tags.values() for tag in article.tags], dtype=str).value_counts()
    used = [tag for tag in known_tags(tags) if tag in counts]
    if not used:
        st.caption("No article of this domain has a tag yet.")
        return
    chosen = st.selectbox(
        "Tag in use",
        used,
        key="tag_to_change",
        format_func=lambda tag: f"{tag} ({counts[tag]})",
        help=help_for("Tag, note"),
    )
    name = st.text_input("New name", key="tag_new_name", max_chars=MAX_TAG, placeholder=chosen)
    with st.container(horizontal=True):
        st.button("Rename", on_click=_rename, args=(workspace, slug, chosen, name), disabled=not name.strip())
        st.button("Delete the tag", on_click=_delete, args=(workspace, slug, chosen))


def _rename(workspace: Workspace, slug: str, old: str, new: str) -> None:
    try:
        change = rename_tag(workspace, slug, old, new)
    except RematchError as error:
        session.TAG_NOTICE.set((str(error), True))
        return
    remember(slug, f"Renamed “{old}” to “{new.strip()}” on {counted(len(change.removed), 'article')}.", change)


def _delete(workspace: Workspace, slug: str, tag: str) -> None:
    try:
        change = delete_tag(workspace, slug, tag)
    except RematchError as error:
        session.TAG_NOTICE.set((str(error), True))
        return
    remember(slug, f"Deleted “{tag}” from {counted(len(change.removed), 'article')}.", change)
