"""Importing from the app: the verb `import` with its checks and options, run as a job that outlives the page."""

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal

import streamlit as st

from app_pages.parts import frame
from app_pages.parts.failures import show_error
from app_pages.parts.import_choices import input_choices
from app_pages.parts.job_view import JobKind, close
from app_pages.parts.typed_paths import typed_path
from app_pages.parts.words import counted, plain
from core.data.importers import ColumnNames, ImportChoices, TestSet, check_first, named_test_set
from core.data.uploads import discard_upload, keep_upload
from core.errors import InputError, RematchError
from core.workspace.places import Places
from core.workspace.runs import load_runs

Way = Literal["On this machine", "Upload"]
WAYS: tuple[Way, ...] = ("On this machine", "Upload")
UPLOADED = ("zip", "csv", "tsv", "parquet")
#: Options of a test set → what they are called here, and more about them.
TEST_LISTS = {
    "test-articles": ("Its articles", "Their list, or the folder of both lists."),
    "test-images": ("Its pictures", "Another list; looked for in the folder of the articles if not given."),
    "ground-truth": ("Its ground truth", "Which picture is whose, if that is known already."),
}


def _show_open(places: Places, slug: str) -> None:
    st.button("Open it", key=f"open_{slug}", type="primary", on_click=_open, args=(places, slug))


def _open(places: Places, slug: str) -> None:
    """Choose the domain in the sidebar, and its tab."""
    close(places, IMPORT.job_of(slug))
    frame.choose_domain(slug)
    st.session_state["part"] = "Domain"


IMPORT = JobKind(
    "import",
    "Importing '{}'",
    "'{}' is imported",
    "'{}' was not imported",
    comfort=lambda places, slug: (
        f"The domain '{slug}' that was there is as it was." if slug in places.domain_slugs() else ""
    ),
    show_ways_on=_show_open,
)


@dataclass(frozen=True)
class Wanted:
    """What is asked of the verb `import`, apart from its source. test_lists: paths by their option, as TEST_LISTS.

    Paths are as they were typed, until `located`.
    """

    slug: str
    title: str
    language: str
    images: str
    copy_images: bool
    replace: bool
    columns: ColumnNames
    test_lists: dict[str, str]
    choices: ImportChoices = field(default_factory=ImportChoices)

    @property
    def test(self) -> TestSet | None:
        """The test set that comes with it. Raises InputError: lists without the one of the articles."""
        return named_test_set(*(Path(path) if path else None for path in self.test_lists.values()))

    def located(self) -> "Wanted":
        """The same with every path from the root. Raises InputError as `typed_path`."""
        lists = {option: typed_path(path) for option, path in self.test_lists.items()}
        return replace(self, images=typed_path(self.images), test_lists=lists)

    def verb(self, source: Path) -> list[str]:
        """The words after ``python -m core``. Each value stands with its option, so that none is taken for one."""
        given = {"domain": self.slug, "title": self.title, "language": self.language, "images": self.images}
        given |= self.test_lists | self.columns.options()
        flags = {"copy-images": self.copy_images, "replace": self.replace}
        options = [f"--{option}={value}" for option, value in given.items() if value]
        options += self.choices.options()
        return ["import", str(source), *options, *(f"--{flag}" for flag, on in flags.items() if on)]


def input_import(places: Places) -> None:
    """The form, and the start of the job; what is wrong is said below it."""
    way = st.segmented_control("Where the articles are", WAYS, default=WAYS[0], required=True, key="import_from")
    with st.form("import_form", enter_to_submit=False):
        path, upload = "", None
        if way == "Upload":
            upload = st.file_uploader(
                f"A ZIP of a table with its pictures, or a table (up to {st.get_option('server.maxUploadSize')} MB)",
                type=UPLOADED,
                key="import_upload",
                help="More than that: put the folder on the machine that runs the app, and import it from there.",
            )
        else:
            path = st.text_input(
                "Folder, table or ZIP on the machine that runs the app",
                placeholder="/data/my-news or /data/my-news/articles.csv",
                help="A NewsImages release, a table (CSV, Excel, Parquet …) with its images, or a ZIP.",
                key="import_path",
            )
        wanted = _input_wanted()
        submitted = st.form_submit_button("Import", type="primary", icon=":material/upload:")
    if not submitted:
        return
    try:
        wanted = wanted.located()
        if upload is not None:
            _begin_with(keep_upload(places.workspace, upload.name, upload), wanted, places)
        elif path.strip():
            _begin(Path(typed_path(path)), wanted, places)
        else:
            raise InputError("say where the articles are: " + ("choose a file." if way == "Upload" else "type a path."))
    except RematchError as error:
        show_error(error, ":material/error:")
        _show_what_replacing_means(places, wanted.slug)
    else:
        st.toast(f"Importing '{plain(wanted.slug)}'. How far it is stands at the top.", icon=":material/hourglass_top:")
        st.rerun()


def _input_wanted() -> Wanted:
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
    test_lists = _input_test_lists()
    with st.expander("Pictures and columns"):
        images = st.text_input(
            "Folder of the pictures on the machine that runs the app (--images)",
            placeholder="beside the table",
            key="import_images",
            help="For a table whose pictures lie elsewhere, or one that is uploaded alone.",
        )
        copy_images = st.checkbox(
            "Copy the pictures into the workspace (--copy-images)",
            key="import_copy",
            help="Else they stay where they are and must not be moved. Pictures in a ZIP are always copied.",
        )
        st.caption("Columns are recognised by their usual names. Name one here if it is not:")
        with st.grid("auto", min_column_width=170):
            names = {
                role: st.text_input(f"{role.replace('_', '-')} column", key=f"import_column_{role}").strip() or None
                for role in (field.name for field in fields(ColumnNames))
            }
    choices = input_choices()
    replace = st.checkbox(
        "Replace the domain if it exists (--replace)",
        key="import_replace",
        help="Its runs are kept, but refuse to load if the articles, pictures or splits are others: train again.",
    )
    return Wanted(
        slug.strip(),
        title.strip(),
        language.strip().lower(),
        images,
        copy_images,
        replace,
        ColumnNames(**names),
        test_lists,
        choices,
    )


def _input_test_lists() -> dict[str, str]:
    with st.expander("Test set"):
        st.caption(
            "Articles and pictures whose pairing is hidden, as two lists on the machine that runs the app. "
            "The ground truth can be added later."
        )
        return {
            option: st.text_input(f"{label} (--{option})", help=more, key=f"import_{option.replace('-', '_')}")
            for option, (label, more) in TEST_LISTS.items()
        }


def _begin_with(upload: Path, wanted: Wanted, places: Places) -> None:
    try:
        _begin(upload, wanted, places)
    except RematchError as error:
        discard_upload(upload)
        raise type(error)(str(error).replace(f"{upload.parent}/", "")) from None


def _begin(source: Path, wanted: Wanted, places: Places) -> None:
    """Check what can be told at once, then start the job. Raises InputError."""
    folder = places.domain_folder(wanted.slug)
    with st.spinner("Reading the table…"):
        check_first(source, folder, wanted.columns, wanted.language or None, wanted.replace, wanted.test)
    IMPORT.start(places, wanted.slug, wanted.verb(source))


def _show_what_replacing_means(places: Places, slug: str) -> None:
    if slug in places.domain_slugs() and (runs := load_runs(places, slug)):
        st.caption(
            f"'{plain(slug)}' has {counted(len(runs), 'run')}. Replaced by other articles, it can no longer load them: "
            "they say so, and have to be trained again."
        )
