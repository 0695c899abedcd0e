"""Form of the Train page: encoder, parts to tune, and settings with the reasons for their defaults."""

from dataclasses import dataclass, replace

import streamlit as st

from core.data.domain import Domain
from core.data.query_text import ENTITY_TAGS, FIRST_SENTENCE, HASHTAGS, PARTS, WHOLE, WORDS, Reading
from core.encoders.choices import default_encoder_name
from core.encoders.languages import languages_by_name
from core.errors import InputError
from core.training.settings import Settings, default_settings, reasons
from core.workspace.folders import Workspace
from core.workspace.run_names import check_new_name, suggested_name
from pages.shared import session
from pages.shared.errors import show_error
from pages.shared.help_texts import help_for
from pages.shared.paths import check_typed_encoder
from pages.shared.text import plain
from pages.train.settings import IN_FORM, input_settings

OTHER = "other"


@dataclass(frozen=True)
class EncoderChoice:
    """An encoder to choose.

    languages: two-letter codes of those it reads. tunes: the choices of parts to tune.
    """

    name: str
    about: str
    languages: frozenset[str]
    tunes: tuple[str, ...] = ("head", "text", "last", "lora", "all")


_ENGLISH = frozenset({"en"})
ENCODERS = (
    EncoderChoice("lite", "Built in, for English. It trains in seconds on a laptop.", _ENGLISH),
    EncoderChoice(
        "lite-multilingual",
        "Built in, for 15 languages. It trains in seconds on a laptop.",
        frozenset({"ar", "de", "en", "es", "fr", "it", "ja", "ko", "nl", "pl", "pt", "ru", "th", "tr", "zh"}),
        ("head", "last", "all"),
    ),
    EncoderChoice(
        "ViT-B-32:openai",
        "CLIP, for English. Its weights are downloaded once. It is slow without a GPU.",
        _ENGLISH,
    ),
    EncoderChoice(
        OTHER, "Any CLIP or SigLIP of open_clip or transformers, downloaded or from weights on this machine.", _ENGLISH
    ),
)
_BY_NAME = {encoder.name: encoder for encoder in ENCODERS}

TUNES = {
    "head": "the two heads",
    "text": "the text tower and the image head",
    "last": "the last blocks of both towers",
    "lora": "the heads and small adapters in the blocks of both towers, merged into the weights at the end (LoRA)",
    "all": "everything",
}


@dataclass(frozen=True)
class TrainingRequest:
    """A requested training. name: of the run; "" for the next free one."""

    encoder: str
    settings: Settings
    text: Reading
    name: str = ""

    def verb(self, slug: str) -> list[str]:
        """Return the words after ``rematch`` for this training with its sweep."""
        return [
            "train", f"--domain={slug}", f"--encoder={self.encoder}", f"--text={self.text.parts}",
            f"--hashtags={self.text.hashtags}", f"--entity-tags={self.text.entity_tags}",
            f"--text-length={self.text.body}", *self.settings.as_options(), "--sweep",
            *([f"--name={self.name}"] if self.name else []),
        ]  # fmt: skip


def input_training(workspace: Workspace, domain: Domain) -> TrainingRequest | None:
    """Draw the form; return the requested training when the user starts it."""
    encoder = input_encoder(domain)
    tune = input_tune(encoder)
    name = input_run_name(workspace, domain.info.slug, encoder, tune)
    defaults, why = default_settings(encoder, tune), reasons(encoder, tune)
    with st.form("training", border=True):
        text = input_reading()
        settings = input_settings(defaults, why)
        start = st.form_submit_button("Start training", type="primary", icon=":material/play_arrow:")
    if not encoder:
        if start:
            st.error(
                "There is no encoder to train. Type its name above: MODEL:WEIGHTS, hf-hub:ORGANISATION/NAME or "
                "hf:ORGANISATION/NAME."
            )
        return None
    if not isinstance(settings, Settings):
        show_error(settings)
        return None
    if (error := name_error(encoder)) is not None:
        if start:
            show_error(error)
        return None
    if name is None:
        if start:
            st.error("The run has no valid name. Correct it above.")
        return None
    return TrainingRequest(encoder, settings, text, name) if start else None


def input_run_name(workspace: Workspace, slug: str, encoder: str, tune: str) -> str | None:
    """Input the name of the run; return "" for the suggested name, None if the name is malformed or taken."""
    suggestion = suggested_name(workspace, slug, encoder or "run", tune)
    if session.RUN_NAME.get() in ("", session.SUGGESTED_NAME.get()):
        session.RUN_NAME.set(suggestion)
    session.SUGGESTED_NAME.set(suggestion)
    name = st.text_input(
        "Name of the run",
        key=session.RUN_NAME.key,
        max_chars=100,
        help=help_for("Run", also="Lower-case letters, digits and single hyphens. You can rename it later."),
    ).strip()
    if name in ("", suggestion):
        return ""
    try:
        check_new_name(workspace, slug, name)
    except InputError as error:
        show_error(error)
        return None
    return name


