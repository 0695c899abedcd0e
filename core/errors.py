"""The errors a user can do something about.

Each message names the thing, what was expected and what was found, and says what to do.
"""


class RematchError(Exception):
    """Something went wrong that a sentence can explain; the command line exits with status 1."""


class InputError(RematchError):
    """Wrong arguments or unusable input; the command line exits with status 2."""
