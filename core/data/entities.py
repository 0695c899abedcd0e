"""Entity tags where a text should be: `persons;Ada Lovelace|orgs;Royal Society`, or `royal society;london`.

GDELT lists them in place of the body that a release may not hand on. Prose never looks like this: it has a blank
after a semicolon.
"""

import re

#: What a group of GDELT's begins with, in the spellings seen.
_LABELS = frozenset(
    [
        "person",
        "persons",
        "per",
        "org",
        "orgs",
        "organization",
        "organizations",
        "organisation",
        "organisations",
        "location",
        "locations",
        "loc",
        "place",
        "places",
        "misc",
        "theme",
        "themes",
        "other",
        "others",
    ]
)
_TAGS = re.compile(r"[^;|]*(?:[;|](?!\s)[^;|]*)+")


def entities_of(text: str) -> list[str] | None:
    """The entities that `text` lists, each once, in order; None if it is no list of tags."""
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
    """Entity tags as a phrase, parted by commas (the recipe of the published baseline); any other text as it is."""
    names = entities_of(text)
    return text if names is None else ", ".join(names)
