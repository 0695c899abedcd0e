"""Text from outside, made safe for places that read Markdown: captions and labels of the app, Markdown reports."""

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:@])")
# Addresses become links after escapes were read, so something invisible has to stand inside them.
_LINKED = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)", re.IGNORECASE)
_ADDRESSES = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)(?=[\w-]+\.)", re.IGNORECASE)
_WORD_JOINER = "\u2060"
# What has a meaning in the middle of a line; at its start there is always something of ours.
_INLINE = re.compile(r"([\\`*_\[\]<>|~$])")


def plain(text: str) -> str:
    """On one line, shown as it is written."""
    return _MARKDOWN.sub(r"\\\1", _LINKED.sub(_WORD_JOINER, " ".join(str(text).split())))


def inline(text: str) -> str:
    """For the middle of a line of a Markdown file that is also read as it is: only what would change its meaning."""
    return _INLINE.sub(r"\\\1", _ADDRESSES.sub(_WORD_JOINER, " ".join(str(text).split())))
