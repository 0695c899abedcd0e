"""What the articles of a domain name: by rules whenever it is asked, or as a model found it once, kept in its folder.

A tagger takes minutes, so what it found is kept in the domain's folder and counts from then on, everywhere, as long as
the texts are the ones it read.
"""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from core.data.domain import ENGLISH, Domain, translated
from core.data.entities.rules import Mentions, mentions_by_rules, tags_of, texts_of, with_tags
from core.storage.files import atomic_write, fingerprint

if TYPE_CHECKING:  # imports torch, which pages do without
    from core.data.entities.tagger import Tagger

_log = logging.getLogger("rematch")

#: In the place of a model's name.
RULES = "rules"


@dataclass(frozen=True)
class Mentioned:
    """found_by: RULES, or a model's name as it was asked for. texts: a fingerprint of those read.

    articles: what each article of the domain names, in order.
    """

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
    except FileNotFoundError:
        pass
    except (OSError, msgspec.DecodeError) as error:  # the rules are always there
        _log.warning(
            "%s is damaged or of another version (%s), so names are found by rules; find them again with: "
            "rematch analyse --tagger MODEL",
            mentions_file(domain),
            error,
        )
    return Mentioned(RULES, texts, tuple(mentions_by_rules(domain.articles)))


def _fingerprint(domain: Domain) -> str:
    return fingerprint(texts_of(domain.articles))


def tag_domain(domain: Domain, tagger: "Tagger") -> None:
    """Let what `tagger` finds count from now on, and the data's own entity tags with it."""
    languages = domain.articles["language"].where(~translated(domain.articles), ENGLISH)
    found = tagger(texts_of(domain.articles), languages.tolist())
    articles = tuple(with_tags(one, tags) for one, tags in zip(found, tags_of(domain.articles), strict=True))
    with atomic_write(mentions_file(domain)) as temporary:
        temporary.write_bytes(msgspec.json.encode(Mentioned(tagger.name, _fingerprint(domain), articles)))


def forget_tagger(domain: Domain) -> None:
    """Back to the rules."""
    mentions_file(domain).unlink(missing_ok=True)
