"""The form of the Train page: encoder, what to tune, and settings with their reasons."""

from dataclasses import dataclass, replace

import streamlit as st

from core.data.domain import Domain
from core.data.query_text import ENTITY_TAGS, FIRST_SENTENCE, HASHTAGS, PARTS, WHOLE, WORDS, Reading
from core.encoders.choices import default_encoder_name
from core.encoders.languages import languages_by_name
from core.errors import InputError
from core.training.settings import Settings, default_settings, reasons
from core.workspace.folders import Workspace
from pages.shared import session
from pages.shared.errors import show_error
from pages.shared.paths import check_typed_encoder
from pages.shared.text import plain
from pages.train.settings import ASKED, input_settings

OTHER = "other"


@dataclass(frozen=True)
class EncoderChoice:
    """An encoder to choose. languages: two-letter codes it reads. tunes: what can be tuned apart from each other."""

    name: str
    what: str
    languages: frozenset[str]
    tunes: tuple[str, ...] = ("head", "text", "last", "lora", "all")


_ENGLISH = frozenset({"en"})
ENCODERS = (
    EncoderChoice("lite", "Built in, for English; trains in seconds on a laptop.", _ENGLISH),
    EncoderChoice(
        "lite-multilingual",
        "Built in, for 15 languages; trains in seconds on a laptop.",
        frozenset({"ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"}),
        ("head", "last", "all"),
    ),
    EncoderChoice(
        "ViT-B-32:openai",
        "CLIP, for English; its weights are fetched from a hub once, and it is slow without a GPU.",
        _ENGLISH,
    ),
    EncoderChoice(
        OTHER, "Any CLIP or SigLIP of open_clip or transformers, from a hub or from weights on this machine.", _ENGLISH
    ),
)
_BY_NAME = {each.name: each for each in ENCODERS}

TUNES = {
    "head": "the two heads",
    "text": "the text tower and the image head",
    "last": "the last blocks of both towers",
    "lora": "the heads and thin adapters in the towers' blocks, merged at the end (LoRA)",
    "all": "everything",
}


@dataclass(frozen=True)
class TrainingRequest:
    """A training as the form says it."""

    encoder: str
    settings: Settings
    text: Reading

    def verb(self, slug: str) -> list[str]:
        """The command that does it, sweep included."""
        return [
            "train", f"--domain={slug}", f"--encoder={self.encoder}", f"--text={self.text.parts}",
            f"--hashtags={self.text.hashtags}", f"--entity-tags={self.text.entity_tags}",
            f"--text-length={self.text.body}", *self.settings.as_options(), "--sweep",
        ]  # fmt: skip


def input_training(workspace: Workspace, domain: Domain) -> TrainingRequest | None:
    """The whole form; what to train once Start was pressed."""
    encoder = input_encoder(domain)
    tune = input_tune(encoder)
    defaults, why = default_settings(encoder, tune), reasons(encoder, tune)
    with st.form("training", border=True):
        text = input_reading()
        settings = input_settings(defaults, why)
        start = st.form_submit_button("Start training", type="primary", icon=":material/play_arrow:")
    if not encoder:
        if start:
            st.error("Name the encoder first, as MODEL:WEIGHTS, hf-hub:ORGANISATION/NAME or hf:ORGANISATION/NAME.")
        return None
    if not isinstance(settings, Settings):
        st.error(str(settings))
        return None
    wanted = TrainingRequest(encoder, settings, text)
    if (refused := refusal_of(encoder)) is not None:
        if start:
            show_error(refused)
        return None
    return wanted if start else None


