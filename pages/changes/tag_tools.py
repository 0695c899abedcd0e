"""Tags as files, read from files, renamed and deleted."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from core.data.domain import Domain
from core.errors import RematchError, listed
from core.storage.safe_csv import spreadsheet_csv
from core.workspace.folders import Workspace
from core.workspace.sweep_results import Results
from core.workspace.tag_changes import Change, cleaned_tag, delete_tag, rename_tag
from core.workspace.tag_exchange import ReadIn, label_studio_tasks, labelling_configuration, read_in, read_tag_file
from core.workspace.tags import MAX_TAG, Tagged, known_tags, read_tags, tags_table
from pages.changes.operations import remember
from pages.shared import session
from pages.shared.errors import show_error
from pages.shared.help_texts import help_for
from pages.shared.text import counted, plain, shorten

TAG_IN_USE, NEW_NAME = (
    session.SessionValue[str | None]("tag_to_change", None),
    session.SessionValue[str]("tag_new_name", ""),
)
DONE = session.SessionValue[tuple[str, bool]]("_tag_tools_done", ("", False))  # what these tools did; is an error
CHANGED = session.SessionValue[bool]("_tags_changed", False)  # here, since the page was drawn
IDS_LISTED = 5


def begin_page() -> None:
    """Note that the whole page is drawn with the tags that are stored now."""
    CHANGED.reset()


@st.fragment
def show_tag_tools(
    workspace: Workspace, domain: Domain, results: Results, table: pd.DataFrame, rows: np.ndarray
) -> None:
    """Draw the tools, again when the user opens them: the cards may have changed tags meanwhile."""
    slug = domain.info.slug
    tags = read_tags(workspace, slug)
    with st.popover("Tags and files", icon=":material/sell:", key="changes_files", on_change=DONE.reset):
        show_downloads(domain, results, table, rows, tags)
        input_tag_file(workspace, domain)
        input_tag_names(workspace, slug, tags)
        sentence, is_error = DONE.get()
        if is_error:
            show_error(sentence)
        elif sentence:
            st.success(plain(sentence))
    if CHANGED.get():
        st.rerun()  # the filters and the cards, too; `begin_page` ends this


def _report(slug: str, change: Callable[[], tuple[str, Change]]) -> None:
    """Change tags, and say what changed or why nothing did, here and above the cards. For callbacks."""
    try:
        sentence, changed = change()
    except RematchError as error:
        session.TAG_NOTICE.set((str(error), True))
    else:
        remember(slug, sentence, changed)
    DONE.set(session.TAG_NOTICE.get())
    CHANGED.set(True)


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
        on_click="ignore",
    )
    st.download_button(
        f"These {counted(len(rows), 'article')} as Label Studio JSON",
        lambda: label_studio_tasks(domain, tags, shown["article_id"]),
        f"{slug}-tasks.json",
        "application/json",
        help="One task for each article, with its tags and note as an annotation.",
        on_click="ignore",
    )
    st.download_button(
        f"All tags as CSV ({len(tags)})",
        lambda: spreadsheet_csv(tags_table(domain, tags)),
        f"{slug}-tags.csv",
        "text/csv",
        disabled=not tags,
        help=help_for("Tag, note", also="" if tags else "No article of this domain has a tag yet."),
        on_click="ignore",
    )
    with st.expander("Labelling configuration for Label Studio"):
        st.code(labelling_configuration(tags), "xml")


def input_tag_file(workspace: Workspace, domain: Domain) -> None:
    """Input a file of tags and read it in once."""
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
    name = shorten(upload.name, 60)

    def read() -> tuple[str, Change]:
        read = read_in(workspace, domain, read_tag_file(upload.getvalue(), name))
        return sentence_of(read, name), read.done

    _report(domain.info.slug, read)
    session.TAG_FILES_READ.set(tries + 1)  # an empty uploader, so that the file is not read again


def sentence_of(read: ReadIn, name: str) -> str:
    """Return what reading the file of tags `name` changed."""
    tags, notes = counted(len(read.done.added), "tag"), counted(len(read.done.notes), "note")
    sentences = [f"{name} has {counted(read.articles, 'article')} of this domain: {tags} and {notes} are new."]
    if read.kept:
        sentences.append(f"{counted(len(read.kept), 'stored note')} differ and stay: {listed(read.kept, IDS_LISTED)}.")
    if read.unknown:
        unknown = counted(len(read.unknown), "article")
        sentences.append(f"{unknown} unknown to this domain: {listed(read.unknown, IDS_LISTED)}.")
    return " ".join(sentences)


def input_tag_names(workspace: Workspace, slug: str, tags: dict[str, Tagged]) -> None:
    """Rename or delete a tag on all articles of the domain."""
    counts = pd.Series([tag for article in tags.values() for tag in article.tags], dtype=str).value_counts()
    used = [tag for tag in known_tags(tags) if tag in counts]
    if not used:
        st.caption("No article of this domain has a tag yet.")
        return
    # None at first and after each change, so that a second click changes no other tag.
    chosen = st.selectbox(
        "Tag in use",
        used,
        index=None,
        key=TAG_IN_USE.key,
        format_func=lambda tag: f"{tag} ({counts[tag]})",
        placeholder="Choose a tag to rename or delete",
        help=help_for("Tag, note"),
    )
    name = st.text_input("New name", key=NEW_NAME.key, max_chars=MAX_TAG, placeholder=chosen or "", disabled=not chosen)
    can_rename = chosen and name.strip() not in ("", chosen)
    with st.container(horizontal=True):
        st.button("Rename", on_click=_rename, args=(workspace, slug, chosen, name), disabled=not can_rename)
        st.button("Delete the tag", on_click=_delete, args=(workspace, slug, chosen), disabled=not chosen)


def _rename(workspace: Workspace, slug: str, old: str, new: str) -> None:
    def rename() -> tuple[str, Change]:
        change, name = rename_tag(workspace, slug, old, new), cleaned_tag(new)
        session.TAGGED.set(list(dict.fromkeys(name if tag == old else tag for tag in session.TAGGED.get() or [])))
        return f"Renamed “{old}” to “{name}” on {counted(len(change.removed), 'article')}.", change

    _report(slug, rename)
    _choose_none()


def _delete(workspace: Workspace, slug: str, tag: str) -> None:
    def delete() -> tuple[str, Change]:
        change = delete_tag(workspace, slug, tag)
        session.TAGGED.set([other for other in session.TAGGED.get() or [] if other != tag])
        return f"Deleted “{tag}” from {counted(len(change.removed), 'article')}.", change

    _report(slug, delete)
    _choose_none()


def _choose_none() -> None:
    TAG_IN_USE.set(None)
    NEW_NAME.set("")
