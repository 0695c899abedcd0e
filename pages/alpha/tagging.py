"""Tags set on the Alpha page: one tag of the selected article at a time."""

from collections.abc import Mapping
from typing import Any

from core.errors import RematchError
from core.workspace import tag_changes
from core.workspace.folders import Workspace
from core.workspace.tags import known_tags, read_tags
from pages.shared import session


def set_tag(workspace: Workspace, slug: str, change: Mapping[str, Any]) -> None:
    """Set or remove a known tag and leave the article's other tags and its note as they are. For callbacks.

    change: {article, tag, is_set}. An error is stored in the session, for the page to show.
    """
    session.TAGGING_ERROR.reset()
    article_id, tag = str(change["article"]), str(change["tag"])
    try:
        if tag in known_tags(read_tags(workspace, slug)):
            tag_changes.set_tag(workspace, slug, [article_id], tag, is_set=bool(change["is_set"]))
    except RematchError as error:
        session.TAGGING_ERROR.set(str(error))
