"""Files of TREC: runs and qrels.

A run has a line for each image of an article's list, ``article Q0 image rank score tag``. Reading follows trec_eval:
the order is that of the scores, and of equal scores the later name comes first; the rank in the line does not count.
Qrels, the ground truth, have lines ``article 0 image relevance``; an image with a relevance above 0 is right.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from core.errors import InputError, shortened
from core.storage.files import replacing

#: What tables call the columns of a query and of what is found, in lower case, as BEIR and MS MARCO do.
QUERY_NAMES = ("qid", "query_id", "query-id", "query", "topic", "topic_id")
DOCUMENT_NAMES = ("docid", "doc_id", "docno", "document_id", "corpus-id")
_FIELDS = 6
_QRELS_FIELDS = 4


def looks_like_trec(lines: Sequence[str]) -> bool:
    """Return whether the first line has the six fields of a TREC run, ``Q0`` being the second."""
    fields = lines[0].split() if lines else []
    return len(fields) == _FIELDS and fields[1].upper() == "Q0"


def read_trec(lines: Sequence[str], what: str) -> dict[str, list[str]]:
    """Read a run: article → its images, best first. Raises InputError naming the first line that is of another form."""
    scored: dict[str, dict[str, float]] = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        score = _number(fields[4]) if len(fields) == _FIELDS and fields[1].upper() == "Q0" else math.nan
        if math.isnan(score):
            raise InputError(
                f"{what} is a TREC run, but line {number} is no line of one: {shortened(line)}; expected "
                f"'article Q0 image rank score tag'."
            )
        article, image = fields[0], fields[2]
        if image in scored.setdefault(article, {}):
            raise InputError(f"{what}: line {number} lists image {shortened(image)} of {shortened(article)} again.")
        scored[article][image] = score
    return {article: by_score(images) for article, images in scored.items()}


def by_score(images: dict[str, float]) -> list[str]:
    """Return images in the order of trec_eval: the highest score first, of equal ones the later name."""
    names_first = sorted(images, reverse=True)
    return sorted(names_first, key=lambda image: -images[image])


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def looks_like_qrels(lines: Sequence[str]) -> bool:
    """Return whether the first line has the four fields of qrels, the second and the last being numbers."""
    fields = lines[0].split() if lines else []
    return len(fields) == _QRELS_FIELDS and (_is_integer(fields[1]) or fields[1] == "Q0") and _is_integer(fields[3])


def read_qrels(lines: Sequence[str], what: str) -> Iterator[tuple[int, str, str, bool]]:
    """Yield line, article, image, and whether it is right.

    Raises InputError naming the first line that is of another form, or that judges an image otherwise than before.
    """
    judged: dict[tuple[str, str], bool] = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if not fields:
            continue
        if len(fields) != _QRELS_FIELDS or not _is_integer(fields[3]):
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


def write_trec(path: Path, article_ids: Sequence[str], best_images: Sequence[Sequence[str]], tag: str) -> int:
    """Write a run, the score of a place being its negative, and return how many images each article has.

    Raises InputError for an id with a blank, which would be two fields.
    """
    _write(
        path,
        (
            (_field(article), "Q0", _field(image), str(place), str(-place), tag)
            for article, images in zip(article_ids, best_images, strict=True)
            for place, image in enumerate(images, start=1)
        ),
    )
    return min((len(images) for images in best_images), default=0)


def write_qrels(path: Path, pairs: Iterable[tuple[str, str]]) -> None:
    """Write (article, right image) as qrels. Raises InputError for an id with a blank, which would be two fields."""
    _write(path, ((_field(article), "0", _field(image), "1") for article, image in pairs))


def _write(path: Path, lines: Iterable[tuple[str, ...]]) -> None:
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(" ".join(fields) + "\n" for fields in lines)


def _field(some_id: str) -> str:
    if not some_id or any(sign.isspace() for sign in some_id):
        raise InputError(f"the id '{shortened(some_id)}' has a blank, which files of TREC cannot hold.")
    return some_id
