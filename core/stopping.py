"""Ending in order when somebody asks: SIGTERM does what Ctrl-C does."""

import os
import signal
from typing import NoReturn


def stop_on_sigterm() -> None:
    """From now on SIGTERM ends this process as Ctrl-C does, so that it can tidy up; a second one ends it at once.

    Not under torchrun, which ends its processes itself while they may be waiting for one another.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        signal.signal(signal.SIGTERM, _stop)


def _stop(*_: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise KeyboardInterrupt
