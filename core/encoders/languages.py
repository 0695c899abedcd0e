"""Languages that an open_clip model's text tower reads, judged by its tokenizer and text model."""

from collections.abc import Mapping
from typing import Any

#: Two-letter codes of XLM-RoBERTa's hundred languages (Conneau et al. 2020, table 6), as far as they have one. mT5,
#: NLLB, XLM-V and the multilingual SigLIPs were trained on these and more.
_CODES = """
af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr hu hy id is it ja jv
ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my ne nl no om or pa pl ps pt ro ru sa sd si sk sl so sq sr su sv sw
ta te tg th tl tr ug uk ur uz vi xh yi zh
"""
MULTILINGUAL = frozenset(_CODES.split())
ENGLISH = frozenset({"en"})
#: Parts of the names of multilingual text models and tokenizers.
_MARKS = ("worldwide", "xlm-roberta", "xlm-v", "mt5", "nllb", "i18n", "siglip2", "multilingual")
#: Vocabulary sizes of WebLI's multilingual tokenizers (mC4's, Gemma's), for SigLIP folders whose names give no hint.
_VOCABULARIES = {250_000, 250_100, 256_000}


def languages_by_name(encoder: str) -> frozenset[str]:
    """Return the languages that an encoder's name suggests, before its model is loaded."""
    return MULTILINGUAL if any(mark in encoder.lower() for mark in _MARKS) else ENGLISH


def languages_of(config: Mapping[str, Any]) -> frozenset[str]:
    """Return the language codes for a model of this configuration (open_clip's model_cfg); English if unsure."""
    text = config["text_cfg"]
    names = " ".join(str(text.get(key, "")) for key in ("hf_model_name", "hf_tokenizer_name")).lower()
    multilingual = any(mark in names for mark in _MARKS) or text.get("vocab_size") in _VOCABULARIES
    return MULTILINGUAL if multilingual else ENGLISH
