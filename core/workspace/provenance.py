"""Check that a domain still has the articles that a run was trained on: a name alone does not show it."""

import shlex

from core.data.domain import Domain
from core.data.query_text import Reading
from core.errors import InputError
from core.storage.files import fingerprint


def articles_fingerprint(domain: Domain, text: Reading, english: bool) -> str:
    """Return 20 hex digits of queries, images and splits; the ground truth of a test set does not count."""
    articles, test_images, listed = domain.articles, domain.test_images, []
    if test_images is not None:
        known = articles["split"] != "test"
        articles = articles.assign(**{name: articles[name].where(known, "") for name in ("image_id", "image_hash")})
        listed = [test_images[name].tolist() for name in ("image_id", "image_hash")]
    columns = [articles[name].tolist() for name in ("article_id", "image_id", "image_hash", "split")]
    return fingerprint(domain.queries(text, english), *columns, *listed)


def translators_of(domain: Domain, english: bool) -> list[str]:
    """Return the translation models whose English is queried; none for original texts or supplied English."""
    return domain.translated_by if english else []


def check_same_articles(
    domain: Domain,
    text: Reading,
    english: bool,
    learned_from: str,
    translators: list[str] | None,
    owner: str,
    remedy: str,
) -> None:
    """Raise InputError if the domain's articles are not those that `owner` (a run or training) was trained on.

    learned_from: their `articles_fingerprint` at training. translators: models of their English; None if not recorded.
    remedy: what to do, for the message.
    """
    if articles_fingerprint(domain, text, english) == learned_from:
        return
    slug, now = domain.info.slug, translators_of(domain, english)
    gone = sorted(set(translators or ()) - set(now))
    if not gone:
        raise InputError(f"domain '{slug}' was changed after {owner} was trained on it; {remedy}.")
    back = " and ".join(f"rematch translate --domain {slug} --model {shlex.quote(name)}" for name in gone)
    raise InputError(
        f"{owner} was trained on the English of domain '{slug}' by {' and '.join(gone)}, but the current English is by "
        f"{' and '.join(now) or 'no model'}; restore it with {back} (its translations are in the cache), or {remedy}."
    )
