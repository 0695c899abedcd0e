"""Tags set on the Alpha page: one tag of the selected article at a time."""

from collections.abc import Mapping
from typing import Any

from core.errors import RematchError
from core.workspace.folders import Workspace
from core.workspace.tags import known_tags, read_tags, tag_article
from pages.shared import session


def set_tag(workspace: Workspace, slug: str, change: Mapping[str, Any]) -> None:
    """Set or remove a known tag and leave the article's other tags and its note as they are. For callbacks.

    change: {article, tag, is_set}. An error is stored in the session, for the page to show.
    """
    session.TAGGING_ERROR.reset()
    article_id, tag = str(change["article"]), str(change["tag"])
    try:
        tagged = read_tags(workspace, slug)
        if tag not in known_tags(tagged):
            return
        stored = tagged.get(article_id)
        tags = set(stored.tags) if stored else set()
        tags = tags | {tag} if change["is_set"] else tags - {tag}
        tag_article(workspace, slug, article_id, sorted(tags), stored.note if stored else "")
    except RematchError as error:
        session.TAGGING_ERROR.set(str(error))
