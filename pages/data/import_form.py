"""Import from the app: `rematch import` with its checks and options, as a job that continues without the page."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.data.importers import check_first
from core.data.importers.uploads import discard_upload, keep_upload
from core.errors import InputError, RematchError
from core.workspace.folders import Workspace, suggested_slug
from core.workspace.runs import load_runs
from pages.data.import_fields import Way, empty_files, input_request, input_source, input_way, most
from pages.data.import_request import ImportRequest
from pages.page_files import page_file
from pages.shared import session, sidebar
from pages.shared.errors import show_error
from pages.shared.form_words import in_form_words
from pages.shared.jobs import JobKind, close
from pages.shared.paths import typed_path
from pages.shared.text import counted, plain


def _show_open(workspace: Workspace, slug: str) -> None:
    with st.container(horizontal=True):
        if st.button(
            "Train on it",
            key=f"train_{slug}",
            type="primary",
            icon=":material/model_training:",
            on_click=sidebar.choose_domain,
            args=(slug,),
        ):
            close(workspace, IMPORT.job_of(slug))
            st.switch_page(page_file("train"), query_params={})  # {} keeps the parameters of the sidebar
        st.button("Open the domain", key=f"open_{slug}", on_click=_open, args=(workspace, slug))


def _open(workspace: Workspace, slug: str) -> None:
    """Choose the domain in the sidebar and show its tab."""
    close(workspace, IMPORT.job_of(slug))
    sidebar.choose_domain(slug)
    session.PART.set("Domain")


IMPORT = JobKind(
    "import",
    "import",
    "Importing '{}'",
    "'{}' was imported",
    "'{}' was not imported",
    unchanged=lambda workspace, slug: (
        f"The existing domain '{slug}' is unchanged." if slug in workspace.domain_slugs() else ""
    ),
    show_next_steps=_show_open,
)


def input_import(workspace: Workspace) -> None:
    """Draw the form and start the job; show errors below the form."""
    way = input_way()
    with st.form("import_form", enter_to_submit=False):
        source = input_source(way)
        request, lists = input_request(way)
        submitted = st.form_submit_button("Import", type="primary", icon=":material/upload:")
    if submitted:
        session.REFUSED_IMPORT.reset()
        request = replace(request, slug=request.slug or _slug_of(source))
        try:
            _begin(workspace, way, source, request, lists)
        except RematchError as error:
            session.REFUSED_IMPORT.set((in_form_words(str(error)), request.slug, way))
            if source is None:  # the field lists files that the browser refused until it has another key
                empty_files()
                st.rerun()
        else:
            st.toast(
                f"Importing '{plain(request.slug)}'. The progress is at the top of the page.",
                icon=":material/hourglass_top:",
            )
            empty_files()
            st.rerun()
    sentence, slug, tried = session.REFUSED_IMPORT.get()
    if tried == way:
        show_error(sentence, ":material/error:")
        _show_what_replacing_means(workspace, slug)


def _slug_of(source: UploadedFile | str | None) -> str:
    if source is None:
        return ""
    return suggested_slug(Path(source).name if isinstance(source, str) else source.name)


def _begin(
    workspace: Workspace,
    way: Way,
    source: UploadedFile | str | None,
    request: ImportRequest,
    lists: Mapping[str, UploadedFile],
) -> None:
    """Check the input as far as possible, then start the job. Raises InputError."""
    request = request.located()
    folder = workspace.domain_folder(request.slug)
    with _uploads(workspace) as keep:
        if isinstance(source, UploadedFile):
            path = keep(source)
        elif source and source.strip():
            path = Path(typed_path(source))
        elif way == "Upload":
            raise InputError(
                f"there is no file to import. Choose one of at most {most()}. For more data, copy it into a folder "
                "on the machine that runs the app and choose “On this machine” above."
            )
        else:
            raise InputError("there is nothing to import. Type the path of a folder, table or ZIP.")
        uploaded = {option: str(keep(file)) for option, file in lists.items()}
        request = replace(request, test_lists=request.test_lists | uploaded)
        with st.spinner("Reading the table…"):
            check_first(
                path, folder, request.columns, request.language or None, request.replace, request.test, request.options
            )
            if way == "Upload":
                request.check_uploaded_images(path)
        IMPORT.start(workspace, request.slug, request.verb(path))


@contextmanager
def _uploads(workspace: Workspace) -> Iterator[Callable[[UploadedFile], Path]]:
    """Yield a function that writes an upload to disk; an error removes all uploads and names them by file name."""
    paths: list[Path] = []

    def keep(upload: UploadedFile) -> Path:
        paths.append(keep_upload(workspace.root, upload.name, upload))
        return paths[-1]

    try:
        yield keep
    except RematchError as error:
        sentence = str(error)
        for path in paths:
            discard_upload(path)
            sentence = sentence.replace(f"{path.parent}/", "")
        raise type(error)(sentence) from None


def _show_what_replacing_means(workspace: Workspace, slug: str) -> None:
    if slug in workspace.domain_slugs() and (runs := load_runs(workspace, slug)):
        st.caption(
            f"'{plain(slug)}' has {counted(len(runs), 'run')}. If you replace its articles by others, Rematch cannot "
            "load its runs any more, and you have to train again."
        )
