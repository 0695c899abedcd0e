"""Clean exit on signals: SIGTERM acts like Ctrl-C, and neither shows a traceback."""

import os
import signal
from typing import NoReturn


def stop_on_sigterm() -> None:
    """Make SIGTERM raise KeyboardInterrupt, so that this process can clean up; a second SIGTERM ends it at once.

    Do nothing under torchrun, which stops its processes itself while they may wait for each other.
    """
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        signal.signal(signal.SIGTERM, _stop)


def end_on_ctrl_c() -> None:
    """Make Ctrl-C end this process silently, for example during imports. An ignored Ctrl-C stays ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def raise_on_ctrl_c() -> None:
    """Make Ctrl-C raise KeyboardInterrupt again, so that running work can clean up."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _stop(*_: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise KeyboardInterrupt
