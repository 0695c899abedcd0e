"""Grammar of the demo: generates a headline and one or two sentences about subjects and a town, in two languages."""

from dataclasses import dataclass
from random import Random

from core.data.demo.phrases import (
    ABOUT_A_PERSON,
    ALSO_SEEN,
    BACKGROUND,
    BOTH,
    EVENTS,
    FIRST_NAMES,
    LAST_NAMES,
    STOCK,
    Pair,
)
from core.data.demo.subjects import Noun, Subject

ONLY_FIRST_NAMED = 0.3  # share of articles on two subjects whose text does not mention the smaller one
HEADLINE_NAMES_BOTH = 0.4
PARAPHRASED = 0.25


@dataclass(frozen=True)
class Text:
    """The text of an article in one language: headline, one or two sentences, topic and tags."""

    headline: str
    sentences: tuple[str, ...]
    topic: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Story:
    """The text of an article in both languages."""

    english: Text
    german: Text


def tell_scene(seen: tuple[Subject, Subject], place: str, rng: Random) -> Story:
    """Return a story on the subjects; each is paraphrased with the probability PARAPHRASED."""
    first, second = (subject.paraphrase if rng.random() < PARAPHRASED else subject.name for subject in seen)
    names_second = rng.random() >= ONLY_FIRST_NAMED
    in_headline = names_second and rng.random() < HEADLINE_NAMES_BOTH
    headline = rng.choice(BOTH if in_headline else EVENTS[seen[0].topic])
    follow = [rng.choice(BACKGROUND)]
    if names_second and not in_headline:
        follow.insert(0, rng.choice(ALSO_SEEN))
    return _fill(headline, follow, seen[0].topic, a=first, b=second, place=place)


def tell_person(gender: str, place: str, rng: Random) -> Story:
    """Return a story about an invented person that a portrait does not show. gender: a key of FIRST_NAMES."""
    person = f"{rng.choice(FIRST_NAMES[gender])} {rng.choice(LAST_NAMES)}"
    return _fill(rng.choice(ABOUT_A_PERSON), [rng.choice(BACKGROUND)], "people", person=person, place=place)


def tell_stock(emojis: tuple[str, str], place: str, rng: Random) -> Story:
    """Return a story on a theme that newsrooms illustrate with a stock image. emojis: a key of STOCK."""
    return _fill(rng.choice(STOCK[emojis]), [rng.choice(BACKGROUND)], "news", place=place)


def _fill(headline: Pair, follow: list[Pair], topic: str, **slots: Noun | str) -> Story:
    nouns = [noun for key, noun in slots.items() if isinstance(noun, Noun) and f"{{{key}" in headline[0]]
    english, german = (
        Text(
            headline[i].format(**slots),
            tuple(sentence[i].format(**slots) for sentence in follow),
            topic,
            tuple((noun.english, noun.german)[i] for noun in nouns) or (topic,),
        )
        for i in range(2)
    )
    return Story(english, german)


def as_tweet(text: Text, place: str, rng: Random) -> str:
    """Return the story as a short post with hashtags, sometimes a mention, a repost prefix or a URL (all invented)."""
    parts = [text.headline]
    if len(text.sentences) > 1:
        parts[0] += "."
        parts.append(text.sentences[0])
    parts += [f"#{''.join(filter(str.isalnum, tag))}" for tag in (*text.tags, place) if rng.random() < 0.4]
    if rng.random() < 0.15:
        parts.append(f"via @demo_{text.topic}")
    if rng.random() < 0.4:
        parts.append(f"https://news.example/{rng.getrandbits(28):07x}")
    if rng.random() < 0.12:
        parts.insert(0, f"RT @demo_{place.split()[0].lower()}:")
    return " ".join(parts)


def as_teaser(text: Text, place: str, rng: Random) -> str:
    """Return the text of a feed in addition to the headline: the first sentence, or tags as from a crawler."""
    if len(text.sentences) > 1 or rng.random() < 0.3:
        return text.sentences[0]
    return "; ".join((*text.tags, place))
