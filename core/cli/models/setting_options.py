"""Options of `train` generated from the fields of `Settings`: one for each common setting, `--set` for the others."""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer

from core.errors import InputError
from core.training.settings import Setting, Settings, all_settings, default_settings

_RARER = {setting.name: setting for setting in all_settings() if not setting.has_option}


def with_setting_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return `command` with an option for each setting; its argument `given` receives the values set, by name."""
    signature = inspect.signature(command, eval_str=True)

    @wraps(command)
    def run(**values: Any) -> None:
        given = _set_values(values.pop("set_") or ())
        for setting in all_settings():
            value = values.pop(setting.name)
            if value is not None and not setting.has_option:
                raise InputError(f"no such option: {_long(setting)}; use --set {setting.name}=VALUE.")
            if value is not None:
                given[setting.name] = value
        command(**values, given=given)

    parameters: list[inspect.Parameter] = []
    for parameter in signature.parameters.values():
        parameters += _parameters(parameter) if parameter.name == "given" else [parameter]
    run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return run


def _parameters(given: inspect.Parameter) -> list[inspect.Parameter]:
    """Return the parameters that replace `given`: the option of each setting, and `--set`.

    Settings that only `--set` takes have a hidden option, too, so that its use can be explained.
    """
    kinds = get_type_hints(Settings)
    options = {
        setting.name: Annotated[
            kinds[setting.name] | None,
            typer.Option(_long(setting), help=f"{setting.help} {_default(setting)}", hidden=not setting.has_option),
        ]
        for setting in all_settings()
    }
    listed = " ".join(
        f"{setting.name} ({setting.expected}): {setting.help} {_default(setting)}" for setting in _RARER.values()
    )
    set_help = f"Change a setting that few trainings need. Repeat it for several settings. {listed}"
    options["set_"] = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help=set_help)]
    return [given.replace(name=name, annotation=kind, default=None) for name, kind in options.items()]


def _default(setting: Setting) -> str:
    """Return a sentence with the defaults of the built-in encoders and of all others, with their default `--tune`."""
    built_in, other = (_written(getattr(default_settings(name, None), setting.name)) for name in ("lite", "open_clip"))
    return f"Default: {other}." if built_in == other else f"Default: {other}; for the built-in encoders {built_in}."


def _written(value: object) -> str:
    return "off" if value is None or value is False else f"{value:g}" if isinstance(value, float) else str(value)


def _long(setting: Setting) -> str:
    return f"--{setting.name.replace('_', '-')}"


def _set_values(words: Sequence[str]) -> dict[str, Any]:
    """Return the values of `--set KEY=VALUE`. Raises InputError that lists the keys or allowed values."""
    values = {}
    for word in words:
        key, _, text = word.partition("=")
        if key not in _RARER:
            raise InputError(f"--set {word}: expected KEY=VALUE with one of the keys {', '.join(_RARER)}.")
        values[key] = _RARER[key].checked(text, strict=False)
    return values
