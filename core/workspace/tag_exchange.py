"""Tags as files for other programs, and read back in: CSV, and the JSON of Label Studio.

Label Studio's tasks have a `data` object and a list of `annotations`, each with a list `result` of answers. An answer
of the type `choices` has the tags and one of the type `textarea` the note.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core.data.domain import Domain
from core.errors import InputError
from core.storage.safe_csv import restored
from core.workspace.folders import Workspace
from core.workspace.tag_changes import Change, NoteChange, apply_change, cleaned_note, cleaned_tag
from core.workspace.tags import Tagged, known_tags, read_tags

#: Names in the labelling configuration, which connect answers with what they are about.
CHOICES_NAME, NOTE_NAME, TEXT_NAME = "tags", "note", "text"


@dataclass(frozen=True)
class ReadArticle:
    """Tags and note of an article in a file."""

    article_id: str
    tags: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class ReadIn:
    """What reading a file changed.

    articles: how many articles of the domain the file has. unknown: ids that the domain lacks. kept: ids whose note in
    the file differs from the stored one, which stays. done: what changed.
    """

    articles: int
    unknown: tuple[str, ...]
    kept: tuple[str, ...]
    done: Change


def label_studio_tasks(domain: Domain, tagged: dict[str, Tagged], article_ids: Iterable[str]) -> str:
    """Return the articles as tasks of Label Studio, JSON; those with tags or a note have them as an annotation."""
    columns = ["title", "text", "image_file", "split"]
    rows = domain.articles.set_index("article_id")[columns].to_dict("index")
    tasks = []
    for article_id in article_ids:
        row = rows.get(article_id, dict.fromkeys(columns, ""))
        data = {"article_id": article_id, "title": str(row["title"] or ""), "text": str(row["text"] or row["title"])}
        data |= {"image_file": str(row["image_file"] or ""), "split": str(row["split"])}
        task: dict[str, Any] = {"data": data}
        if article_id in tagged:
            task["annotations"] = [{"result": _answers(tagged[article_id])}]
        tasks.append(task)
    return json.dumps(tasks, ensure_ascii=False, indent=1)


def _answers(tagged: Tagged) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []
    if tagged.tags:
        answers.append({"type": "choices", "from_name": CHOICES_NAME, "value": {"choices": list(tagged.tags)}})
    if tagged.note:
        answers.append({"type": "textarea", "from_name": NOTE_NAME, "value": {"text": [tagged.note]}})
    return [{"id": f"{answer['from_name']}", "to_name": TEXT_NAME, **answer} for answer in answers]


def labelling_configuration(tagged: dict[str, Tagged]) -> str:
    """Return the labelling configuration of a Label Studio project that has these tags as choices."""
    escaped = str.maketrans({"&": "&amp;", '"': "&quot;", "<": "&lt;", ">": "&gt;"})
    choices = "".join(f'\n    <Choice value="{tag.translate(escaped)}"/>' for tag in known_tags(tagged))
    return (
        f'<View>\n  <Text name="{TEXT_NAME}" value="$text"/>\n'
        f'  <Choices name="{CHOICES_NAME}" toName="{TEXT_NAME}" choice="multiple">{choices}\n  </Choices>\n'
        f'  <TextArea name="{NOTE_NAME}" toName="{TEXT_NAME}"/>\n</View>\n'
    )


def read_tag_file(content: bytes) -> list[ReadArticle]:
    """Return the articles of a CSV or Label Studio file. Raises InputError if it is neither, or a text is too long."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            "the file of tags is not UTF-8 text. Export it as CSV (UTF-8) or as Label Studio JSON."
        ) from None
    return _read_tasks(text) if text.lstrip()[:1] in ("[", "{") else _read_csv(text)


def _read_csv(text: str) -> list[ReadArticle]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    columns = reader.fieldnames or []
    if "article_id" not in columns or "tags" not in columns:
        raise InputError(
            f"the file of tags lacks the columns article_id and tags; it has {', '.join(columns[:8]) or 'no text'}. "
            "Export the tags as CSV to see the expected columns."
        )
    return [
        _read_article(
            restored(row["article_id"] or ""), restored(row["tags"] or "").split(";"), restored(row.get("note") or "")
        )
        for row in reader
    ]


def _read_tasks(text: str) -> list[ReadArticle]:
    try:
        tasks = json.loads(text)
        return [_read_task(task) for task in (tasks if isinstance(tasks, list) else [tasks])]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"the file of tags is not Label Studio JSON: {type(error).__name__} {error}. Each task needs a data object "
            "with an article_id. Export it from Label Studio as JSON."
        ) from None


def _read_task(task: dict[str, Any]) -> ReadArticle:
    tags: list[str] = []
    notes: list[str] = []
    for annotation in task.get("annotations") or []:
        if annotation.get("was_cancelled"):
            continue
        for answer in annotation["result"]:
            if answer["type"] == "choices":
                tags += answer["value"]["choices"]
            elif answer["type"] == "textarea":
                notes += (
                    [answer["value"]["text"]] if isinstance(answer["value"]["text"], str) else answer["value"]["text"]
                )
    return _read_article(str(task["data"]["article_id"]), tags, "\n".join(notes))


def _read_article(article_id: str, tags: Sequence[str], note: str) -> ReadArticle:
    return ReadArticle(article_id, tuple(cleaned_tag(tag) for tag in tags if tag.strip()), cleaned_note(note))


def read_in(workspace: Workspace, domain: Domain, articles: Sequence[ReadArticle]) -> ReadIn:
    """Add tags and notes of a file to the stored ones; nothing stored is removed or replaced.

    Raises as `apply_change`.
    """
    existing = set(domain.articles["article_id"])
    stored = read_tags(workspace, domain.info.slug)
    known = [article for article in articles if article.article_id in existing]
    notes: list[NoteChange] = []
    kept: list[str] = []
    for article in known:
        before = stored[article.article_id].note if article.article_id in stored else ""
        if article.note and not before:
            notes.append(NoteChange(article.article_id, "", article.note))
        elif article.note and article.note != before:
            kept.append(article.article_id)
    pairs = tuple((article.article_id, tag) for article in known for tag in article.tags)
    applied = apply_change(workspace, domain.info.slug, Change(pairs, (), tuple(notes)))
    kept += [note.article_id for note in applied.refused]
    unknown = tuple(dict.fromkeys(a.article_id for a in articles if a.article_id not in existing))
    return ReadIn(len({article.article_id for article in known}), unknown, tuple(kept), applied.done)
