"""The year of a synthetic newsroom: publication order, and the known cause planted in each article.

After the first 70 % of the year the data change, so that part of what fine-tuning learns in the training period no
longer holds in the validation period. The planted cause "drift" is a subject that did not occur before. In addition,
for all articles and therefore not marked, the newsroom is relaunched: before, each town has its own backdrop, which a
model can learn instead of the subject, and subjects mostly have their usual name; afterwards each town has the backdrop
of the next town, and paraphrases are equally frequent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from core.data.demo.phrases import STOCK
from core.data.demo.scenes import LIGHTS, PAINTERS, Backdrop
from core.data.demo.subjects import SUBJECTS, Subject

LATE_FROM = 0.7  # share of the year's articles before drift begins
PLANTED_SHARE = {"drift": 0.1, "person": 0.08, "stock": 0.08, "thumbnail": 0.08, "unrelated": 0.07}
ARTICLES_PER_STOCK_IMAGE = 4
DRIFT_EMOJIS = frozenset(("🎻", "🥽", "🎣", "🪗", "🎹", "🔭", "🧭", "📺", "⏰", "🧮", "🔍", "⛪"))
OWN_BACKDROP = 0.95  # share of articles with the backdrop that their town has at that time
PARAPHRASE = {False: 0.25, True: 0.5}


def plan_causes(count: int, causes: Sequence[str], rng: Random) -> list[str]:
    """Return the planted cause of each of `count` articles in time order, "" for most; drift occurs only late."""
    planted = [""] * count
    late = list(range(round(count * LATE_FROM), count))
    for cause in causes:  # drift first, while the late positions are free
        free = [position for position in (late if cause == "drift" else range(count)) if not planted[position]]
        for position in rng.sample(free, round(count * PLANTED_SHARE[cause])):
            planted[position] = cause
    return planted


@dataclass(frozen=True)
class Cast:
    """The subjects of a newsroom (all year, and late only), and the backdrop of each town."""

    regular: tuple[Subject, ...]
    late: tuple[Subject, ...]
    backdrops: dict[str, Backdrop]

    def draw(self, drift: bool, rng: Random) -> tuple[Subject, Subject]:
        """Return two subjects for an image, the main one first; with `drift` the main one is a late subject."""
        main = rng.choice(self.late if drift else self.regular)
        return main, rng.choice([subject for subject in self.regular if subject != main])

    def backdrop(self, town: str, is_late: bool, rng: Random) -> Backdrop:
        """Return the backdrop of an image from `town`; late in the year, the earlier backdrop of the next town."""
        if rng.random() >= OWN_BACKDROP:
            return Backdrop(rng.choice(list(PAINTERS)), rng.choice(list(LIGHTS)))
        towns = list(self.backdrops)
        return self.backdrops[towns[(towns.index(town) + is_late) % len(towns)]]


def gather_cast(towns: Sequence[str], rng: Random) -> Cast:
    """Assign a different backdrop to each town, and divide the subjects into regular and late ones."""
    backdrops = [Backdrop(kind, light) for kind in PAINTERS for light in LIGHTS]
    return Cast(
        regular=tuple(subject for subject in SUBJECTS if subject.emoji not in DRIFT_EMOJIS),
        late=tuple(subject for subject in SUBJECTS if subject.emoji in DRIFT_EMOJIS),
        backdrops=dict(zip(towns, rng.sample(backdrops, len(towns)), strict=True)),
    )


def deal_stock(count: int, rng: Random) -> list[int]:
    """Return the image number of each of `count` stock articles; each image has several articles if `count` ≥ 2."""
    images = max(1, count // ARTICLES_PER_STOCK_IMAGE)
    dealt = [i % images for i in range(count)]
    rng.shuffle(dealt)
    return dealt


def stock_theme(number: int) -> tuple[str, str]:
    """Return the two emojis of a stock image, a key of STOCK."""
    return list(STOCK)[number % len(STOCK)]
