"""Readers for the ground truth of a test set: tables of benchmark organisers, and TREC qrels."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from core.data.importers.images.name_index import without_suffix
from core.data.importers.source_table import TableFile
from core.data.importers.tables.delimited import SUFFIXES as TEXT_SUFFIXES
from core.data.importers.tables.delimited import bytes_of, first_cells, read_delimited, suffix_of
from core.data.importers.tables.encodings import decode
from core.data.importers.tables.table import KNOWN_NAMES, SUFFIXES, known_columns, read_file
from core.data.importers.tables.whole_numbers import as_whole
from core.data.qrels import DOCUMENT_NAMES, QUERY_NAMES, looks_like_qrels, read_qrels
from core.errors import InputError, listed, shortened
from core.storage.memory_errors import enough_memory_for

#: Columns that name an image, most reliable first: articles of a release have all three.
IMAGE_ROLES = ("image_id", "image", "image_url")
_RELEVANCE = ("rel", "relevance", "qrel")
_SCRAMBLED = re.compile("[0-9]{10}")


@dataclass(frozen=True)
class GroundTruth:
    """The ground truth in a file.

    images: article → names of its relevant images, in order of the file; empty if the file has only non-relevant ones.
    lines: article → the line with its second image. in_files: the names come from a column of files.
    """

    file: Path
    images: dict[str, tuple[str, ...]]
    lines: dict[str, int]
    in_files: bool = False

    @property
    def names(self) -> list[str]:
        """Names of all images, each once."""
        return list(dict.fromkeys(name for names in self.images.values() for name in names))


def read_ground_truth(file: Path, encoding: str | None = None) -> GroundTruth:
    """Read the relevant images of articles, from qrels or from a table.

    A table has columns that the import knows, or two columns with or without a header line, or columns of qrels.
    encoding: of text; None: detect it. Raises InputError: another format, or no pairs.
    """
    if not file.is_file():
        raise InputError(
            f"the ground truth {file} does not exist; choose a table of article and image ids, or a qrels file."
        )
    with enough_memory_for(file):
        return _read(file, encoding)


def _read(file: Path, encoding: str | None) -> GroundTruth:
    suffix = suffix_of(file)
    if suffix in TEXT_SUFFIXES or suffix not in SUFFIXES:
        lines = decode(bytes_of(file), file, encoding)[0].splitlines()
        if looks_like_qrels(lines):
            return _collected(read_qrels(lines, str(file)), file, False)
    if suffix not in SUFFIXES:
        raise InputError(
            f"the ground truth {file} is neither a table ({', '.join(SUFFIXES)}) of article and image ids nor a qrels "
            f"file ('article 0 image relevance'); its first line is: {shortened(lines[0]) if lines else 'empty'}."
        )
    headless = suffix in TEXT_SUFFIXES and _is_headless(first_cells(file))
    table = read_delimited(file, ["article_id", "image_id"], encoding) if headless else read_file(file, encoding)
    roles = _roles(table)
    images = [role for role in IMAGE_ROLES if role in roles]
    return _collected(_rows(table, roles, images), file, images[0] == "image")


def _is_headless(cells: list[str]) -> bool:
    """Return whether a first line of two cells is data: no known column name, and a digit or a file extension."""
    known = {name for names in (*KNOWN_NAMES.values(), QUERY_NAMES, DOCUMENT_NAMES) for name in names}
    if len(cells) != 2 or not known.isdisjoint(cell.lower().removeprefix("#").strip() for cell in cells):
        return False
    return any(any(map(str.isdigit, cell)) or without_suffix(cell) != cell for cell in cells)


def _roles(table: TableFile) -> dict[str, str]:
    """Return role → column: id, at least one of IMAGE_ROLES, and relevance if the table has it."""
    by_lower = {str(name).strip().lower(): str(name) for name in table.frame.columns}
    roles = known_columns(table.frame)
    query, document = (_first(names, by_lower) for names in (QUERY_NAMES, DOCUMENT_NAMES))
    relevance = _first(_RELEVANCE, by_lower)
    if query is not None and document is not None:
        roles = {"id": query, "image_id": document}
        relevance = relevance or by_lower.get("score")
    others = [str(name) for name in table.frame.columns if name not in roles.values()]
    if len(table.frame.columns) == 2 and others:  # one or two unknown column names
        if len(others) == 2:
            roles = {"id": others[0], "image_id": others[1]}
        elif list(roles) == ["id"]:
            roles["image_id"] = others[0]
    if "id" not in roles or roles.keys().isdisjoint(IMAGE_ROLES):
        images = ", ".join(name for role in IMAGE_ROLES for name in KNOWN_NAMES[role])
        raise InputError(
            f"{table.path} has no ground truth: expected columns for the article ({', '.join(KNOWN_NAMES['id'])}) and "
            f"the image ({images}), or exactly two columns; found {listed(table.frame.columns) or 'nothing'}."
        )
    return roles | ({"relevance": relevance} if relevance is not None else {})


def _first(names: Iterable[str], by_lower: dict[str, str]) -> str | None:
    return next((by_lower[name] for name in names if name in by_lower), None)


def _rows(table: TableFile, roles: dict[str, str], images: list[str]) -> Iterator[tuple[int, str, str, bool]]:
    """Yield line, article, image, and whether it is relevant; a list of images in one cell gives several rows."""
    judged = roles.get("relevance")
    rows = list[tuple[int, str, str, str]]()
    for line, row in zip(table.frame.index, table.frame.to_dict("records"), strict=True):
        cell = next(filter(None, (row[roles[role]] for role in images)), "")
        for image in (cell,) if isinstance(cell, str) else cell:
            rows.append((line, str(row[roles["id"]]), image.strip(), str(row[judged]) if judged else "1"))
    frame = pd.DataFrame(rows, columns=["line", "article", "image", "relevance"], dtype=object)
    for line, article, image, relevance in zip(
        frame["line"], as_whole(frame["article"])[0], as_whole(frame["image"])[0], frame["relevance"], strict=True
    ):
        try:
            is_right = float(relevance) > 0
        except ValueError:
            raise InputError(
                f"{table.path}, line {line}: '{shortened(relevance)}' is not a relevance; use a number, above 0 for "
                f"relevant images."
            ) from None
        yield line, article.strip(), image, is_right


def _collected(rows: Iterable[tuple[int, str, str, bool]], file: Path, in_files: bool) -> GroundTruth:
    images: dict[str, list[str]] = {}
    lines: dict[str, int] = {}
    for line, article_id, image, is_right in rows:
        if not (article_id and image):
            continue
        found = images.setdefault(article_id, [])
        if is_right and image not in found:
            found.append(image)
            if len(found) == 2:
                lines[article_id] = line
    if not any(images.values()):
        raise InputError(
            f"{file} pairs no article with an image. Check that it is the ground truth, not a list of the test set."
        )
    return GroundTruth(file, {article: tuple(names) for article, names in images.items()}, lines, in_files)


def real_id(article_id: str) -> str:
    """Return the original of an article id that the test lists of 2019 scrambled; any other id unchanged."""
    return article_id[6:10] + article_id[1:6] if _SCRAMBLED.fullmatch(article_id) else article_id


def match_article_ids(truth: GroundTruth, article_ids: Iterable[str]) -> GroundTruth:
    """Return the ground truth with the article ids of a test list or run: unchanged, or scrambled if none matches."""
    listed = list(article_ids)
    if any(article_id in truth.images for article_id in listed):
        return truth
    scrambled = {real_id(article_id): article_id for article_id in listed}
    return replace(
        truth,
        images={scrambled.get(article_id, article_id): names for article_id, names in truth.images.items()},
        lines={scrambled.get(article_id, article_id): line for article_id, line in truth.lines.items()},
    )
