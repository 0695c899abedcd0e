"""Escaping of external text for Markdown: captions and labels of the app, and Markdown reports."""

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:@])")
# Renderers make links of addresses after they resolve escapes, so an invisible character must interrupt addresses.
_LINKED = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)", re.IGNORECASE)
_ADDRESSES = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)(?=[\w-]+\.)", re.IGNORECASE)
_WORD_JOINER = "\u2060"
# Characters with a meaning in the middle of a line. Lines never start with external text.
_INLINE = re.compile(r"([\\`*_\[\]<>|~$])")


def plain(text: str) -> str:
    """Return the text on one line, escaped so that it is shown literally."""
    return _MARKDOWN.sub(r"\\\1", _LINKED.sub(_WORD_JOINER, " ".join(str(text).split())))


def inline(text: str) -> str:
    """Return the text on one line, with few escapes, for the middle of a line in Markdown that is read as source."""
    return _INLINE.sub(r"\\\1", _ADDRESSES.sub(_WORD_JOINER, " ".join(str(text).split())))
