"""Qrels, TREC's format of ground truth: lines ``article 0 image relevance``; a relevance above 0 means relevant."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from core.errors import InputError, shortened
from core.storage.files import atomic_write

#: Names of the columns of queries and documents in tables, in lower case, as in BEIR and MS MARCO.
QUERY_NAMES = ("qid", "query_id", "query-id", "query", "topic", "topic_id")
DOCUMENT_NAMES = ("docid", "doc_id", "docno", "document_id", "corpus-id")
_FIELDS = 4


def looks_like_qrels(lines: Sequence[str]) -> bool:
    """Return whether the first line has the four fields of qrels, with numbers in the second and the last."""
    fields = lines[0].split() if lines else []
    return len(fields) == _FIELDS and (_is_integer(fields[1]) or fields[1] == "Q0") and _is_integer(fields[3])


def read_qrels(lines: Sequence[str], what: str) -> Iterator[tuple[int, str, str, bool]]:
    """Yield line number, article, image, and whether the image is relevant.

    Raises InputError naming the first line that is not in qrels format or contradicts an earlier line.
    """
    judged: dict[tuple[str, str], bool] = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != _FIELDS or not _is_integer(fields[3]):
            raise InputError(
                f"{what} is a qrels file, but line {number} has another format: {shortened(line)}. Expected "
                f"'article 0 image relevance', with an integer as relevance."
            )
        article, _, image, relevance = fields
        is_right = int(relevance) > 0
        if judged.setdefault((article, image), is_right) != is_right:
            raise InputError(
                f"{what}: line {number} contradicts an earlier line about article {shortened(article)} and image "
                f"{shortened(image)}. Remove one of the two lines."
            )
        yield number, article, image, is_right


def _is_integer(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


def write_qrels(path: Path, pairs: Iterable[tuple[str, str]]) -> None:
    """Write (article, relevant image) as qrels. Raises InputError for an id with a space, which would be two fields."""
    write_fields(path, ((field_of(article), "0", field_of(image), "1") for article, image in pairs))


def write_fields(path: Path, lines: Iterable[tuple[str, ...]]) -> None:
    """Write a TREC file: fields separated by spaces."""
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(" ".join(fields) + "\n" for fields in lines)


def field_of(some_id: str) -> str:
    """Return an id as a field. Raises InputError if it is empty or has a space, which would make two fields."""
    if not some_id or any(sign.isspace() for sign in some_id):
        raise InputError(f"the id '{shortened(some_id)}' is empty or has a space, which TREC files do not allow.")
    return some_id
