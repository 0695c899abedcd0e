"""Ending in order when somebody asks: SIGTERM does what Ctrl-C does, and neither shows a traceback."""

import os
import signal
from typing import NoReturn


def stop_on_sigterm() -> None:
    """From now on SIGTERM ends this process as Ctrl-C does, so that it can tidy up; a second one ends it at once.

    Not under torchrun, which ends its processes itself while they may be waiting for one another.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        signal.signal(signal.SIGTERM, _stop)


def end_on_ctrl_c() -> None:
    """From now on Ctrl-C ends this process at once and in silence, as while it only imports; ignored stays ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def raise_on_ctrl_c() -> None:
    """From now on Ctrl-C is a KeyboardInterrupt again, so that what is going on can tidy up."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _stop(*_: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise KeyboardInterrupt
