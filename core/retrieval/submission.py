"""The organisers' run format: a header, then per article its id and its best 100 images, tab-separated."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import InputError, shortened
from core.files import replacing
from core.retrieval.trec import looks_like_trec, read_trec

LENGTH = 100
_NUMBER = re.compile("[0-9]+")
# Ids cannot be defused, since the scorer compares them. An id that begins with a hyphen is usual, a formula has more.
_UNSAFE = re.compile(r"[=+@]|-.*[^\w.-]|.*[\x00-\x1f\x7f]", re.DOTALL)


def write_submission(path: Path, article_ids: Sequence[str], best_images: Sequence[Sequence[str]]) -> int:
    """Write one line per article and return how many images each has (fewer than 100 in a small gallery).

    Raises InputError for an id that a spreadsheet would take for a formula, or that holds a tab or ends the line.
    """
    length = min(LENGTH, min(len(images) for images in best_images))
    header = ["articleID", *(f"iid{place}" for place in range(1, length + 1))]
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.write("\t".join(header) + "\n")
        for article_id, images in zip(article_ids, best_images, strict=True):
            file.write("\t".join(map(_checked, (article_id, *images[:length]))) + "\n")
    return length


def _checked(some_id: str) -> str:
    if _UNSAFE.match(some_id):
        raise InputError(
            f"the id {shortened(repr(some_id))} cannot stand in a run: expected no formula of spreadsheets, no tab, no "
            "end of a line; give it another in the table that was imported, and import that again."
        )
    return some_id


@dataclass(frozen=True)
class Submission:
    """A run file as the organisers' scorer reads it. lists: article → its images, best first, of its first line.

    skipped: lines whose first field is no number, the header among them. repeated: articles with another line, which
    does not count.
    """

    lists: dict[str, list[str]]
    skipped: int
    repeated: list[str]


def is_number(article_id: str) -> bool:
    """Would the organisers' scorer read a line that begins with it?"""
    return _NUMBER.fullmatch(article_id) is not None


def read_submission(path: Path) -> Submission:
    """Read a run file, the organisers' or TREC's: of each article the first 100 images.

    Raises InputError: not there, or no run.
    """
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise InputError(f"the run {path} cannot be read: {error.strerror or error}.") from None
    lines = [line for line in text.split("\n") if line.strip()]
    if looks_like_trec(lines):
        of_trec = read_trec(lines, str(path))
        return Submission({article: images[:LENGTH] for article, images in of_trec.items()}, 0, [])
    lists: dict[str, list[str]] = {}
    repeated, skipped = [], 0
    for line in lines:
        article_id, *images = (cell.strip() for cell in line.rstrip("\r\n").split("\t"))
        if not is_number(article_id):
            skipped += 1
        elif article_id in lists:
            repeated.append(article_id)
        else:
            lists[article_id] = [image for image in images if image][:LENGTH]
    if not lists:
        raise InputError(
            f"{path} is no run: none of its {skipped} lines begins with a number; expected an article id and its "
            f"images, parted by tabs."
        )
    return Submission(lists, skipped, repeated)
