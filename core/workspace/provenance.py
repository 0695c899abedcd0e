"""Are these still the articles that a run learned from? A run and its sweep belong to one table, not to a name."""

import shlex

from core.data.domain import Domain, query_texts
from core.data.query_text import Reading
from core.errors import InputError
from core.storage.files import fingerprint


def articles_fingerprint(domain: Domain, text: Reading, english: bool) -> str:
    """20 hex digits of all that is learned from or searched: queries, images, splits; not a test set's truth."""
    return fingerprint_with(query_texts(domain.articles, text, english), domain)


def fingerprint_with(queries: list[str], domain: Domain) -> str:
    """Return `articles_fingerprint` where the queries were read already."""
    articles, pictures, listed = domain.articles, domain.test_images, []
    if pictures is not None:
        known = articles["split"] != "test"
        articles = articles.assign(**{name: articles[name].where(known, "") for name in ("image_id", "image_hash")})
        listed = [pictures[name].tolist() for name in ("image_id", "image_hash")]
    columns = [articles[name].tolist() for name in ("article_id", "image_id", "image_hash", "split")]
    return fingerprint(queries, *columns, *listed)


def translators_of(domain: Domain, english: bool) -> list[str]:
    """The models that wrote the English which the queries are; none where they are the original, or it came so."""
    return domain.translated_by if english else []


def check_same_articles(
    domain: Domain,
    text: Reading,
    english: bool,
    learned_from: str,
    translators: list[str] | None,
    whose: str,
    otherwise: str,
) -> None:
    """Raise InputError if these are not the articles that `whose` (a run, a training) learned from.

    learned_from: their `articles_fingerprint` then; translators: of their English, None if that was not kept.
    """
    if articles_fingerprint(domain, text, english) == learned_from:
        return
    slug, now = domain.info.slug, translators_of(domain, english)
    gone = sorted(set(translators or ()) - set(now))
    if not gone:
        raise InputError(f"domain '{slug}' was changed after {whose} learned from it; {otherwise}.")
    back = " and ".join(f"rematch translate --domain {slug} --model {shlex.quote(name)}" for name in gone)
    raise InputError(
        f"{whose} reads the English of domain '{slug}' that {' and '.join(gone)} wrote, but it is by "
        f"{' and '.join(now) or 'no model'} now; go back with {back} (what it translated is in the cache), or "
        f"{otherwise}."
    )
