"""Tags and notes that a user writes on articles, stored as JSON in the workspace.

They belong to the articles of a domain, not to a run, and survive a new import of the domain.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pandas as pd

from core.data.domain import Domain
from core.errors import InputError
from core.storage.files import check_format_version
from core.workspace.folders import Workspace

FORMAT = 1  # increment when the content of the file changes
#: Suggested tags: the categories of the paper's authors, and two common problems. Users may add any other.
USUAL = ("person", "place", "scene", "thumbnail", "wrong pair")
MAX_TAG, MAX_NOTE = 40, 2000


@dataclass(frozen=True)
class Tagged:
    """Tags (sorted) and note of one article; changed_at in UTC."""

    tags: tuple[str, ...]
    note: str
    changed_at: str


def tags_file(workspace: Workspace, slug: str) -> Path:
    """Return the path of a domain's file of tags, which may not exist yet."""
    return workspace.root / "tags" / f"{workspace.domain_folder(slug).name}.json"


def read_tags(workspace: Workspace, slug: str) -> dict[str, Tagged]:
    """Return the tags by article id. Raises InputError if the file is damaged or of a newer format version."""
    file = tags_file(workspace, slug)
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(table.get("format"), int):  # early files hold only the tags, without a format version
            check_format_version(
                table["format"], FORMAT, f"the file of tags {file}", "Read it with the version that wrote it."
            )
            table = table["tags"]
        return msgspec.convert(table, dict[str, Tagged])
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, AttributeError) as error:  # msgspec's errors are ValueErrors
        raise InputError(f"cannot read the tags in {file}: {error}. Repair the file or move it away.") from None


def known_tags(tagged: dict[str, Tagged]) -> list[str]:
    """Return the suggested tags, then those that the user added, sorted."""
    added = {tag for article in tagged.values() for tag in article.tags}
    return [*USUAL, *sorted(added - set(USUAL))]


def tags_table(domain: Domain, tagged: dict[str, Tagged]) -> pd.DataFrame:
    """Return one row per tagged article: article_id, split, title, tags (joined by ;), note, changed_at."""
    rows = domain.articles.set_index("article_id")[["split", "title"]]
    records = [
        {
            "article_id": article_id,
            "split": rows["split"].get(article_id, "not in the domain"),
            "title": rows["title"].get(article_id, ""),
            "tags": "; ".join(article.tags),
            "note": article.note,
            "changed_at": article.changed_at,
        }
        for article_id, article in tagged.items()
    ]
    return pd.DataFrame(records, columns=["article_id", "split", "title", "tags", "note", "changed_at"])
