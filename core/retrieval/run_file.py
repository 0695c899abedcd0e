"""Run files in the organisers' format: a header, then for each article its id and best 100 images, tab-separated."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from core.data.importers.tables.delimited import bytes_of
from core.data.importers.tables.encodings import decode
from core.errors import InputError, shortened
from core.retrieval.run_rows import Row, check_is_table, is_header, rows_of
from core.retrieval.table_runs import has_a_row_for_each_image, read_table_run
from core.retrieval.trec import looks_like_trec, read_trec
from core.storage.files import atomic_write

LENGTH = 100
_NUMBER = re.compile("[0-9]+")
_BREAKS_A_LINE = re.compile(r"[\t\r\n]")


def write_submission(path: Path, article_ids: Sequence[str], best_images: Sequence[Sequence[str]]) -> int:
    """Write one line per article; return the number of images in each (fewer than 100 in a small gallery).

    Raises InputError for an id with a tab or a line break.
    """
    length = min(LENGTH, min(len(images) for images in best_images))
    header = ["articleID", *(f"iid{rank}" for rank in range(1, length + 1))]
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write("\t".join(header) + "\n")
        for article_id, images in zip(article_ids, best_images, strict=True):
            file.write("\t".join(map(_check_id, (article_id, *images[:length]))) + "\n")
    return length


def _check_id(article_or_image: str) -> str:
    if _BREAKS_A_LINE.search(article_or_image):
        raise InputError(
            f"the id {shortened(repr(article_or_image))} cannot be written to a run file, because it contains a tab or "
            f"a line break. Change it in the imported table and import the table again."
        )
    return article_or_image


@dataclass(frozen=True)
class Submission:
    """Contents of a run file, read as the organisers' scorer reads it.

    lists: article → its images, best first, from its first line. skipped: number of lines whose first field is not a
    number, the header included. repeated: articles with further lines, which are ignored.
    """

    lists: dict[str, list[str]]
    skipped: int
    repeated: list[str]


def is_number(article_id: str) -> bool:
    """Return whether the organisers' scorer reads a line that begins with this id."""
    return _NUMBER.fullmatch(article_id) is not None


def read_submission(path: Path, encoding: str | None = None) -> Submission:
    """Read a run file (the organisers' format, TREC or another table): the first 100 images of each article.

    encoding: None to detect it. Raises InputError: no such file, or not a run.
    """
    if not path.is_file():
        raise InputError(f"the run {path} cannot be read: there is no such file. Check the path.")
    content = decode(bytes_of(path), path, encoding)[0]
    lines = [line for line in content.split("\n") if line.strip()]
    if looks_like_trec(lines):
        return _cut(Submission(read_trec(lines, str(path)), 0, []))
    separator, rows = rows_of(content, path)
    if rows:
        check_is_table(rows, path)
    numbered = [row for row in rows if is_number(row.cells[0])]
    named = len(rows) > 1 and is_header(rows[0]) and not numbered
    if not rows or (separator == "\t" and not named and not has_a_row_for_each_image(rows, path)):
        return _cut(_as_the_organisers(rows, numbered, path))
    run = read_table_run(rows, path)
    return _cut(Submission(run.lists, run.skipped, run.repeated))


def _as_the_organisers(rows: list[Row], numbered: list[Row], path: Path) -> Submission:
    """Read a tab-separated run as the organisers' scorer does, which skips lines whose first field is not a number."""
    if not numbered:
        raise InputError(
            f"{path} is not a run: none of its {len(rows)} lines begins with a number. Write in each line an article "
            f"id and its images, separated by tabs."
        )
    body = read_table_run([rows[0], *numbered] if is_header(rows[0]) else numbered, path)
    return Submission(body.lists, len(rows) - len(numbered), body.repeated)


def _cut(run: Submission) -> Submission:
    return replace(run, lists={article: images[:LENGTH] for article, images in run.lists.items()})