def input_encoder(domain: Domain) -> str:
    """The encoder's name as the command line takes it; empty if it is still to be typed."""
    usual = default_encoder_name(domain.info.language, domain.has_english)
    name = st.selectbox(
        "Encoder",
        [each.name for each in ENCODERS],
        index=[each.name for each in ENCODERS].index(usual),
        **session.ENCODER.bound,
        on_change=_back_to_defaults,
        help=f"{usual} is the usual one here: it reads this domain's text and needs no network.",
    )
    if name == OTHER:
        typed = st.text_input(
            "Its name",
            **session.ENCODER_NAME.bound,
            placeholder="ViT-L-14:/path/weights.safetensors",
            help="MODEL:WEIGHTS with a model of open_clip and one of its tags (fetched from a hub) or a file here; "
            "hf-hub:ORGANISATION/NAME or local-dir:/path/of/its/folder for a repository of open_clip; "
            "hf:ORGANISATION/NAME or hf:/path/of/its/folder for one of transformers.",
        ).strip()
    else:
        typed = name
    chosen = _BY_NAME[name]
    if name == OTHER and typed and (refused := refusal_of(typed)) is not None:
        show_error(refused)
    else:
        _show_encoder(domain, replace(chosen, languages=languages_by_name(typed)) if name == OTHER else chosen)
    return typed


def refusal_of(encoder: str) -> InputError | None:
    """What is wrong with an encoder's name, as far as can be told at once."""
    try:
        check_typed_encoder(encoder)
    except InputError as error:
        return error
    return None


def _show_encoder(domain: Domain, encoder: EncoderChoice) -> None:
    """What the encoder is and which text it will be shown, and a warning where it cannot read it."""
    own = domain.info.language
    if own in encoder.languages:
        st.caption(f"{encoder.what} It reads the text as it is, in '{plain(own)}'.")
    elif domain.has_english:
        st.caption(f"{encoder.what} It reads the domain's English version, not '{plain(own)}'.")
    else:
        st.caption(encoder.what)
        st.warning(
            f"This encoder does not read '{plain(own)}' and the domain has no English version, so its numbers will say "
            f"little. lite-multilingual reads 15 languages, German among them.",
            icon=":material/translate:",
        )


def input_tune(encoder: str) -> str:
    """What to tune, as the command line takes it."""
    choices = _BY_NAME.get(encoder, _BY_NAME[OTHER]).tunes
    usual = default_settings(encoder, None).tune
    tune = st.selectbox(
        "What to tune",
        choices,
        index=choices.index(usual),
        **session.SETTINGS["tune"].bound,
        on_change=_back_to_defaults,
        help=f"The usual choice here is {usual}. {reasons(encoder, usual)['tune']}",
    )
    if tune not in choices:
        tune = usual
    st.caption(f"Tunes {TUNES[tune]}.")
    if tune == "last":
        return f"last:{int(st.number_input('How many blocks', 1, 48, 2, **session.BLOCKS.bound))}"
    if tune == "lora":
        return f"lora:{int(st.number_input('Rank of the adapters', 1, 256, 8, **session.ADAPTER_RANK.bound))}"
    return tune


def input_reading() -> Reading:
    """Which parts of the articles are read, and, folded away, how."""
    usual = Reading()
    parts = st.segmented_control(
        "Text that is read",
        PARTS,
        default=usual.parts,
        **session.TEXT_PARTS.bound,
        help="Both: the text says what the headline leaves out.",
    )
    with st.expander("Hashtags, entity tags, long texts", icon=":material/notes:"):
        hashtags = st.segmented_control("Hashtags", HASHTAGS, default=usual.hashtags, key="train_hashtags",
                                        help="split: #BreakingNews is read as Breaking News.")  # fmt: skip
        tags = st.segmented_control("Entity tags", ENTITY_TAGS, default=usual.entity_tags, key="train_entity_tags",
                                    help="Lists of names in place of a text: a phrase, or left out.")  # fmt: skip
        body = st.segmented_control("Body", (WHOLE, FIRST_SENTENCE, WORDS), default=WHOLE, key="train_body",
                                    help="How much of the text; whole is cut at the encoder's context.")  # fmt: skip
        count = st.number_input("Words, if so many are read", 1, 10_000, 50, key="train_words")
    read = f"{WORDS}:{int(count)}" if body == WORDS else body or WHOLE
    return Reading(parts or usual.parts, hashtags or usual.hashtags, tags or usual.entity_tags, read)


def _back_to_defaults() -> None:
    """Another encoder or part to tune has other defaults; what was typed for the last is forgotten."""
    for setting in ASKED:
        session.SETTINGS[setting.name].reset()
