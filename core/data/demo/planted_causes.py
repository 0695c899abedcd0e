"""The year of a synthetic newsroom: publication order, and the known cause planted in each article.

After the first 80 % of the year, where the validation period begins, the data change, so that part of what fine-tuning
learns no longer holds. The planted cause "drift" is a subject that did not occur before and that the encoder knows from
its pretraining. In addition, for all articles and therefore not marked, the newsroom is relaunched: before, each topic
has its own backdrop, which a model can learn instead of the subject; afterwards it has the backdrop of the next topic.

So fine-tuned weights are better on the subjects of the training period and zero-shot weights on the new ones, and a
mixture can be better than both: the situation that WiSE-FT is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from core.data.demo.phrases import EVENTS, STOCK
from core.data.demo.scenes import LIGHTS, PAINTERS, Backdrop
from core.data.demo.subjects import SUBJECTS, Subject
from core.data.time_split import TRAIN_SHARE

LATE_FROM = TRAIN_SHARE  # share of the year's articles before drift begins
# Of the articles of each period; drift occurs only in the late one.
PLANTED_SHARE = {"drift": 0.6, "person": 0.08, "stock": 0.08, "thumbnail": 0.08, "unrelated": 0.07}
ARTICLES_PER_STOCK_IMAGE = 4
# The subjects that `lite` recognises best zero-shot, without those of stock images.
DRIFT_EMOJIS = frozenset((
    "🧷", "⚽", "🪑", "🪛", "⏰", "📺", "🥽", "🎻", "🧮", "⛪",
    "🪗", "🪤", "⌨️", "🔨", "🍿", "🛻", "💿", "🤿", "🦎", "🪠",
))  # fmt: skip
OWN_BACKDROP = 0.95  # share of articles with the backdrop that their topic has at that time


def plan_causes(count: int, causes: Sequence[str], rng: Random) -> list[str]:
    """Return the planted cause of each of `count` articles in time order, "" for the others; drift occurs only late."""
    early, all_year = round(count * LATE_FROM), [cause for cause in causes if cause != "drift"]
    return [*_deal_causes(early, all_year, rng), *_deal_causes(count - early, causes, rng)]


def _deal_causes(count: int, causes: Sequence[str], rng: Random) -> list[str]:
    dealt = [cause for cause in causes for _ in range(int(count * PLANTED_SHARE[cause]))]
    dealt += [""] * (count - len(dealt))
    rng.shuffle(dealt)
    return dealt


@dataclass(frozen=True)
class Cast:
    """The towns and subjects of a newsroom (all year, and late only), and the kind of backdrop of each topic."""

    towns: tuple[str, ...]
    regular: tuple[Subject, ...]
    late: tuple[Subject, ...]
    kinds: dict[str, str]

    def draw(self, drift: bool, rng: Random) -> tuple[Subject, Subject]:
        """Return two subjects for an image, the main one first; with `drift` the main one is a late subject."""
        main = rng.choice(self.late if drift else self.regular)
        return main, rng.choice([subject for subject in self.regular if subject != main])

    def backdrop(self, topic: str, is_late: bool, rng: Random) -> Backdrop:
        """Return the backdrop of an image on `topic`, in any light; late in the year, that of the next topic."""
        topics = list(self.kinds)
        own = self.kinds[topics[(topics.index(topic) + is_late) % len(topics)]]
        kind = own if rng.random() < OWN_BACKDROP else rng.choice(list(PAINTERS))
        return Backdrop(kind, rng.choice(list(LIGHTS)))


def gather_cast(towns: tuple[str, ...], rng: Random) -> Cast:
    """Assign a different kind of backdrop to each topic, and divide the subjects into regular and late ones."""
    return Cast(
        towns=towns,
        regular=tuple(subject for subject in SUBJECTS if subject.emoji not in DRIFT_EMOJIS),
        late=tuple(subject for subject in SUBJECTS if subject.emoji in DRIFT_EMOJIS),
        kinds=dict(zip(EVENTS, rng.sample(list(PAINTERS), len(EVENTS)), strict=True)),
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
