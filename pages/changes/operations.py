"""Changes of tags that the browser sends, applied once each and in order, with a notice and undo.

A rerun of the page may overtake a message, so the browser sends an operation again until its number is handled.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import RematchError
from core.workspace.folders import Workspace
from core.workspace.tag_changes import Change, NoteChange, apply_change, set_tag
from pages.changes.cards import stamp_of_articles
from pages.shared import session
from pages.shared.text import counted, shorten

REMEMBERED = 50


def apply_operations(workspace: Workspace, slug: str, ids: Sequence[str], message: Mapping[str, Any]) -> None:
    """Apply the operations of a message that are not handled yet. For callbacks.

    ids: articles that match the filters. message: {client, operations}, each operation with a number `n` and a `kind`.
    """
    client = str(message["client"])[:40]
    for operation in sorted(message["operations"], key=lambda operation: int(operation["n"])):
        if int(operation["n"]) <= session.HANDLED.get().get(client, 0):
            continue
        session.HANDLED.set({client: int(operation["n"])})
        try:
            _apply(workspace, slug, ids, operation)
        except RematchError as error:
            session.TAG_NOTICE.set((str(error), True))


def _apply(workspace: Workspace, slug: str, ids: Sequence[str], operation: Mapping[str, Any]) -> None:
    kind = operation["kind"]
    if kind == "undo":
        undo(workspace, slug)
    elif kind == "tag":
        tag, is_set = str(operation["tag"]), bool(operation["is_set"])
        change = set_tag(workspace, slug, [str(operation["article"])], tag, is_set=is_set)
        remember(slug, f"{'Tagged' if is_set else 'Removed the tag'} {_quoted(tag)}.", change)
    elif kind == "tag_all":
        _tag_all(workspace, slug, ids, operation)
    elif kind == "note":
        note = NoteChange(str(operation["article"]), str(operation["before"]), str(operation["after"]))
        applied = apply_change(workspace, slug, Change(notes=(note,)))
        if applied.refused:
            stored = applied.refused[0].before
            now = f"to {_quoted(stored)}" if stored else "and removed it"
            session.TAG_NOTICE.set(
                (f"Another user changed this note {now}. Yours was not stored. Save it again to replace it.", True)
            )
        else:
            remember(slug, "Stored the note.", applied.done)


def _tag_all(workspace: Workspace, slug: str, ids: Sequence[str], operation: Mapping[str, Any]) -> None:
    if operation["stamp"] != stamp_of_articles(list(ids)):
        session.TAG_NOTICE.set(
            ("The filters changed meanwhile, so no article was tagged. Check the articles and try again.", True)
        )
        return
    tag, is_set = str(operation["tag"]), bool(operation["is_set"])
    change = set_tag(workspace, slug, ids, tag, is_set=is_set)
    n = counted(len(change.added or change.removed), "article")
    had = len(ids) - len(change.added or change.removed)
    rest = f" {had:,} {'had it already' if is_set else 'did not have it'}." if had else ""
    remember(slug, f"{'Tagged' if is_set else 'Removed the tag from'} {n}: {_quoted(tag)}.{rest}", change)


def remember(slug: str, sentence: str, change: Change) -> None:
    """Show a sentence about a change, and offer to undo it."""
    session.TAG_NOTICE.set((sentence, False))
    if not change.is_empty:
        session.UNDOABLE.set((*session.UNDOABLE.get(), (slug, sentence, change))[-REMEMBERED:])


def undo(workspace: Workspace, slug: str) -> None:
    """Undo the last change of the domain in this session. Raises as `apply_change`."""
    changes = session.UNDOABLE.get()
    place = max((i for i, (of, _, _) in enumerate(changes) if of == slug), default=None)
    if place is None:
        session.TAG_NOTICE.set(("There is nothing to undo.", False))
        return
    _, sentence, change = changes[place]
    applied = apply_change(workspace, slug, change.inverse)
    session.UNDOABLE.set(changes[:place] + changes[place + 1 :])
    refused = " Another user changed the note since, so it stays." if applied.refused else ""
    session.TAG_NOTICE.set((f"Undone: {sentence}{refused}", bool(refused)))


def can_undo(slug: str) -> bool:
    """Return whether this session changed a tag or note of the domain."""
    return any(of == slug for of, _, _ in session.UNDOABLE.get())


def _quoted(text: str) -> str:
    return f"“{shorten(' '.join(text.split()), 80)}”"
