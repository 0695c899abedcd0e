"""Entity tags instead of a text: `persons;Ada Lovelace|orgs;Royal Society`, or `royal society;london`.

GDELT lists them instead of the body, which a release may not redistribute. Prose never looks like this: it has a space
after a semicolon.
"""

import re
from typing import Literal, get_args

EntityKind = Literal["persons", "places", "organisations"]
ENTITY_KINDS: tuple[EntityKind, ...] = get_args(EntityKind)

#: First word of a group in GDELT, in the spellings found, and the kind of its entities; None for other things.
_LABELS: dict[str, EntityKind | None] = {
    **dict.fromkeys(("person", "persons", "per"), "persons"),
    **dict.fromkeys(("org", "orgs", "organization", "organizations", "organisation", "organisations"), "organisations"),
    **dict.fromkeys(("location", "locations", "loc", "place", "places"), "places"),
    **dict.fromkeys(("misc", "theme", "themes", "other", "others")),
}
_TAGS = re.compile(r"[^;|]*(?:[;|](?!\s)[^;|]*)+")


def entities_of(text: str) -> list[str] | None:
    """Return the entities listed in `text`, each once, in order; None if it is not a list of tags."""
    if not _TAGS.fullmatch(text.strip()):
        return None
    names: dict[str, str] = {}
    for group in text.strip().split("|"):
        first, *rest = (part.strip() for part in group.split(";"))
        for name in rest if first.lower() in _LABELS else (first, *rest):
            if name:
                names.setdefault(name.lower(), name)
    return list(names.values())


def phrase_of(text: str) -> str:
    """Return entity tags separated by commas (the recipe of the published baseline); any other text unchanged."""
    names = entities_of(text)
    return text if names is None else ", ".join(names)


def entities_by_kind(text: str) -> dict[EntityKind, list[str]] | None:
    """Return the entities of `text` by kind; None if it is not a list of tags.

    Groups without a label are persons before the bar and organisations after it; a single group is organisations
    (derived from the 2,834 lists of the 2025 release).
    """
    if not _TAGS.fullmatch(text.strip()):
        return None
    found: dict[EntityKind, list[str]] = {kind: [] for kind in ENTITY_KINDS}
    groups = text.strip().split("|")
    for number, group in enumerate(groups):
        first, *rest = (part.strip() for part in group.split(";"))
        kind: EntityKind | None = "persons" if len(groups) > 1 and number == 0 else "organisations"
        if first.lower() in _LABELS:
            kind = _LABELS[first.lower()]
        else:
            rest = [first, *rest]
        if kind is not None:
            found[kind] += [name for name in rest if name]
    return found
