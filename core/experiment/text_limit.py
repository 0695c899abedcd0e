"""How much of a text an encoder reads: it cuts off what exceeds its context."""

import torch

from core.encoders.base import Encoder


def words_read(encoder: Encoder, text: str) -> int | None:
    """Return the number of words of `text` that the encoder reads; None if it reads all of them."""
    words = text.split()
    tokens = encoder.tokenize([text])
    if len(words) < 2 or not torch.equal(tokens, encoder.tokenize([" ".join(words[:-1])])):
        return None
    fewest, most = 1, len(words) - 1  # the fewest words with the same tokens
    while fewest < most:
        middle = (fewest + most) // 2
        if torch.equal(tokens, encoder.tokenize([" ".join(words[:middle])])):
            most = middle
        else:
            fewest = middle + 1
    return most
