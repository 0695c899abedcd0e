"""Tags and note of an article, set at once for a test."""

from core.workspace.folders import Workspace
from core.workspace.tag_changes import Change, NoteChange, apply_change
from core.workspace.tags import Tagged, read_tags


def tag_article(workspace: Workspace, slug: str, article_id: str, tags: list[str], note: str) -> None:
    """Give the article these tags and this note in place of the stored ones."""
    stored = read_tags(workspace, slug).get(article_id, Tagged((), "", ""))
    change = Change(
        tuple((article_id, tag) for tag in tags),
        tuple((article_id, tag) for tag in stored.tags if tag not in tags),
        (NoteChange(article_id, stored.note, note),),
    )
    apply_change(workspace, slug, change)
