"""The inside of a card as HTML: state, n and split, the sentence, and a small figure. All text is escaped."""

from html import escape

from core.presentation.blocks import Section
from core.presentation.part_charts import shades
from core.presentation.verdict import NAMES, Estimate, Part, State
from core.presentation.wording import between_signed, signed

#: Signs as in forest plots: filled is significant, open is not.
SIGNS: dict[State, str] = {"significant": "●", "not distinguishable": "○", "described": "◧", "unknown": "–"}


def answered(section: Section) -> str:
    """Return the card of an answer."""
    return f"{state_line(section)}<p class='sentence'>{escape(section.sentence)}</p>{_small_figure(section)}"


def state_line(section: Section) -> str:
    """Return the state of an answer with its n and split."""
    state, verdict = section.state, section.verdict
    basis = f"<span>n = {verdict.n:,} · {escape(verdict.on)}</span>" if verdict is not None and verdict.n else ""
    sign = f"<b aria-hidden='true'>{SIGNS[state]}</b>"
    return f"<p class='state {state.replace(' ', '-')}'><span>{sign} {NAMES[state]}</span>{basis}</p>"


def waiting(sentence: str) -> str:
    """Return the card of an answer that is not computed."""
    return f"<p class='state waiting'><span>not computed</span></p><p class='sentence'>{escape(sentence)}</p>"


def _small_figure(section: Section) -> str:
    verdict = section.verdict
    if verdict is None:
        return ""
    if verdict.estimates:
        return _estimates(verdict.estimates)
    return _parts(verdict.parts) if verdict.parts else ""


def _estimates(estimates: tuple[Estimate, ...]) -> str:
    """Return a forest of a few rows on one scale, with the value of each in text."""
    low = min(0.0, *(estimate.interval.low for estimate in estimates))
    high = max(0.0, *(estimate.interval.high for estimate in estimates))
    span = (high - low) or 1.0

    def at(value: float) -> str:
        return f"{4 + 92 * (value - low) / span:.2f}%"

    rows = "".join(
        f"<span class='label'>{escape(estimate.label)}</span>"
        f"<span class='track'><i class='zero' style='left:{at(0)}'></i>"
        f"<i class='bar {_look(estimate)}' style='left:{at(estimate.interval.low)};"
        f"width:{92 * (estimate.interval.high - estimate.interval.low) / span:.2f}%'></i>"
        f"<i class='dot {_look(estimate)}' style='left:{at(estimate.value)}'></i></span>"
        f"<span class='value'>{signed(estimate.value)}</span>"
        for estimate in estimates
    )
    text = "; ".join(
        f"{estimate.label} {signed(estimate.value)}, 95 % interval {between_signed(estimate.interval)}"
        for estimate in estimates
    )
    return f"<div class='estimates' role='img' aria-label='{escape(text)}'>{rows}</div>"


def _look(estimate: Estimate) -> str:
    return "sure" if estimate.is_significant else "open"


def _parts(parts: tuple[Part, ...]) -> str:
    """Return a bar of shares with its legend."""
    n = sum(part.n for part in parts) or 1
    colours = shades(len(parts))
    bar = "".join(
        f"<i style='width:{100 * part.n / n:.2f}%;background:{colour}'></i>"
        for part, colour in zip(parts, colours, strict=True)
    )
    keys = "".join(
        f"<span><i style='background:{colour}'></i>{escape(part.label)} {part.n:,}</span>"
        for part, colour in zip(parts, colours, strict=True)
    )
    return f"<div class='parts' aria-hidden='true'>{bar}</div><div class='keys'>{keys}</div>"
