"""Rename, archive, restore and delete the runs that are selected in the table of runs."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from core.errors import RematchError, counted
from core.workspace.folders import Workspace
from core.workspace.rename_and_delete import archive_run, delete_run, rename_run, restore_run
from core.workspace.runs import Run
from pages.shared import session
from pages.shared.errors import without_paths
from pages.shared.sidebar import choose_newest_run, choose_run, selection
from pages.shared.text import plain

_MEGABYTE = 1e6
#: Actions in UNCONFIRMED: a deletion has to be confirmed twice.
ASKED, ASKED_TWICE, NAMING = "delete run", "delete run for good", "rename run"


def show_notice() -> None:
    """Show what happened to runs since the page was last drawn, in a space that is always there."""
    with st.container(height=48, border=False, key="runs_notice", vertical_alignment="center"):
        sentence, is_done = session.RUNS_NOTICE.get()
        session.RUNS_NOTICE.reset()
        if sentence:
            icon = ":material/check:" if is_done else ":material/error:"
            st.markdown(f"{icon} {plain(without_paths(sentence))}")
        else:
            st.caption("Select runs in the table to rename, archive or delete them.")


def input_actions(workspace: Workspace, slug: str, runs: Sequence[Run]) -> None:
    """Draw the actions for the selected runs; all are inactive if none is selected."""
    names = tuple(run.info.name for run in runs)
    action, asked_of = session.UNCONFIRMED.get()
    if names and asked_of == "\n".join(names) and action in (ASKED, ASKED_TWICE):
        _ask(workspace, slug, runs, action)
        return
    if len(names) == 1 and (action, asked_of) == (NAMING, names[0]):
        _input_new_name(workspace, slug, names[0])
        return
    ask = session.UNCONFIRMED.set
    number = f" {len(names)}" if len(names) > 1 else ""
    hidden = bool(runs) and all(run.is_archived for run in runs)
    with st.container(horizontal=True):
        st.button(
            "Rename…", key="run_rename", icon=":material/edit:", disabled=len(names) != 1,
            on_click=ask, args=((NAMING, "\n".join(names)),), help="Select one run.",
        )  # fmt: skip
        st.button(
            f"Restore{number}" if hidden else f"Archive{number}", key="run_archive", disabled=not names,
            icon=":material/unarchive:" if hidden else ":material/archive:",
            on_click=_restore if hidden else _archive, args=(workspace, slug, names),
            help="Archived runs are hidden from lists and comparisons. Their files stay.",
        )  # fmt: skip
        st.button(
            f"Delete{number}…", key="run_delete", icon=":material/delete:", disabled=not names,
            on_click=ask, args=((ASKED, "\n".join(names)),), help="Deletes weights and sweep. Asks first.",
        )  # fmt: skip


def _input_new_name(workspace: Workspace, slug: str, name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        new = st.text_input(f"New name of {name}", name, key="run_new_name", max_chars=100)
        st.button(
            "Save name", key="run_rename_yes", type="primary", disabled=new.strip() in ("", name),
            on_click=_rename, args=(workspace, slug, name, new.strip()),
        )  # fmt: skip
        st.button("Cancel", key="run_rename_no", on_click=session.UNCONFIRMED.reset)


def _ask(workspace: Workspace, slug: str, runs: Sequence[Run], action: str) -> None:
    """Ask once what is to be deleted, then again whether it is meant."""
    names = tuple(run.info.name for run in runs)
    what = counted(len(names), "run") if len(names) > 1 else f"run {plain(names[0])}"
    size = sum(file.stat().st_size for run in runs for file in run.folder.rglob("*") if file.is_file()) / _MEGABYTE
    with st.container(border=True):
        if action == ASKED:
            st.write(
                f"Delete {what}{': ' + plain(', '.join(names)) if len(names) > 1 else ''}? Weights, training "
                f"curve and sweep ({size:,.1f} MB) are deleted, and links stop working. Articles, tags and notes stay. "
                "Archiving hides a run and can be undone."
            )
        else:
            st.write(f":material/warning: Last question: delete {what} for good? **This cannot be undone.**")
        with st.container(horizontal=True):
            if action == ASKED:
                again = (ASKED_TWICE, "\n".join(names))
                st.button("Yes, delete…", key="run_delete_yes", on_click=session.UNCONFIRMED.set, args=(again,))
                st.button(
                    "Archive instead", key="run_archive_instead", on_click=_archive, args=(workspace, slug, names)
                )
            else:
                st.button(
                    "Delete for good", key="run_delete_for_good", type="primary", icon=":material/delete_forever:",
                    on_click=_delete, args=(workspace, slug, names),
                )  # fmt: skip
            st.button("Cancel", key="run_delete_no", on_click=session.UNCONFIRMED.reset)


def _rename(workspace: Workspace, slug: str, old: str, new: str) -> None:
    shown = selection().run
    if _done(partial(rename_run, workspace, slug, old, new), f"{old} is now {new}.") and shown and (
        shown.info.name == old
    ):  # fmt: skip
        choose_run(new)


def _archive(workspace: Workspace, slug: str, names: Sequence[str]) -> None:
    _for_all(partial(archive_run, workspace, slug), names, "archived. Find it under “Show archived runs”.")


def _restore(workspace: Workspace, slug: str, names: Sequence[str]) -> None:
    _for_all(partial(restore_run, workspace, slug), names, "restored.")


def _delete(workspace: Workspace, slug: str, names: Sequence[str]) -> None:
    _for_all(partial(delete_run, workspace, slug), names, "deleted.")


def _for_all(act: Callable[[str], object], names: Sequence[str], what: str) -> None:
    shown = selection().run
    if _done(lambda: [act(name) for name in names], f"{', '.join(names)}: {what}") and shown and (
        shown.info.name in names and not what.startswith("restored")
    ):  # fmt: skip
        choose_newest_run()  # otherwise the page would warn that the run is missing


def _done(act: Callable[[], object], sentence: str) -> bool:
    """Act, and remember for `show_notice` what happened; return whether it succeeded."""
    session.UNCONFIRMED.reset()
    try:
        act()
    except RematchError as error:
        session.RUNS_NOTICE.set((str(error), False))
        return False
    session.RUNS_NOTICE.set((sentence, True))
    return True
