"""The optional packages of `pip install 'rematch[EXTRA]'`, and the error if one is not installed."""

from collections.abc import Iterable
from importlib.util import find_spec

from core.errors import InputError

#: Extra → its packages, as pyproject.toml lists them.
EXTRAS = {"translate": ("sentencepiece", "sacremoses", "sacrebleu"), "cluster": ("ray",), "figures": ("matplotlib",)}


def check_extra(extra: str, purpose: str) -> None:
    """Raise InputError that names the packages of `extra` that are missing. purpose: the command that needs them."""
    if missing := [package for package in EXTRAS[extra] if find_spec(package) is None]:
        raise _not_installed(extra, purpose, missing)


def missing_extra(error: Exception, purpose: str) -> InputError | None:
    """Return the error to raise if `error`, of any library, names a package of an extra that is not installed."""
    for extra, packages in EXTRAS.items():
        missing = [package for package in packages if package in str(error).lower() and find_spec(package) is None]
        if missing:
            return _not_installed(extra, purpose, missing)
    return None


def _not_installed(extra: str, purpose: str, missing: Iterable[str]) -> InputError:
    packages = " and ".join(missing)
    return InputError(f"{purpose} needs {packages}, not installed here. Install with: pip install 'rematch[{extra}]'")
