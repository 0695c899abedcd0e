"""Index of file names for lookup by the names in tables.

A name must match exactly one file. Spellings are tried from the strictest to the loosest, so that `a.jpg` and `A.jpg`
remain two images if both exist.
"""

import re
import unicodedata
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import unquote

from core.data.images.decoding import SUFFIXES

Spelling = Literal["as written", "Unicode form", "percent-encoding", "letter case"]
SPELLINGS: tuple[Spelling, ...] = get_args(Spelling)

_BLANKS = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")  # macOS writes U+202F into screenshots' names
_DEEPEST = 4  # parts of a path in the index, so that a `master/1000.jpg` in every folder is still found quickly
Parts = tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """The files that match a name best. dropped: number of leading parts of the name that their paths lack.

    files: relative paths, one for each different file; more than one means that the name is ambiguous.
    """

    files: tuple[str, ...]
    spelling: Spelling
    dropped: int


def composed(text: str) -> str:
    """Return `text` in Unicode form NFC, with plain spaces."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", text)).strip()


def _decoded(text: str) -> str:
    return composed(unquote(text))


def _lowered(text: str) -> str:
    return unicodedata.normalize("NFC", _decoded(text).lower())


_RESPELL: dict[Spelling, Callable[[str], str]] = {
    "as written": str,
    "Unicode form": composed,
    "percent-encoding": _decoded,
    "letter case": _lowered,
}


def parts_of(name: str) -> Parts:
    """Return the parts of a path from any system, without `.` and empty parts."""
    return tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


def without_suffix(name: str) -> str:
    """Return `name` without an image's file extension: `v1.2` for `v1.2.jpg` and for `v1.2`."""
    stem, dot, suffix = name.rpartition(".")
    return stem if stem and dot + suffix.lower() in SUFFIXES else name


class NameIndex:
    """File names with the identity of the file, which is equal for two names of one file.

    above: the parts of the path to their folder. folders: names of the folders in it.
    """

    def __init__(self, identity: Mapping[str, Hashable], above: Parts = (), folders: Collection[str] = ()) -> None:
        self._identity = identity
        self._above = above  # names may begin with the folder's own path
        self._folders = {_lowered(folder) for folder in folders}
        self._indexes: dict[Spelling, dict[str, list[str]]] = {}

    def _index(self, spelling: Spelling) -> dict[str, list[str]]:
        """Return the last one to _DEEPEST parts of a path → files; also without an image's extension."""
        if spelling in self._indexes:
            return self._indexes[spelling]
        respell, index = _RESPELL[spelling], self._indexes.setdefault(spelling, {})
        above = [respell(part) for part in self._above]
        for file in self._identity:
            *folders, name = above + [respell(part) for part in file.split("/")]
            for last in {name, without_suffix(name)}:
                for depth in range(min(_DEEPEST, len(folders) + 1)):
                    index.setdefault("/".join([*folders[len(folders) - depth :], last]), []).append(file)
        return index

    def __contains__(self, file: str) -> bool:
        return file in self._identity

    def has_folder(self, name: str) -> bool:
        """Return whether any folder below the root is called `name`, in any spelling."""
        return _lowered(name) in self._folders

    def identity(self, file: str) -> Hashable:
        """Return a key that is equal for two paths of the same file."""
        return self._identity[file]

    def lookup(self, name: str) -> Found | None:
        """Return the files that share the longest end with the path `name`; None if not even the last part matches.

        Among spellings with the same length, the strictest is used.
        """
        parts = parts_of(name)
        for depth in range(min(_DEEPEST, len(parts)), 0, -1):
            found = [match for spelling in SPELLINGS if (match := self._ending(parts, depth, spelling)) is not None]
            if found:
                return min(found, key=lambda match: match.dropped)
        return None

    def _ending(self, parts: Parts, depth: int, spelling: Spelling) -> Found | None:
        """Return the files with the longest common end with `parts`, among those that share the last `depth` parts."""
        respell = _RESPELL[spelling]
        wanted = tuple(respell(part) for part in parts)
        files = self._index(spelling).get("/".join(wanted[-depth:]))
        if files is None:
            return None
        longest = depth
        if depth == min(_DEEPEST, len(parts)):  # else all share just these
            common = {file: self._common(file, wanted, respell) for file in files}
            longest = max(common.values())
            files = [file for file, count in common.items() if count == longest]
        called_so = [file for file in files if respell(file.rsplit("/", 1)[-1]) == wanted[-1]]
        return Found(self._distinct(called_so or files), spelling, max(0, len(wanted) - longest))

    def _common(self, file: str, wanted: Parts, respell: Callable[[str], str]) -> int:
        """Return how many last parts a file and `wanted` share; one more if the path below the root is equal."""
        folders = tuple(respell(part) for part in file.split("/")[:-1])
        above = tuple(respell(part) for part in self._above)
        return _common_end(above + folders, wanted[:-1]) + 1 + (folders == wanted[:-1])

    def _distinct(self, files: list[str]) -> tuple[str, ...]:
        """Return one path per file: two links to one file count once."""
        first: dict[Hashable, str] = {}
        for file in files:
            first.setdefault(self._identity[file], file)
        return tuple(first.values())


def _common_end(left: Parts, right: Parts) -> int:
    count = 0
    while count < min(len(left), len(right)) and left[-1 - count] == right[-1 - count]:
        count += 1
    return count
