"""What the articles of a domain name: by rules whenever it is asked, or as a model found it once, kept in its folder.

A tagger takes minutes, so what it found is kept in the domain's folder and counts from then on, everywhere, as long as
the texts are the ones it read.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.data.domain import Domain
from core.data.mentions import Mentions, mentions_by_rules, texts_of
from core.files import fingerprint, replacing

RULES = "built-in rules"


@dataclass(frozen=True)
class Mentioned:
    """found_by: RULES, or a model's name. articles: what each article of the domain names, in order. texts: read."""

    found_by: str
    texts: str
    articles: tuple[Mentions, ...]


def mentions_file(domain: Domain) -> Path:
    """Where a tagger's finds are kept; it need not be there."""
    return domain.folder / "mentions.json"


def mentions_of(domain: Domain) -> Mentioned:
    """What a tagger found, if one read these texts; else what the rules find now."""
    texts = _fingerprint(domain)
    try:
        kept = msgspec.json.decode(mentions_file(domain).read_bytes(), type=Mentioned)
        if kept.texts == texts:
            return kept
    except (OSError, msgspec.DecodeError):  # none, or damaged: the rules are always there
        pass
    return Mentioned(RULES, texts, tuple(mentions_by_rules(domain.articles)))


def _fingerprint(domain: Domain) -> str:
    return fingerprint(texts_of(domain.articles))


def keep_mentions(domain: Domain, found_by: str, articles: tuple[Mentions, ...]) -> None:
    """Let these count from now on."""
    with replacing(mentions_file(domain)) as temporary:
        temporary.write_bytes(msgspec.json.encode(Mentioned(found_by, _fingerprint(domain), articles)))


def forget_mentions(domain: Domain) -> None:
    """Back to the rules."""
    mentions_file(domain).unlink(missing_ok=True)
