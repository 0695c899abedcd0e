"""Quality of a machine translation, compared with a human one: chrF (Popović 2015), computed by sacrebleu."""

from collections.abc import Sequence
from dataclasses import dataclass

from sacrebleu.metrics import CHRF


@dataclass(frozen=True)
class Example:
    """One text with its chrF."""

    chrf: float
    source: str
    translation: str
    reference: str


@dataclass(frozen=True)
class Quality:
    """The quality of a set of translations.

    chrf: of all n texts together, 0 to 100. signature: sacrebleu's, which makes scores comparable. worst: the texts
    with the lowest chrF.
    """

    chrf: float
    n: int
    signature: str
    worst: list[Example]


def translation_quality(
    sources: Sequence[str], translations: Sequence[str], references: Sequence[str], worst: int = 0
) -> Quality:
    """Score `translations` against `references`, one for each of `sources`, and return the `worst` lowest."""
    metric = CHRF()
    score = metric.corpus_score(list(translations), [list(references)]).score
    examples = [
        Example(metric.sentence_score(translation, [reference]).score, source, translation, reference)
        for source, translation, reference in (zip(sources, translations, references, strict=True) if worst else ())
    ]
    lowest = sorted(examples, key=lambda example: example.chrf)[:worst]
    return Quality(score, len(translations), str(metric.get_signature()), lowest)
