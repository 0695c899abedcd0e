"""Named entities of the articles of a domain: found by rules on each call, or stored by a tagger.

A tagger takes minutes, so its result is stored in the domain's folder and replaces the rules everywhere, as long as the
texts are unchanged.
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

#: The value of `found_by` without a tagger.
RULES = "rules"


@dataclass(frozen=True)
class DomainMentions:
    """Entities of all articles of a domain.

    found_by: RULES, or the tagger's name as given by the user. texts: fingerprint of the texts. articles: the mentions
    of each article of the domain, in order.
    """

    found_by: str
    texts: str
    articles: tuple[Mentions, ...]


def mentions_file(domain: Domain) -> Path:
    """Return the path of a tagger's result, which may not exist."""
    return domain.folder / "mentions.json"


def mentions_of(domain: Domain) -> DomainMentions:
    """Return the result of a tagger if one read these texts, else the entities found by the rules."""
    texts = _fingerprint(domain)
    try:
        stored = msgspec.json.decode(mentions_file(domain).read_bytes(), type=DomainMentions)
        if stored.texts == texts:
            return stored
    except FileNotFoundError:
        pass
    except (OSError, msgspec.DecodeError) as error:  # the rules always work
        _log.warning(
            "%s is damaged or was written by another version (%s), so the rules find the names; run the tagger again "
            "with: rematch analyse --tagger MODEL",
            mentions_file(domain),
            error,
        )
    return DomainMentions(RULES, texts, tuple(mentions_by_rules(domain.articles)))


def _fingerprint(domain: Domain) -> str:
    return fingerprint(texts_of(domain.articles))


def tag_domain(domain: Domain, tagger: "Tagger") -> None:
    """Run `tagger` on the domain and store its result, together with entity tags of the data."""
    languages = domain.articles["language"].where(~translated(domain.articles), ENGLISH)
    found = tagger(texts_of(domain.articles), languages.tolist())
    articles = tuple(with_tags(mentions, tags) for mentions, tags in zip(found, tags_of(domain.articles), strict=True))
    with atomic_write(mentions_file(domain)) as temporary:
        temporary.write_bytes(msgspec.json.encode(DomainMentions(tagger.name, _fingerprint(domain), articles)))


def forget_tagger(domain: Domain) -> None:
    """Delete a tagger's result, so that the rules apply again."""
    mentions_file(domain).unlink(missing_ok=True)
