"""The answer to a question at a glance: a sentence, a state, n, split, and what a small figure shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.analysis.bootstrap import Interval
from core.analysis.decision import sign_of
from core.analysis.significance import Difference

#: `described`: the question compares nothing. `unknown`: the run or its domain cannot
#: answer.
State = Literal["significant", "not distinguishable", "described", "unknown"]

#: What pages and reports call the states.
NAMES: dict[State, str] = {
    "significant": "significant",
    "not distinguishable": "not distinguishable",
    "described": "description",
    "unknown": "no answer",
}


@dataclass(frozen=True)
class Estimate:
    """A difference for a small figure. label: what differs. is_significant: by the rule of `core.analysis.decision`."""

    label: str
    value: float
    interval: Interval
    is_significant: bool


@dataclass(frozen=True)
class Part:
    """A part of n articles, with a fitting label, for a small figure of shares."""

    label: str
    n: int


@dataclass(frozen=True)
class Verdict:
    """What a card shows about an answer. n: the articles that it rests on; on: their split, or their periods.

    estimates or parts: of the small figure; at most one of the two.
    """

    sentence: str
    state: State
    n: int
    on: str = "val"
    estimates: tuple[Estimate, ...] = ()
    parts: tuple[Part, ...] = ()


def state_of(is_significant: Iterable[bool]) -> State:
    """Return `significant` if any of the differences is, `not distinguishable` otherwise."""
    return "significant" if any(is_significant) else "not distinguishable"


def unknown(answer: str) -> Verdict:
    """Return the verdict of a run that cannot answer, from the answer that says why."""
    return Verdict(answer.split(". ")[0].rstrip(".") + ".", "unknown", 0)


def estimate_of(difference: Difference, label: str = "") -> Estimate:
    """Return a difference as an estimate. label: by default, the two models."""
    named = label or f"{difference.after} − {difference.before}"
    return Estimate(named, difference.value, difference.interval, difference.is_significant)


def measured_once(label: str, value: float, interval: Interval) -> Estimate:
    """Return a quantity without a p, which its interval judges."""
    return Estimate(label, value, interval, sign_of(interval) != 0)


def verdict_on(estimates: Sequence[Estimate], sentence: str, n: int, on: str) -> Verdict:
    """Return a verdict whose state is that of its estimates, of which the first three are drawn."""
    return Verdict(sentence, state_of(estimate.is_significant for estimate in estimates), n, on, tuple(estimates[:3]))
