"""The sentence on a small or old val stands where it should and nowhere else."""

from dataclasses import replace

import pandas as pd

from core.data.domain import Domain
from core.presentation.alpha_notes import MAX_DAYS, MIN_VAL, val_note


def _domain(shapes_domain: Domain, n: int, days: int | None) -> Domain:
    newest = pd.Timestamp("2026-01-01", tz="UTC")
    dates = pd.Series([newest - pd.Timedelta(days=days or 0)] * n + [newest if days is not None else pd.NaT])
    articles = pd.DataFrame(
        {
            "split": ["val"] * n + ["test"],
            "image_id": "i",
            "published_at": dates if days is not None else pd.Series(pd.NaT, index=range(n + 1)),
        }
    )
    return replace(shapes_domain, articles=articles)


def test_a_small_or_old_val_has_a_note(shapes_domain: Domain) -> None:
    assert val_note(_domain(shapes_domain, MIN_VAL, MAX_DAYS)) is None
    assert val_note(_domain(shapes_domain, MIN_VAL, None)) is None
    assert f"only {MIN_VAL - 1} articles" in (val_note(_domain(shapes_domain, MIN_VAL - 1, None)) or "")
    assert f"{MAX_DAYS + 1} days" in (val_note(_domain(shapes_domain, MIN_VAL, MAX_DAYS + 1)) or "")
