"""Matching of names in a table to files: the one file that matches a name, or none, with the reason.

A name without an exact match may fall back to a looser spelling, or to the end of its path. A fall-back never uses a
file that another name of the table matches better, and does not drop folders that other rows need.
"""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from core.data.importers.images.name_index import Found, NameIndex, Parts, parts_of
from core.errors import shortened

FallBack = Literal[
    "Unicode form", "percent-encoding", "letter case", "end of the path", "first of several names", "another column",
]  # fmt: skip

_SEVERAL = re.compile(r"[|;,\n]+")
_ABSOLUTE = re.compile(r"[/\\~]|[A-Za-z]:")
AMBIGUOUS, NOT_FOUND = "name is ambiguous", "image not found"


@dataclass(frozen=True)
class Name:
    """A name in a cell. paths: possible names of the file, most reliable first; is_address: whether it is a URL."""

    cell: str
    paths: tuple[str, ...]
    is_address: bool


@dataclass(frozen=True)
class Match:
    """The result of matching a name. file: None if not found or ambiguous. how: the fall-back needed, None if none.

    reason: why there is no file, such as `image not found: …`. several: the files that an ambiguous name matches.
    """

    file: str | None
    how: FallBack | None = None
    reason: str = ""
    several: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Candidate:
    """The only file that matches a name. kept: number of matching last parts; dropped: the other, leading parts."""

    name: Name
    file: str
    how: FallBack | None
    kept: int
    dropped: Parts

    @property
    def is_absolute(self) -> bool:
        return self.name.is_address or _ABSOLUTE.match(self.name.cell) is not None


def match_names(names: Iterable[Name], folder: NameIndex, claims: Mapping[str, set[str]]) -> dict[str, Match]:
    """Return cell → match for each name. claims: file → cells of the rows that are already paired with it."""
    matches: dict[str, Match] = {}
    candidates: list[_Candidate] = []
    for name in names:
        candidate = _look_up(name, folder)
        if isinstance(candidate, Match):
            matches[name.cell] = candidate
        else:
            candidates.append(candidate)
    claimed = defaultdict[Hashable, set[str]](set)
    for file, cells in [*claims.items(), *((file, {cell}) for cell, m in matches.items() for file in m.several)]:
        claimed[folder.identity(file)] |= cells
    candidates = _without_moved(candidates, folder, matches)
    return matches | _contested(candidates, folder, claimed)


def _look_up(name: Name, folder: NameIndex) -> _Candidate | Match:
    looked = [(path, found) for path in name.paths if (found := folder.lookup(path)) is not None]
    path, found = looked[0] if looked else (name.paths[-1], None)
    how: FallBack | None = None
    parts = parts_of(path)
    if found is None and not name.is_address:
        first = next((part for part in _SEVERAL.split(name.cell) if part.strip("[]'\" ")), "").strip("[]'\" ")
        if first and first != name.cell:
            found, how, parts = folder.lookup(first), "first of several names", parts_of(first)
    if found is None:
        return Match(None, None, f"{NOT_FOUND}: {shortened(name.cell)}")
    if len(found.files) > 1:
        return Match(None, None, f"{AMBIGUOUS}: {_counted(found.files)} match {shortened(name.cell)}", found.files)
    return _Candidate(
        name, found.files[0], how or _fall_back(name, found), len(parts) - found.dropped, parts[: found.dropped]
    )


def _fall_back(name: Name, found: Found) -> FallBack | None:
    """Return how a name differs from the file's; for a URL the last part is the regular name, not a fall-back."""
    if found.spelling != "as written":
        return found.spelling
    return "end of the path" if found.dropped and not name.is_address else None


def _counted(files: tuple[str, ...]) -> str:
    more = f" and {len(files) - 2} more" if len(files) > 2 else ""
    number = "two files" if len(files) == 2 else f"{len(files)} files"
    return f"{number} ({', '.join(shortened(file) for file in files[:2])}{more})"


def _without_moved(candidates: list[_Candidate], folder: NameIndex, matches: dict[str, Match]) -> list[_Candidate]:
    """Return the candidates without those that drop a folder which other names, or folders on disk, need.

    If dropping some leading parts is enough for other names, no name may drop these and more.
    """
    kept, evident = list[_Candidate](), set[tuple[bool, Parts]]()
    for candidate in sorted(candidates, key=lambda candidate: len(candidate.dropped)):
        dropped = candidate.dropped
        shorter = any((candidate.is_absolute, dropped[:count]) in evident for count in range(len(dropped)))
        if dropped and (shorter or folder.has_folder(dropped[-1])):
            reason = f"{NOT_FOUND}: {shortened(candidate.name.cell)}, which is not {shortened(candidate.file)}"
            matches[candidate.name.cell] = Match(None, None, reason)
            continue
        kept.append(candidate)
        if candidate.kept > 1:
            evident.add((candidate.is_absolute, dropped))
    return kept


def _contested(
    candidates: list[_Candidate], folder: NameIndex, claimed: Mapping[Hashable, set[str]]
) -> dict[str, Match]:
    """Return the match of each candidate: if several names fall back to one file, the closest name gets it."""
    by_file = defaultdict[Hashable, list[_Candidate]](list)
    for candidate in candidates:
        by_file[folder.identity(candidate.file)].append(candidate)
    matches: dict[str, Match] = {}
    for identity, rivals in by_file.items():
        nearest = min(_distance(rival) for rival in rivals)
        several = sum(_distance(rival) == nearest for rival in rivals) > 1
        for rival in rivals:
            cell, distance = rival.name.cell, _distance(rival)
            others = claimed.get(identity, set())
            if distance == (0, 0) or cell in others:
                matches[cell] = Match(rival.file, rival.how)
            elif others or distance > nearest:
                reason = f"{NOT_FOUND}: {shortened(cell)}; another row names {shortened(rival.file)}"
                matches[cell] = Match(None, None, reason)
            elif several:
                reason = f"{AMBIGUOUS}: {len(rivals)} names of the table match only {shortened(rival.file)}"
                matches[cell] = Match(None, None, reason)
            else:
                matches[cell] = Match(rival.file, rival.how)
    return matches


def _distance(candidate: _Candidate) -> tuple[int, int]:
    """Return the distance of the file's name from the name in the table; (0, 0) if equal up to the Unicode form."""
    return (0, 0) if candidate.how in (None, "Unicode form") and not candidate.dropped else (1, -candidate.kept)
