"""Which image of a gallery each name means, by the rules that pair a table with its files.

A gallery's images have ids and files. Another table or a run may call an image by either, with or without its ending,
in another Unicode form or letter case. A name that fits two images means neither.
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
    """What names mean. ids: name → id of the image, of those that mean one. ambiguous: name → reason, of those that fit
    several images. fall_backs: looser spellings that were needed.
    """

    ids: dict[str, str]
    ambiguous: dict[str, str] = field(default_factory=dict)
    fall_backs: tuple[FallBackUse, ...] = ()


def images_named(names: Iterable[str], pictures: pd.DataFrame, in_files: bool = False) -> NamedImages:
    """Return which of `pictures` (image_id and image_file, each id once) the names mean.

    in_files: the names come from a column of files. Else an id as it is written means that id, whatever files are
    called.
    """
    file_of = dict(zip(pictures["image_id"], pictures["image_file"], strict=True))
    distinct = dict.fromkeys(names)
    exact = {} if in_files else {name: name for name in distinct if name in file_of}
    rest = [name for name in distinct if name not in exact]
    by_id = _by_id(rest, file_of, exact)
    by_file = _by_file(rest, file_of, exact)
    return _named(exact, {name: _one_of(name, by_id[name], by_file[name], in_files) for name in rest})


def images_alike(names: Iterable[str], others: Collection[str]) -> NamedImages:
    """Return which of `others` the names mean where nothing but names is known of either.

    If any name is among `others` as it is written, both sides spell alike, and nothing but its Unicode form may differ.
    """
    distinct, known = dict.fromkeys(names), dict.fromkeys(others)
    exact = {name: name for name in distinct if name in known}
    if exact:
        forms = Counter(map(composed, known))
        by_form = {form: name for name in known if forms[form := composed(name)] == 1}
        alike = {name: by_form[form] for name in distinct if (form := composed(name)) in by_form}
        return NamedImages(alike | exact)
    if _with_suffix(distinct) > _with_suffix(known):  # a name without an ending may fit several that have one
        found = _found(known, {name: name for name in distinct}, {})
        turned = {match.file: replace(match, file=name) for name, match in found.items() if match.file is not None}
        lost = {name: match for name, match in found.items() if match.file is None}
        return _named({}, turned | lost)
    return _named({}, _found(distinct, {name: name for name in known}, {}))


def _by_id(names: Iterable[str], file_of: Mapping[str, str], exact: Iterable[str]) -> dict[str, Match]:
    """Look among the ids, and among ids with the ending of their own file."""
    with_endings = {image_id + file[len(without_suffix(file)) :]: image_id for image_id, file in file_of.items()}
    identity = with_endings | {image_id: image_id for image_id in file_of}
    return _found(names, identity, {image_id: {image_id} for image_id in exact})


def _by_file(names: Iterable[str], file_of: Mapping[str, str], exact: Iterable[str]) -> dict[str, Match]:
    """Look among the files; one that two ids share means neither."""
    counts = Counter(file_of.values())
    identity = {file: image_id for image_id, file in file_of.items() if file and counts[file] == 1}
    return _found(names, identity, {file_of[each]: {each} for each in exact if file_of[each] in identity})


def _found(names: Iterable[str], identity: Mapping[str, str], claims: Mapping[str, set[str]]) -> dict[str, Match]:
    """Return what each name means: the identity of what it finds. A list of several names in one cell means nothing."""
    folders = {part for name in identity for part in parts_of(name)[:-1]}
    matches = match_names([name_of(name) for name in names], NameIndex(identity, folders=folders), claims)
    return {
        name: Match(None, None, f"{NOT_FOUND}: {shortened(name)} is several names")
        if match.how == "first of several names"
        else replace(match, file=identity.get(match.file or ""))
        for name, match in matches.items()
    }


def _one_of(name: str, by_id: Match, by_file: Match, in_files: bool) -> Match:
    """Return what ids and files agree on. A whole file name in a column of files means that file, whatever the ids."""
    if by_file.file is None:
        return by_file if by_file.reason.startswith(AMBIGUOUS) else by_id
    is_file = in_files and without_suffix(name) != name
    if by_id.file == by_file.file or (by_file.how is None and (is_file or by_id.file is None)):
        return by_file
    if by_id.file is None:
        return by_id if by_id.reason.startswith(AMBIGUOUS) else by_file
    reason = f"{AMBIGUOUS}: {shortened(name)} is like the id {shortened(by_id.file)} and like a file of another image"
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
