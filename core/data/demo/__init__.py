"""The demo newsroom: three synthetic domains with invented images and news, and with known causes of errors.

Images are OpenMoji drawings (CC BY-SA 4.0, https://openmoji.org) on painted scenes; headlines come from a small
grammar. The column ``planted`` names the cause that was planted in each article (see `planted_causes`), so that the
findings of an analysis can be compared with the truth.
"""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pandas as pd
from PIL import Image

from core.data.demo.phrases import TOWNS_ENGLISH, TOWNS_GERMAN
from core.data.demo.planted_causes import LATE_FROM, Cast, deal_stock, gather_cast, plan_causes, stock_theme
from core.data.demo.scenes import Backdrop, add_play_button, paint_portrait, paint_scene
from core.data.demo.stories import Story, as_teaser, as_tweet, tell_person, tell_scene, tell_stock

ARTICLES_PER_DOMAIN = 1000
JPEG_QUALITY = 85
_YEAR_BEGINS = pd.Timestamp("2021-09-01", tz="UTC")
_MINUTES = 365 * 24 * 60
_PORTRAITS = {"female": ("👩", "👵", "👩‍🦰", "👩‍🦳"), "male": ("👨", "👴", "🧔", "👨‍🦱")}


@dataclass(frozen=True)
class DemoDomain:
    """A synthetic domain. title: shown to users; language: of the headlines."""

    slug: str
    title: str
    language: str


DEMO_DOMAINS = (
    DemoDomain("demo-rss", "RSS news feed (synthetic)", "en"),
    DemoDomain("demo-twitter", "Twitter (synthetic)", "en"),
    DemoDomain("demo-portals", "Online news portals (synthetic)", "de"),
)


@dataclass(frozen=True)
class _Draft:
    """An article before its image is painted; `paint` may run in any thread."""

    story: Story
    town: str
    paint: Callable[[], Image.Image]


def write_newsroom(
    domain: DemoDomain,
    images: Path,
    count: int = ARTICLES_PER_DOMAIN,
    seed: int = 2022,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> pd.DataFrame:
    """Write `count` JPEG images into the folder `images` and return their articles, one row each, in time order.

    Columns: article_id, title, text, title_en, text_en (None in an English domain), language, published_at (UTC,
    within one year), image_id, image_file (a name in `images`), planted ("" or drift, person, stock, thumbnail,
    unrelated). The same arguments give the same bytes. on_progress: called with (written, count).
    """
    rng = Random(f"{seed}:{domain.slug}")
    causes = ["drift", "person", "stock", "unrelated"] + ["thumbnail"] * (domain.slug == "demo-twitter")
    planted = plan_causes(count, causes, rng)
    towns = TOWNS_GERMAN if domain.language == "de" else TOWNS_ENGLISH
    cast = gather_cast(towns, rng)
    minutes = sorted(rng.sample(range(_MINUTES), count))
    stock = iter(deal_stock(planted.count("stock"), rng))
    drafts = [
        _draft(
            cause, cast, position >= count * LATE_FROM, next(stock) if cause == "stock" else 0,
            f"{seed}:{domain.slug}", Random(f"{seed}:{domain.slug}:{position}"),
        )
        for position, cause in enumerate(planted)
    ]  # fmt: skip
    names = [hashlib.sha256(f"{seed}:{domain.slug}:{i}".encode()).hexdigest()[:12] for i in range(count)]
    _write_images(drafts, [images / f"{name}.jpg" for name in names], on_progress)
    rows = pd.DataFrame([_texts(draft, domain, Random(name)) for draft, name in zip(drafts, names, strict=True)])
    rows.insert(0, "article_id", [str(10_001 + i) for i in range(count)])
    rows["language"] = domain.language
    rows["published_at"] = _YEAR_BEGINS + pd.to_timedelta(minutes, unit="min")
    rows["image_id"] = names
    rows["image_file"] = [f"{name}.jpg" for name in names]
    rows["planted"] = planted
    return rows


def _draft(cause: str, cast: Cast, is_late: bool, stock_image: int, key: str, rng: Random) -> _Draft:
    town = rng.choice(cast.towns)
    paint_rng = Random(f"{key}:{rng.getrandbits(64)}")
    if cause == "person":
        gender = rng.choice(list(_PORTRAITS))
        face = rng.choice(_PORTRAITS[gender])
        return _Draft(tell_person(gender, town, rng), town, lambda: paint_portrait(face, paint_rng))
    if cause == "stock":
        theme, stock_rng = stock_theme(stock_image), Random(f"{key}:stock:{stock_image}")
        return _Draft(
            tell_stock(theme, town, rng), town, lambda: paint_scene(Backdrop("studio", "noon"), theme, stock_rng)
        )
    in_image = cast.draw(cause == "drift", rng)
    in_text = cast.draw(False, rng) if cause == "unrelated" else in_image
    backdrop = cast.backdrop(in_image[0].topic, is_late, rng)
    emojis = [subject.emoji for subject in in_image]

    def paint() -> Image.Image:
        image = paint_scene(backdrop, emojis, paint_rng)
        return add_play_button(image) if cause == "thumbnail" else image

    return _Draft(tell_scene(in_text, town, rng), town, paint)


def _texts(draft: _Draft, domain: DemoDomain, rng: Random) -> dict[str, str | None]:
    english, german = draft.story.english, draft.story.german
    if domain.language == "de":
        return {
            "title": german.headline, "text": " ".join(german.sentences),
            "title_en": english.headline, "text_en": " ".join(english.sentences),
        }  # fmt: skip
    if domain.slug == "demo-twitter":
        return {"title": "", "text": as_tweet(english, draft.town, rng), "title_en": None, "text_en": None}
    return {"title": english.headline, "text": as_teaser(english, draft.town, rng), "title_en": None, "text_en": None}


def _write_images(drafts: list[_Draft], files: list[Path], on_progress: Callable[[int, int], None]) -> None:
    def write(draft: _Draft, file: Path) -> None:
        draft.paint().save(file, "JPEG", quality=JPEG_QUALITY)

    with ThreadPoolExecutor(max_workers=2) as pool:
        for done, _ in enumerate(pool.map(write, drafts, files), start=1):
            on_progress(done, len(files))
