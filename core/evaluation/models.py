"""The three models that are compared, by the names that pages, tables and files use."""

from enum import StrEnum


class Model(StrEnum):
    """A model of a run. WISE_FT: the weights of the other two mixed at the run's α*, unless another α is given."""

    ZERO_SHOT = "zero-shot"
    FINE_TUNED = "fine-tuned"
    WISE_FT = "WiSE-FT"
