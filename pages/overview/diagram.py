"""The diagram at the top of Overview: one article, three models along α, and the place of its image for each.

It is HTML with Streamlit's icon font, so it follows theme and width. `style.css` has its rules.
"""

from dataclasses import dataclass

from core.evaluation.models import Model
from core.presentation.theme import MODEL_COLOURS

HEADLINE = "Flood in the old town"
#: Material icons; the flood is the article's own image.
_OWN = "flood"


@dataclass(frozen=True)
class _Stop:
    """A model on the line of α with the images that it puts first, and one line about it."""

    model: Model
    alpha: str
    about: str
    images: tuple[str, ...]

    @property
    def rank(self) -> int:
        return self.images.index(_OWN) + 1


_STOPS = (
    _Stop(Model.ZERO_SHOT, "α = 0", "before training", ("person", "directions_car", "landscape", "flood")),
    _Stop(Model.WISE_FT, "0 < α < 1", "a mix of both", ("flood", "person", "sports_soccer", "directions_car")),
    _Stop(Model.FINE_TUNED, "α = 1", "after training", ("sports_soccer", "flood", "person", "landscape")),
)
ALT = (
    f"An example: the article “{HEADLINE}” and the images that three models put first. "
    + " ".join(
        f"{stop.model.capitalize() if stop is _STOPS[0] else stop.model} ({stop.alpha}, {stop.about}) "
        f"ranks the article's own image {stop.rank}."
        for stop in _STOPS
    )
    + " α moves from zero-shot to fine-tuned."
)


def diagram() -> str:
    """Return the diagram as HTML."""
    stops = "".join(_stop(stop) for stop in _STOPS)
    return (
        f'<div class="mix" role="img" aria-label="{ALT}"><p class="mix-article">An article: <b>“{HEADLINE}”</b>. '
        f'Where does each model rank its image?</p><div class="mix-line"></div>'
        f'<div class="mix-stops">{stops}</div></div>'
    )


def _stop(stop: _Stop) -> str:
    images = "".join(_image(name) for name in stop.images)
    return (
        f'<div class="mix-stop" style="--model: {MODEL_COLOURS[stop.model]}"><b>{stop.model}</b> '
        f'<span class="mix-alpha">{stop.alpha}</span><br><small>{stop.about}</small>'
        f'<div class="mix-images">{images}</div><small>rank {stop.rank}</small></div>'
    )


def _image(icon: str) -> str:
    own = " mix-own" if icon == _OWN else ""
    return f'<span class="mix-image{own}">{icon}</span>'
