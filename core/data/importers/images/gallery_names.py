"""Search for images of a gallery by name, with the rules that pair a table with its files.

Images of a gallery have an id and a file. Another table or a submission may use either as name, with or without its
extension, in another Unicode form or letter case. A name that matches two images is ambiguous and matches neither.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

import pandas as pd

from core.data.import_audit import FallBackUse, fall_back_uses
from core.data.importers.images.find_images import name_of
from core.data.importers.images.name_index import NameIndex, composed, parts_of, without_suffix
from core.data.importers.images.pairing import AMBIGUOUS, NOT_FOUND, Match, match_names
from core.errors import shortened


@dataclass(frozen=True)
class NamedImages:
    """Images found by name.

    ids: name → id of the image, for names that match one. ambiguous: name → reason, for names that match several
    images. fall_backs: looser spellings that were needed.
    """

    ids: dict[str, str]
    ambiguous: dict[str, str] = field(default_factory=dict)
    fall_backs: tuple[FallBackUse, ...] = ()


def images_named(names: Iterable[str], images: pd.DataFrame, in_files: bool = False) -> NamedImages:
    """Return the images with these names among `images` (image_id and image_file, each id once).

    in_files: the names come from a column of files; otherwise an exact id has priority over file names.
    """
    file_of = dict(zip(images["image_id"], images["image_file"], strict=True))
    distinct = dict.fromkeys(names)
    exact = {} if in_files else {name: name for name in distinct if name in file_of}
    rest = [name for name in distinct if name not in exact]
    by_id = _by_id(rest, file_of, exact)
    by_file = _by_file(rest, file_of, exact)
    return _named(exact, {name: _one_of(name, by_id[name], by_file[name], in_files) for name in rest})


def images_alike(names: Iterable[str], others: Collection[str]) -> NamedImages:
    """Return the names among `others` that `names` match, if only the names of both are known.

    If any name occurs in `others` exactly, both sides use the same spelling, and only the Unicode form may differ.
    """
    distinct, known = dict.fromkeys(names), dict.fromkeys(others)
    exact = {name: name for name in distinct if name in known}
    if exact:
        forms = Counter(map(composed, known))
        by_form = {form: name for name in known if forms[form := composed(name)] == 1}
        alike = {name: by_form[form] for name in distinct if (form := composed(name)) in by_form}
        return NamedImages(alike | exact)
    if _with_suffix(distinct) > _with_suffix(known):  # a name without an extension may match several with one
        found = _found(known, {name: name for name in distinct}, {})
        turned = {match.file: replace(match, file=name) for name, match in found.items() if match.file is not None}
        lost = {name: match for name, match in found.items() if match.file is None}
        return _named({}, turned | lost)
    return _named({}, _found(distinct, {name: name for name in known}, {}))


def _by_id(names: Iterable[str], file_of: Mapping[str, str], exact: Iterable[str]) -> dict[str, Match]:
    """Search among the ids, and among ids with the extension of their file."""
    with_endings = {image_id + file[len(without_suffix(file)) :]: image_id for image_id, file in file_of.items()}
    identity = with_endings | {image_id: image_id for image_id in file_of}
    return _found(names, identity, {image_id: {image_id} for image_id in exact})


def _by_file(names: Iterable[str], file_of: Mapping[str, str], exact: Iterable[str]) -> dict[str, Match]:
    """Search among the files; a file that two ids share matches neither."""
    counts = Counter(file_of.values())
    identity = {file: image_id for image_id, file in file_of.items() if file and counts[file] == 1}
    claims = {file_of[image_id]: {image_id} for image_id in exact if file_of[image_id] in identity}
    return _found(names, identity, claims)


def _found(names: Iterable[str], identity: Mapping[str, str], claims: Mapping[str, set[str]]) -> dict[str, Match]:
    """Return the match of each name, with the identity of the file found. Several names in one cell match nothing."""
    folders = {part for name in identity for part in parts_of(name)[:-1]}
    matches = match_names([name_of(name) for name in names], NameIndex(identity, folders=folders), claims)
    return {
        name: Match(None, None, f"{NOT_FOUND}: {shortened(name)} contains several names")
        if match.how == "first of several names"
        else replace(match, file=identity.get(match.file or ""))
        for name, match in matches.items()
    }


def _one_of(name: str, by_id: Match, by_file: Match, in_files: bool) -> Match:
    """Return the match that ids and files agree on. A full file name in a column of files has priority over ids."""
    if by_file.file is None:
        return by_file if by_file.reason.startswith(AMBIGUOUS) else by_id
    is_file = in_files and without_suffix(name) != name
    if by_id.file == by_file.file or (by_file.how is None and (is_file or by_id.file is None)):
        return by_file
    if by_id.file is None:
        return by_id if by_id.reason.startswith(AMBIGUOUS) else by_file
    reason = f"{AMBIGUOUS}: {shortened(name)} matches the id {shortened(by_id.file)} and the file of another image"
    return Match(None, None, reason)


def _named(exact: dict[str, str], matches: Mapping[str, Match]) -> NamedImages:
    found = {name: match.file for name, match in matches.items() if match.file is not None}
    return NamedImages(
        exact | found,
        {name: match.reason for name, match in matches.items() if match.reason.startswith(AMBIGUOUS)},
        fall_back_uses((matches[name].how for name in found), found, found.values()),
    )


def _with_suffix(names: Iterable[str]) -> int:
    return sum(without_suffix(name) != name for name in names)
