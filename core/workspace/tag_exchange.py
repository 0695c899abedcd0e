"""Tags as files for other programs, and read back in: CSV, and the JSON of Label Studio.

Label Studio's tasks have a `data` object and a list of `annotations`, each with a list `result` of answers. An answer
of the type `choices` has the tags and one of the type `textarea` the note.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.data.domain import Domain
from core.data.importers.tables.delimited import separated
from core.data.importers.tables.encodings import decode
from core.errors import InputError, listed
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


def read_tag_file(content: bytes, name: str) -> list[ReadArticle]:
    """Return the articles of a file of tags: a CSV or JSON of Rematch, Label Studio or a spreadsheet program.

    name: of the file, for messages. Raises InputError if it is none of these or has no articles, or a text is too long.
    """
    if not content.strip():
        raise InputError(f"{name} is empty. Export the tags again.")
    try:
        text, _ = decode(content, Path(name))
    except InputError:
        raise InputError(
            f"{name} is not text in a known encoding. Export it as CSV (UTF-8) or as Label Studio JSON."
        ) from None
    articles = _read_tasks(text, name) if text.lstrip()[:1] in ("[", "{") else _read_csv(text, name)
    if not articles:
        raise InputError(f"{name} has no articles, so no tag was read. Export the tags again.")
    return articles


def _read_csv(text: str, name: str) -> list[ReadArticle]:
    text, separator, _ = separated(text, Path(name))
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        columns = [column.strip().lower() for column in reader.fieldnames or []]
        reader.fieldnames = columns
        rows = list(reader)
    except csv.Error as error:
        raise InputError(
            f"{name}, line {reader.line_num:,}: {error}. Check that all quotation marks are closed."
        ) from None
    if "article_id" not in columns or "tags" not in columns:
        raise InputError(
            f"{name} lacks the columns article_id and tags; it has {listed(columns[:8]) or 'no text'}. "
            "Export the tags as CSV to see the expected columns."
        )
    return [
        _read_article(
            restored((row["article_id"] or "").strip()), _tags_in(row["tags"] or ""), restored(row.get("note") or "")
        )
        for row in rows
    ]


def _tags_in(cell: str) -> list[str]:
    """Return the tags of a cell: separated by semicolons, or as Label Studio writes several, `{"choices": [...]}`."""
    if cell.startswith("{"):
        with suppress(ValueError, KeyError, TypeError):
            return _texts(json.loads(cell), "choices")
    return restored(cell).split(";")


def _read_tasks(text: str, name: str) -> list[ReadArticle]:
    articles: list[ReadArticle] = []
    is_json = False
    try:
        tasks = json.loads(text)
        is_json = True
        for task in tasks if isinstance(tasks, list) else [tasks]:
            articles.append(_read_task(task))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        what = f"lacks {error}" if isinstance(error, KeyError) else "has another structure"
        why = f"task {len(articles) + 1:,} {what}" if is_json else str(error)
        raise InputError(
            f"{name} is not Label Studio JSON: {why}. Each task needs an article_id, in its data object or next to its "
            "tags. Export it from Label Studio as JSON or JSON-MIN."
        ) from None
    return articles


def _read_task(task: dict[str, Any]) -> ReadArticle:
    """Return a task of the format JSON, or JSON-MIN, which has no annotations but fields named as in the task."""
    if "data" not in task:
        tags, notes = _texts(task.get(CHOICES_NAME, []), "choices"), _texts(task.get(NOTE_NAME, []), "text")
        return _read_article(str(task["article_id"]), tags, "\n".join(notes))
    tags, notes = [], []
    for annotation in task.get("annotations") or []:
        if annotation.get("was_cancelled"):
            continue
        for answer in annotation["result"]:
            if answer["type"] == "choices":
                tags += _texts(answer["value"], "choices")
            elif answer["type"] == "textarea":
                notes += _texts(answer["value"], "text")
    return _read_article(str(task["data"]["article_id"]), tags, "\n".join(notes))


def _texts(value: Any, key: str) -> list[str]:
    """Return the texts of an answer: a text, a list of texts, or an object that has either as `key`."""
    value = value[key] if isinstance(value, dict) else value
    texts = [value] if isinstance(value, str) else list(value)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("an answer is not text")
    return texts


def _read_article(article_id: str, tags: Sequence[str], note: str) -> ReadArticle:
    article_id = article_id.encode(errors="replace").decode()  # JSON may have half of a character
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
