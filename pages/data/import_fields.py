"""Fields of the import form: source, name of the domain, test set and images."""

from dataclasses import fields
from typing import Literal

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data.importers import ColumnNames
from pages.data.import_choices import input_choices, input_source_options
from pages.data.import_request import ImportRequest
from pages.shared import form_words, session
from pages.shared.form_words import TEST_LISTS, column_label
from pages.shared.help_texts import help_for

Way = Literal["On this machine", "Upload"]
WAYS: tuple[Way, ...] = ("On this machine", "Upload")
#: Suffixes of uploads: tables, ZIPs of tables with their images, and shards.
TABLES = ("csv", "tsv", "txt", "gz", "parquet", "xlsx", "json", "jsonl", "ndjson")
UPLOADED = ("zip", *TABLES, "tar")
UPLOADED_LISTS = {
    "test-articles": ("zip", *TABLES),
    "test-images": ("zip", *TABLES),
    "ground-truth": ("tsv", "csv", "txt"),
}
_HELP = {
    "test-articles": help_for("Article", also="A table of the articles, or a folder or ZIP with both lists."),
    "test-images": help_for(
        "Image", also="A table of the images, or a ZIP with table and images. Empty if they are with the articles."
    ),
    "ground-truth": help_for("Ground truth", also="Only if you have it already. You can add it later."),
}


def most() -> str:
    """Return the maximum size of an upload, with its unit."""
    return f"{st.get_option('server.maxUploadSize')} MB"


def empty_files() -> None:
    """Empty the fields for files, including files that the browser refused, from the next run of the script on."""
    session.IMPORT_TRIES.set(session.IMPORT_TRIES.get() + 1)


def _file_key(name: str) -> str:
    tries = session.IMPORT_TRIES.get()  # Streamlit empties a field for files only under another key
    return f"import_{name}_{tries}" if tries else f"import_{name}"


def input_way() -> Way:
    """Input whether the files are on the machine that runs the app or are uploaded."""
    chosen = st.segmented_control(
        "Where the articles are",
        WAYS,
        default=WAYS[0],
        required=True,
        help=help_for("Article", also="“This machine” is the one that runs the app."),
        **session.IMPORT_FROM.bound,
    )
    return "Upload" if chosen == "Upload" else WAYS[0]


def input_source(way: Way) -> UploadedFile | str | None:
    """Input the file, or the path as the user typed it."""
    if way == "Upload":
        return st.file_uploader(
            f"A ZIP of a table with its images, a table, or shards (up to {most()})",
            type=UPLOADED,
            key=_file_key("upload"),
            help="For more data, copy it into a folder on the machine that runs the app and choose “On this machine”.",
        )
    return st.text_input(
        "Folder, table or ZIP on the machine that runs the app",
        placeholder="/data/my-news or /data/my-news/articles.csv",
        help="A table (CSV, Excel, Parquet …) with its images, a ZIP, or a folder of NewsImages.",
        key="import_path",
    )


def input_request(way: Way) -> tuple[ImportRequest, dict[str, UploadedFile]]:
    """Input everything except the source; return the request and the uploaded lists of a test set by option."""
    slug_column, title_column, language_column = st.columns([2, 3, 2])
    slug = slug_column.text_input(
        "Slug",
        placeholder="from the file's name",
        key="import_slug",
        help=help_for("Slug", also="Lower-case letters, digits and single hyphens. Empty: made from the file's name."),
    )
    title = title_column.text_input(
        "Title",
        placeholder="same as the slug",
        key="import_title",
        help=help_for("Domain", also="The name on the pages."),
    )
    language = language_column.text_input(
        "Language",
        placeholder="two letters, such as de",
        key="import_language",
        help="The language of articles without one in the table. Empty: English.",
    )
    paths, uploads = _input_test_lists(way)
    with st.expander("Images and columns"):
        images = st.text_input(
            f"{form_words.IMAGES_FOLDER} on the machine that runs the app",
            placeholder="next to the table",
            key="import_images",
            help="Needed if the images are not next to the table, or if you upload only the table.",
        )
        copy_images = st.checkbox(
            "Copy the images into the workspace",
            key="import_copy",
            help=help_for(
                "Image",
                also="Else Rematch reads them where they are, so do not move them. Images in a ZIP are always copied.",
            ),
        )
        columns = _input_columns()
        options = input_source_options()
    choices = input_choices()
    replace = st.checkbox(
        form_words.REPLACE,
        key="import_replace",
        help=help_for(
            "Domain",
            also="Its runs stay, but they can only be loaded if articles, images and splits are the same. Else train "
            "again.",
        ),
    )
    request = ImportRequest(
        slug.strip(), title.strip(), language.strip().lower(), images, copy_images, replace, columns, paths, choices,
        options,
    )  # fmt: skip
    return request, uploads


def _input_columns() -> ColumnNames:
    st.caption("Rematch recognises columns by their usual names. If it misses one, type its name here:")
    with st.grid("auto", min_column_width=170):
        names = {
            role: st.text_input(
                column_label(role),
                key=f"import_column_{role}",
                help="Name of the column in the table. Empty: recognised.",
            ).strip()
            or None
            for role in (field.name for field in fields(ColumnNames))
        }
    return ColumnNames(**names)


def _input_test_lists(way: Way) -> tuple[dict[str, str], dict[str, UploadedFile]]:
    """Input the lists of a test set; return paths and uploads by option, at most one of them for each option."""
    with st.expander("Test set"):
        where = "files to upload" if way == "Upload" else "lists on the machine that runs the app"
        st.caption(
            f"A test set has articles and images without their pairs, as two {where}. You can add the ground truth "
            "later."
        )
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
