"""The fields of the import form: where the articles are, what the domain is called, its test set and its images."""

from dataclasses import fields
from typing import Literal

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data.importers import ColumnNames
from pages.data.import_choices import input_choices, input_source_options
from pages.data.import_request import ImportRequest
from pages.shared import form_words, session
from pages.shared.form_words import TEST_LISTS, column_label

Way = Literal["On this machine", "Upload"]
WAYS: tuple[Way, ...] = ("On this machine", "Upload")
#: Endings of what can be uploaded: tables, ZIPs of them with their images, and shards.
TABLES = ("csv", "tsv", "txt", "gz", "parquet", "xlsx", "json", "jsonl", "ndjson")
UPLOADED = ("zip", *TABLES, "tar")
UPLOADED_LISTS = {
    "test-articles": ("zip", *TABLES),
    "test-images": ("zip", *TABLES),
    "ground-truth": ("tsv", "csv", "txt"),
}
_HELP = {
    "test-articles": "Their list; or the folder, or a ZIP, of both lists.",
    "test-images": "Their list, or a ZIP of it with the images; empty if it is with the articles.",
    "ground-truth": "Which image is whose, if that is known already.",
}


def most() -> str:
    """How large an upload may be."""
    return f"{st.get_option('server.maxUploadSize')} MB"


def empty_files() -> None:
    """Empty the fields for files, with what the browser refused, from the next run of the script on."""
    session.IMPORT_TRIES.set(session.IMPORT_TRIES.get() + 1)


def _file_key(name: str) -> str:
    tries = session.IMPORT_TRIES.get()  # Streamlit empties a field for files by another key only
    return f"import_{name}_{tries}" if tries else f"import_{name}"


def input_way() -> Way:
    """Input whether the files are on the machine of the app or on the user's."""
    chosen: Way = st.segmented_control(
        "Where the articles are", WAYS, default=WAYS[0], required=True, key="import_from"
    )
    return chosen


def input_source(way: Way) -> UploadedFile | str | None:
    """Input the file, or the path as it is typed."""
    if way == "Upload":
        return st.file_uploader(
            f"A ZIP of a table with its images, a table, or shards (up to {most()})",
            type=UPLOADED,
            key=_file_key("upload"),
            help="Put what is larger into a folder on the machine that runs the app, and import it from there.",
        )
    return st.text_input(
        "Folder, table or ZIP on the machine that runs the app",
        placeholder="/data/my-news or /data/my-news/articles.csv",
        help="A NewsImages release, a table (CSV, Excel, Parquet …) with its images, or a ZIP.",
        key="import_path",
    )


def input_request(way: Way) -> tuple[ImportRequest, dict[str, UploadedFile]]:
    """Input all but the source. The uploaded lists of a test set, by option, are apart."""
    slug_column, title_column, language_column = st.columns([2, 3, 2])
    slug = slug_column.text_input(
        "Slug", placeholder="my-news", key="import_slug", help="Lower-case letters, digits and single hyphens."
    )
    title = title_column.text_input("Title", placeholder="as the slug", key="import_title")
    language = language_column.text_input(
        "Language",
        placeholder="two letters, as de",
        key="import_language",
        help="Of articles that do not say theirs in a column; English is assumed if nothing says it.",
    )
    paths, uploads = _input_test_lists(way)
    with st.expander("Images and columns"):
        images = st.text_input(
            f"{form_words.IMAGES_FOLDER} on the machine that runs the app",
            placeholder="beside the table",
            key="import_images",
            help="For a table whose images are elsewhere, or one that is uploaded alone.",
        )
        copy_images = st.checkbox(
            "Copy the images into the workspace",
            key="import_copy",
            help="Else they stay where they are and must not be moved. Images in a ZIP are always copied.",
        )
        columns = _input_columns()
        options = input_source_options()
    choices = input_choices()
    replace = st.checkbox(
        form_words.REPLACE,
        key="import_replace",
        help="Its runs stay, but refuse to load if the articles, images or splits are others: train again.",
    )
    request = ImportRequest(
        slug.strip(), title.strip(), language.strip().lower(), images, copy_images, replace, columns, paths, choices,
        options,
    )  # fmt: skip
    return request, uploads


def _input_columns() -> ColumnNames:
    st.caption("Columns are recognised by their usual names. Name one here if it is not:")
    with st.grid("auto", min_column_width=170):
        names = {
            role: st.text_input(column_label(role), key=f"import_column_{role}").strip() or None
            for role in (field.name for field in fields(ColumnNames))
        }
    return ColumnNames(**names)


def _input_test_lists(way: Way) -> tuple[dict[str, str], dict[str, UploadedFile]]:
    """Paths and uploads by option; each option has at most one of them."""
    with st.expander("Test set"):
        where = "files to upload" if way == "Upload" else "lists on the machine that runs the app"
        st.caption(f"Articles and images whose pairing is hidden: two {where}. The ground truth can be added later.")
        if way == "Upload":
            files = {
                option: st.file_uploader(
                    label, type=UPLOADED_LISTS[option], key=_file_key(option.replace("-", "_")), help=_HELP[option]
                )
                for option, label in TEST_LISTS.items()
            }
            return dict.fromkeys(TEST_LISTS, ""), {option: file for option, file in files.items() if file is not None}
        paths = {
            option: st.text_input(
                f"{label} (on the machine that runs the app)",
                help=_HELP[option],
                key=f"import_{option.replace('-', '_')}",
            )
            for option, label in TEST_LISTS.items()
        }
        return paths, {}
