"""The year of a synthetic newsroom: what is published when, and which known cause is planted in which article.

After the first 70 % of the year things change, so that not all that fine-tuning learns from the training period
holds in the validation period. The planted cause "drift" is a subject that nobody has seen before. Beside it, and
not marked article by article because it is true of all, the newsroom is relaunched: until then each town has a
backdrop of its own, which a model can learn instead of looking at the subject, and subjects mostly go by their
usual name; afterwards each town has the backdrop that was its neighbour's, and other words are as frequent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from core.data.demo.phrases import STOCK
from core.data.demo.scenes import LIGHTS, PAINTERS, Backdrop
from core.data.demo.subjects import SUBJECTS, Subject

LATE_FROM = 0.7  # of the year's articles: where drift begins
PLANTED_SHARE = {"drift": 0.1, "person": 0.08, "stock": 0.08, "thumbnail": 0.08, "unrelated": 0.07}
ARTICLES_PER_STOCK_IMAGE = 4
DRIFT_EMOJIS = frozenset(("🎻", "🥽", "🎣", "🪗", "🎹", "🔭", "🧭", "📺", "⏰", "🧮", "🔍", "⛪"))
OWN_BACKDROP = 0.95  # share of articles that are shown before the backdrop their town has at that time
PARAPHRASE = {False: 0.25, True: 0.5}


def plan_causes(count: int, causes: Sequence[str], rng: Random) -> list[str]:
    """Return the planted cause of each of `count` articles in time order, "" for most; drift comes only late."""
    planted = [""] * count
    late = list(range(round(count * LATE_FROM), count))
    for cause in causes:  # drift first, while the late places are free
        free = [place for place in (late if cause == "drift" else range(count)) if not planted[place]]
        for place in rng.sample(free, round(count * PLANTED_SHARE[cause])):
            planted[place] = cause
    return planted


@dataclass(frozen=True)
class Cast:
    """The subjects of a newsroom: the ones of all year, the late ones, and where each town's images are taken."""

    regular: tuple[Subject, ...]
    late: tuple[Subject, ...]
    backdrops: dict[str, Backdrop]

    def draw(self, drift: bool, rng: Random) -> tuple[Subject, Subject]:
        """Return two subjects of an image, the main one first; with `drift` the main one is a late subject."""
        main = rng.choice(self.late if drift else self.regular)
        return main, rng.choice([subject for subject in self.regular if subject != main])

    def backdrop(self, town: str, is_late: bool, rng: Random) -> Backdrop:
        """Return where an image from `town` is taken; late in the year that is where the next town's were before."""
        if rng.random() >= OWN_BACKDROP:
            return Backdrop(rng.choice(list(PAINTERS)), rng.choice(list(LIGHTS)))
        towns = list(self.backdrops)
        return self.backdrops[towns[(towns.index(town) + is_late) % len(towns)]]


def gather_cast(towns: Sequence[str], rng: Random) -> Cast:
    """Give each town a backdrop of its own, and part the subjects into regular and late ones."""
    backdrops = [Backdrop(kind, light) for kind in PAINTERS for light in LIGHTS]
    return Cast(
        regular=tuple(subject for subject in SUBJECTS if subject.emoji not in DRIFT_EMOJIS),
        late=tuple(subject for subject in SUBJECTS if subject.emoji in DRIFT_EMOJIS),
        backdrops=dict(zip(towns, rng.sample(backdrops, len(towns)), strict=True)),
    )


def deal_stock(count: int, rng: Random) -> list[int]:
    """Return the number of its image for each of `count` stock articles; from two on, none has one alone."""
    pictures = max(1, count // ARTICLES_PER_STOCK_IMAGE)
    dealt = [i % pictures for i in range(count)]
    rng.shuffle(dealt)
    return dealt


def stock_theme(picture: int) -> tuple[str, str]:
    """Return the two emojis of stock image number `picture`, a key of STOCK."""
    return list(STOCK)[picture % len(STOCK)]
