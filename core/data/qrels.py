"""Qrels, the ground truths of TREC: lines ``article 0 image relevance``; an image with a relevance above 0 is right."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from core.errors import InputError, shortened
from core.storage.files import atomic_write

#: What tables call the columns of a query and of what is found, in lower case, as BEIR and MS MARCO do.
QUERY_NAMES = ("qid", "query_id", "query-id", "query", "topic", "topic_id")
DOCUMENT_NAMES = ("docid", "doc_id", "docno", "document_id", "corpus-id")
_FIELDS = 4


def looks_like_qrels(lines: Sequence[str]) -> bool:
    """Return whether the first line has the four fields of qrels, the second and the last being numbers."""
    fields = lines[0].split() if lines else []
    return len(fields) == _FIELDS and (_is_integer(fields[1]) or fields[1] == "Q0") and _is_integer(fields[3])


def read_qrels(lines: Sequence[str], what: str) -> Iterator[tuple[int, str, str, bool]]:
    """Yield line, article, image, and whether it is right.

    Raises InputError naming the first line that is of another form, or that judges an image otherwise than before.
    """
    judged: dict[tuple[str, str], bool] = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != _FIELDS or not _is_integer(fields[3]):
            raise InputError(
                f"{what} holds qrels, but line {number} is no line of them: {shortened(line)}; expected "
                f"'article 0 image relevance', the relevance being an integer."
            )
        article, _, image, relevance = fields
        is_right = int(relevance) > 0
        if judged.setdefault((article, image), is_right) != is_right:
            raise InputError(
                f"{what}: line {number} judges image {shortened(image)} of {shortened(article)} again, and otherwise."
            )
        yield number, article, image, is_right


def _is_integer(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def write_qrels(path: Path, pairs: Iterable[tuple[str, str]]) -> None:
    """Write (article, right image) as qrels. Raises InputError for an id with a blank, which would be two fields."""
    write_fields(path, ((field_of(article), "0", field_of(image), "1") for article, image in pairs))


def write_fields(path: Path, lines: Iterable[tuple[str, ...]]) -> None:
    """Write a file of TREC: fields parted by blanks."""
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(" ".join(fields) + "\n" for fields in lines)


def field_of(some_id: str) -> str:
    """Return an id as a field. Raises InputError if it has a blank, which would make two fields."""
    if not some_id or any(sign.isspace() for sign in some_id):
        raise InputError(f"the id '{shortened(some_id)}' has a blank, which files of TREC cannot hold.")
    return some_id
