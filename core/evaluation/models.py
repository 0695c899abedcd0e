"""Names of the three compared models in pages, tables and files."""

from enum import StrEnum


class Model(StrEnum):
    """A model of a run. WISE_FT mixes the weights of the other two, at the run's α* unless another α is given."""

    ZERO_SHOT = "zero-shot"
    FINE_TUNED = "fine-tuned"
    WISE_FT = "WiSE-FT"
