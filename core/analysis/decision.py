"""The one rule for what is called significant, set in bold, or drawn with a filled mark, on every page and in reports.

A difference is significant if its p, after Holm's correction over all differences that are shown together, is below
5 %. Its interval is no second rule: it is for one difference alone, so it can exclude 0 while p after Holm is above
5 %. Only what is measured once and has no p (a slope, a change of skewness, the height of a barrier) is judged by its
interval. `tests/language/test_one_rule.py` checks that no other module decides.
"""

from core.analysis.bootstrap import Interval

LEVEL_OF_TESTS = 0.05


def is_significant(p_holm: float) -> bool:
    """Return whether a difference is significant. p_holm: corrected over all that is shown; p itself for one test."""
    return p_holm < LEVEL_OF_TESTS


def sign_of(interval: Interval) -> int:
    """Return the sign of a quantity without a p, by its 95 % interval: 1, −1, or 0 if it is not distinguishable."""
    return int(interval.low > 0) - int(interval.high < 0)
