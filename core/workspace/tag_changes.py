"""Changes of tags and notes: applied under a lock, merged with those of other users, and undone.

A change names single tags, so two users who tag the same article keep the tags of both. A change of a note names the
text that the user began from, so no text that another user wrote meanwhile is replaced.
"""

import json
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from filelock import FileLock

from core.errors import InputError
from core.storage.disk_errors import disk_errors_for
from core.storage.files import write_text
from core.workspace.folders import Workspace
from core.workspace.runs import now
from core.workspace.tags import FORMAT, MAX_NOTE, MAX_TAG, Tagged, read_tags, tags_file

#: Categories of Unicode that show nothing: control, format, half of a character. Two joiners are part of emoji and of
#: words in some languages.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs"})
_JOINERS = "\u200c\u200d"
#: An article id and a tag.
Pair = tuple[str, str]


@dataclass(frozen=True)
class NoteChange:
    """A new text for the note of an article. before: the text that the user began from."""

    article_id: str
    before: str
    after: str


@dataclass(frozen=True)
class Change:
    """Tags to add to and to remove from articles, and notes to replace."""

    added: tuple[Pair, ...] = ()
    removed: tuple[Pair, ...] = ()
    notes: tuple[NoteChange, ...] = ()

    @property
    def inverse(self) -> "Change":
        """The change that undoes this one."""
        notes = tuple(NoteChange(note.article_id, note.after, note.before) for note in self.notes)
        return Change(self.removed, self.added, notes)

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return not (self.added or self.removed or self.notes)


@dataclass(frozen=True)
class Applied:
    """What a change did. done: the part that changed something. refused: notes that another user changed meanwhile."""

    done: Change
    refused: tuple[NoteChange, ...] = ()


def cleaned_tag(tag: str) -> str:
    """Return the tag with single spaces, without invisible characters.

    Raises InputError if it is empty or too long, or has a semicolon, which separates tags in CSV.
    """
    cleaned = " ".join(_visible(tag).split())
    if not cleaned.strip(_JOINERS):
        raise InputError("the tag is empty. Type at least one letter.")
    if len(cleaned) > MAX_TAG:
        raise InputError(
            f"the tag '{cleaned[:MAX_TAG]}…' has more than {MAX_TAG} characters. Shorten it and use the note."
        )
    if ";" in cleaned:
        raise InputError(f"the tag '{cleaned}' has a semicolon, which separates tags in CSV. Use another sign.")
    return cleaned


def cleaned_note(note: str) -> str:
    """Return the note without spaces around it. Raises InputError if it is too long."""
    cleaned = note.encode(errors="replace").decode().strip()  # a file cannot store half of a character
    if len(cleaned) > MAX_NOTE:
        raise InputError(f"the note has {len(cleaned)} characters. Shorten it to at most {MAX_NOTE}.")
    return cleaned


def _visible(text: str) -> str:
    """Remove characters that show nothing: controls except white space, halves of characters, marks of direction."""
    return "".join(
        sign for sign in text if sign.isspace() or sign in _JOINERS or unicodedata.category(sign) not in _INVISIBLE
    )


def set_tag(workspace: Workspace, slug: str, article_ids: Iterable[str], tag: str, *, is_set: bool) -> Change:
    """Add the tag to the articles, or remove it, and return what changed. Raises as `apply_change`."""
    pairs = tuple((article_id, cleaned_tag(tag)) for article_id in article_ids)
    return apply_change(workspace, slug, Change(pairs) if is_set else Change(removed=pairs)).done


def rename_tag(workspace: Workspace, slug: str, old: str, new: str) -> Change:
    """Rename a tag on all articles, where `new` exists too both become one, and return what changed.

    Raises as `apply_change`.
    """
    name = cleaned_tag(new)

    def renamed(tagged: dict[str, Tagged]) -> Change:
        ids = [article_id for article_id, article in tagged.items() if old in article.tags and name != old]
        return Change(tuple((i, name) for i in ids), tuple((i, old) for i in ids))

    return _apply(workspace, slug, renamed).done


def delete_tag(workspace: Workspace, slug: str, tag: str) -> Change:
    """Remove a tag from all articles and return what changed. Raises as `apply_change`."""

    def without(tagged: dict[str, Tagged]) -> Change:
        return Change(removed=tuple((article_id, tag) for article_id, a in tagged.items() if tag in a.tags))

    return _apply(workspace, slug, without).done


def apply_change(workspace: Workspace, slug: str, change: Change) -> Applied:
    """Apply a change to the stored tags, and return what it changed. Safe with concurrent writers.

    Raises InputError if a tag or note is too long or the file is damaged, DiskError if it cannot be written.
    """
    return _apply(workspace, slug, lambda tagged: change)


def _apply(workspace: Workspace, slug: str, change_of: Callable[[dict[str, Tagged]], Change]) -> Applied:
    """Apply the change that `change_of` returns for the tags as they are under the lock."""
    file = tags_file(workspace, slug)
    with disk_errors_for(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_suffix(".lock")):
            tagged = read_tags(workspace, slug)
            applied = _merge(tagged, change_of(tagged))
            if not applied.done.is_empty:
                table = {"format": FORMAT, "tags": {key: asdict(article) for key, article in tagged.items()}}
                write_text(file, json.dumps(table, ensure_ascii=False, indent=1))
    return applied


def _merge(tagged: dict[str, Tagged], change: Change) -> Applied:
    """Change `tagged` in place."""
    tags = {article_id: set(article.tags) for article_id, article in tagged.items()}
    notes = {article_id: article.note for article_id, article in tagged.items()}
    added, removed, written, refused = [], [], [], []
    for article_id, tag in change.removed:
        if tag in tags.get(article_id, set()):
            tags[article_id].remove(tag)
            removed.append((article_id, tag))
    for article_id, tag in change.added:
        name = cleaned_tag(tag)
        if name not in tags.setdefault(article_id, set()):
            tags[article_id].add(name)
            added.append((article_id, name))
    for note in change.notes:
        stored, text = notes.get(note.article_id, ""), cleaned_note(note.after)
        if stored == text:
            continue
        if stored != note.before.strip():
            refused.append(NoteChange(note.article_id, stored, text))
            continue
        notes[note.article_id] = text
        written.append(NoteChange(note.article_id, stored, text))
    done = Change(tuple(added), tuple(removed), tuple(written))
    changed = dict.fromkeys([*(i for i, _ in (*added, *removed)), *(note.article_id for note in written)])
    for article_id in changed:
        kept, text = tuple(sorted(tags.get(article_id, set()))), notes.get(article_id, "")
        tagged.pop(article_id, None)
        if kept or text:
            tagged[article_id] = Tagged(kept, text, now())
    return Applied(done, tuple(refused))
