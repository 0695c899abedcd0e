"""Inputs of the training form: one for each field of `Settings`, with the reason for its default."""

from dataclasses import replace
from typing import Any

import streamlit as st
from msgspec.inspect import BoolType, FloatType, IntType, LiteralType, Type, UnionType, type_info

from core.errors import RematchError
from core.training.settings import Setting, Settings, all_settings
from pages.shared import session

#: The settings of the form, except `tune`, which comes before it because the defaults depend on it.
IN_FORM = tuple(setting for setting in all_settings() if setting.name != "tune")


def input_settings(defaults: Settings, why: dict[str, str]) -> Settings | RematchError:
    """Input all settings, the rarely needed ones in an expander; return the error if they are invalid.

    why: the reason for each default.
    """
    with st.grid("auto", min_column_width=150, gap="small"):
        values = {setting.name: _input(setting, defaults, why) for setting in IN_FORM if setting.has_option}
    with st.expander("More settings"), st.grid("auto", min_column_width=150, gap="small"):
        values |= {setting.name: _input(setting, defaults, why) for setting in IN_FORM if not setting.has_option}
    try:
        return replace(defaults, **values)
    except RematchError as error:
        return error


def _input(setting: Setting, defaults: Settings, why: dict[str, str]) -> Any:
    """Draw the input for a setting of this type."""
    kind, default = type_info(setting.kind), getattr(defaults, setting.name)
    about = f"{setting.help} Default: {'not set' if default is None else default}. {why[setting.name]}"
    common = session.SETTINGS[setting.name].bound | {"help": about}
    if isinstance(kind, BoolType):
        return st.checkbox(setting.label, default, **common)
    if isinstance(kind, LiteralType):
        return st.selectbox(setting.label, kind.values, index=kind.values.index(default), **common)
    return _number(setting.label, kind, default, common)


def _number(label: str, kind: Type, default: float | None, common: dict[str, Any]) -> float | None:
    """Input a number within its bounds; an empty field is the default, or None if the setting may be off."""
    bounded = (
        next(member for member in kind.types if isinstance(member, IntType)) if isinstance(kind, UnionType) else kind
    )
    assert isinstance(bounded, IntType | FloatType)
    low, high = (bounded.gt if bounded.ge is None else bounded.ge), (bounded.lt if bounded.le is None else bounded.le)
    step = 1 if isinstance(bounded, IntType) else (default or 1) / 10
    shown = "%d" if isinstance(bounded, IntType) else "%g"
    given = st.number_input(label, low, high, default, step, shown, placeholder="not set", **common)
    return default if given is None else given