def input_encoder(domain: Domain) -> str:
    """Input an encoder; return its name as on the command line, "" if the user has not typed it yet."""
    usual = default_encoder_name(domain.info.language, domain.has_english)
    name = st.selectbox(
        "Encoder",
        list(_BY_NAME),
        index=list(_BY_NAME).index(usual),
        **session.ENCODER.bound,
        on_change=_back_to_defaults,
        help=help_for(
            "Encoder", also=f"The default is {usual}: it reads the text of this domain and needs no download."
        ),
    )
    if name == OTHER:
        typed = st.text_input(
            "Name of the encoder",
            **session.ENCODER_NAME.bound,
            placeholder="ViT-L-14:/path/weights.safetensors",
            help=help_for(
                "Encoder",
                also="MODEL:WEIGHTS is a model of open_clip with one of its tags (downloaded) or a file. "
                "hf-hub:ORGANISATION/NAME or local-dir:/path/of/folder is a repository of open_clip. "
                "hf:ORGANISATION/NAME or hf:/path/of/folder is one of transformers.",
            ),
        ).strip()
    else:
        typed = name
    chosen = _BY_NAME[name]
    if name == OTHER and typed and (error := name_error(typed)) is not None:
        show_error(error)
    else:
        _show_encoder(domain, replace(chosen, languages=languages_by_name(typed)) if name == OTHER else chosen)
    return typed


def name_error(encoder: str) -> InputError | None:
    """Return the error in an encoder's name that can be found without loading it; None if there is none."""
    try:
        check_typed_encoder(encoder)
    except InputError as error:
        return error
    return None


def _show_encoder(domain: Domain, encoder: EncoderChoice) -> None:
    """Show the encoder and the text that it reads, or a warning if it cannot read the text."""
    language = domain.info.language
    if language in encoder.languages:
        st.caption(f"{encoder.about} It reads the original text, in '{plain(language)}'.")
    elif domain.has_english:
        st.caption(f"{encoder.about} It reads the English version of the text, not '{plain(language)}'.")
    else:
        st.caption(encoder.about)
        st.warning(
            f"This encoder does not read '{plain(language)}', and the domain has no English version, so the results "
            "will "
            "say little. Choose lite-multilingual, which reads 15 languages, or translate the domain on the Data page.",
            icon=":material/translate:",
        )


def input_tune(encoder: str) -> str:
    """Input the parts to tune; return them as on the command line."""
    choices = _BY_NAME.get(encoder, _BY_NAME[OTHER]).tunes
    usual = default_settings(encoder, None).tune
    tune = st.selectbox(
        "What to tune",
        choices,
        index=choices.index(usual),
        **session.SETTINGS["tune"].bound,
        on_change=_back_to_defaults,
        help=help_for("Tower", "Head", "Stage", also=f"The default is {usual}. {reasons(encoder, usual)['tune']}"),
    )
    if tune not in choices:
        tune = usual
    st.caption(f"Tunes {TUNES[tune]}.")
    if tune == "last":
        blocks = st.number_input(
            "Number of blocks", 1, 48, 2, help=help_for("Stage", "Tower", also="In each tower."), **session.BLOCKS.bound
        )
        return f"last:{int(blocks)}"
    if tune == "lora":
        rank = st.number_input(
            "Rank of the adapters",
            1,
            256,
            8,
            help="Size of the LoRA matrices: more can learn more.",
            **session.ADAPTER_RANK.bound,
        )
        return f"lora:{int(rank)}"
    return tune


def input_reading() -> Reading:
    """Input which parts of the articles the encoder reads, and how."""
    usual = Reading()
    parts = st.segmented_control(
        "Query text",
        PARTS,
        default=usual.parts,
        **session.TEXT_PARTS.bound,
        help=help_for("Query text", also="With both, the text adds what the headline leaves out."),
    )
    with st.expander("Hashtags, entity tags, long texts", icon=":material/notes:"):
        hashtags = st.segmented_control(
            "Hashtags",
            HASHTAGS,
            default=usual.hashtags,
            key="train_hashtags",
            help="split: the encoder reads #BreakingNews as Breaking News.",
        )
        tags = st.segmented_control(
            "Entity tags",
            ENTITY_TAGS,
            default=usual.entity_tags,
            key="train_entity_tags",
            help="How to read a text that is only a list of names: as a phrase, or not at all.",
        )
        length = st.segmented_control(
            "Length of the text",
            (WHOLE, FIRST_SENTENCE, WORDS),
            default=WHOLE,
            key="train_body",
            help="Even the whole text ends at the encoder's context length.",
        )
        count = st.number_input("Number of words, if limited", 1, 10_000, 50, key="train_words")
    read = f"{WORDS}:{int(count)}" if length == WORDS else length or WHOLE
    return Reading(parts or usual.parts, hashtags or usual.hashtags, tags or usual.entity_tags, read)


def _back_to_defaults() -> None:
    """Reset the settings: another encoder or other parts to tune have other defaults. For callbacks."""
    for setting in IN_FORM:
        session.SETTINGS[setting.name].reset()
