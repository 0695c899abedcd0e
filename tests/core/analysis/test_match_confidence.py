"""Calibration of matches: shares of groups of val articles, and their sentence."""

import numpy as np
import pytest

from core.analysis.match_confidence import FEWEST, Estimate, calibrate, estimate, standing_out
from core.presentation.match_confidence import confidence_sentence


def test_the_share_is_that_of_articles_whose_first_score_stands_out_as_much():
    values = np.arange(200) / 200
    ranks = np.where(values < 0.5, 6, 5)  # only the upper half is among the first five
    calibration = calibrate(values, ranks)
    assert calibration.sizes.tolist() == [40] * 5
    low, high = estimate(calibration, 0.1), estimate(calibration, 0.9)
    assert (low.share, high.share, low.n) == (0.0, 1.0, 40)
    assert estimate(calibration, 0.5).hits == 20
    assert {low.where, high.where} == {"within"}


def test_a_query_beyond_all_articles_is_marked():
    calibration = calibrate(np.linspace(0.2, 0.4, 100), np.ones(100))
    assert estimate(calibration, 0.1).where == "below"
    assert estimate(calibration, 0.5).where == "above"
    assert "than for any of them" in confidence_sentence(estimate(calibration, 0.5), "headline")


def test_too_few_articles_say_nothing():
    assert calibrate(np.arange(FEWEST - 1), np.ones(FEWEST - 1)) is None
    assert len(calibrate(np.arange(FEWEST), np.ones(FEWEST)).sizes) == 1
    assert "cannot be measured" in confidence_sentence(None, "headline")


@pytest.mark.parametrize(("by", "expected"), [("headline", "right image"), ("photo", "right article")])
def test_the_sentence_has_the_share_and_n(by, expected):
    sentence = confidence_sentence(Estimate(28, 40, "within"), by)
    assert "7 of 10" in sentence
    assert "28 of 40" in sentence
    assert expected in sentence


def test_standing_out_compares_the_first_with_the_last_listed():
    np.testing.assert_allclose(standing_out(np.array([[0.9, 0.5, 0.2], [0.3, 0.3, 0.3]])), [0.7, 0.0])
