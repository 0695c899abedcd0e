"""Which encoder is taken when none is named: known without loading one, so that pages can say it."""


def default_encoder_name(language: str, has_english: bool) -> str:
    """`lite` where the text is English or has an English version, else the one that reads other languages."""
    return "lite" if language == "en" or has_english else "lite-multilingual"
