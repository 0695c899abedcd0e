"""What an analyst says of articles: tags and a note for each, kept in the workspace beside the domain they are of.

They belong to the domain's articles, not to a run, and stay when the domain is imported again.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec
import pandas as pd
from filelock import FileLock

from core.data.domain import Domain
from core.errors import InputError
from core.storage.disk_errors import disk_errors_for
from core.storage.files import check_format_version, write_text
from core.workspace.folders import Workspace
from core.workspace.runs import now

FORMAT = 1  # counts up when what is written changes
#: What the paper's authors sorted articles by, and what one meets in every collection; any other word can be added.
USUAL = ("person", "place", "scene", "thumbnail", "wrong pair")
MAX_TAG, MAX_NOTE = 40, 2000


@dataclass(frozen=True)
class Tagged:
    """One article's tags, sorted, and note; changed_at in UTC."""

    tags: tuple[str, ...]
    note: str
    changed_at: str


def tags_file(workspace: Workspace, slug: str) -> Path:
    """Where they are kept; it need not be there."""
    return workspace.root / "tags" / f"{workspace.domain_folder(slug).name}.json"


def read_tags(workspace: Workspace, slug: str) -> dict[str, Tagged]:
    """By article id. Raises InputError if the file is damaged or of another version: it is not begun anew."""
    file = tags_file(workspace, slug)
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(table.get("format"), int):  # the first files were the tags alone
            check_format_version(
                table["format"], FORMAT, f"the file of tags {file}", "Read it with the version that wrote it."
            )
            table = table["tags"]
        return msgspec.convert(table, dict[str, Tagged])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, AttributeError) as error:  # msgspec's errors are ValueErrors
        raise InputError(f"the tags in {file} cannot be read ({error}); mend the file or move it away.") from None


def tag_article(workspace: Workspace, slug: str, article_id: str, tags: list[str], note: str) -> None:
    """Set an article's tags and note; with neither it is forgotten. Two windows may do so at once.

    Raises InputError for a tag or note that is too long, or a damaged file; DiskError if it cannot be written.
    """
    cleaned = tuple(sorted({" ".join(tag.split()) for tag in tags} - {""}))
    if too_long := [tag for tag in cleaned if len(tag) > MAX_TAG]:
        raise InputError(f"the tag '{too_long[0][:MAX_TAG]}…' has over {MAX_TAG} characters; say more in the note.")
    if len(note) > MAX_NOTE:
        raise InputError(f"the note has {len(note)} characters; expected at most {MAX_NOTE}.")
    file = tags_file(workspace, slug)
    with disk_errors_for(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(file.with_suffix(".lock")):
            every = read_tags(workspace, slug)
            every.pop(article_id, None)
            if cleaned or note.strip():
                every[article_id] = Tagged(cleaned, note.strip(), now())
            table = {"format": FORMAT, "tags": {key: asdict(one) for key, one in every.items()}}
            write_text(file, json.dumps(table, ensure_ascii=False, indent=1))


def known_tags(every: dict[str, Tagged]) -> list[str]:
    """The usual ones, then the analyst's own, sorted."""
    own = {tag for one in every.values() for tag in one.tags}
    return [*USUAL, *sorted(own - set(USUAL))]


def tags_table(domain: Domain, every: dict[str, Tagged]) -> pd.DataFrame:
    """One row per tagged article: article_id, split, title, tags (joined by ;), note, changed_at."""
    rows = domain.articles.set_index("article_id")[["split", "title"]]
    records = [
        {
            "article_id": article_id,
            "split": rows["split"].get(article_id, "not in the domain"),
            "title": rows["title"].get(article_id, ""),
            "tags": "; ".join(one.tags),
            "note": one.note,
            "changed_at": one.changed_at,
        }
        for article_id, one in every.items()
    ]
    return pd.DataFrame(records, columns=["article_id", "split", "title", "tags", "note", "changed_at"])
