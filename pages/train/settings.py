"""The settings of a training as the form asks for them: an input for each field of `Settings`, with its reason."""

from dataclasses import replace
from typing import Any

import streamlit as st
from msgspec.inspect import BoolType, FloatType, IntType, LiteralType, Type, UnionType, type_info

from core.errors import RematchError
from core.training.settings import Setting, Settings, all_settings
from pages.shared import session

#: What the form asks for; what to tune is asked for before, since the defaults depend on it.
ASKED = tuple(setting for setting in all_settings() if setting.name != "tune")


def input_settings(defaults: Settings, why: dict[str, str]) -> Settings | RematchError:
    """Ask for all settings, those that few trainings need folded away. Returns what is wrong with them, if anything.

    why: the reason for each default.
    """
    with st.grid("auto", min_column_width=150, gap="small"):
        given = {each.name: _input(each, defaults, why) for each in ASKED if each.has_option}
    with st.expander("More settings"), st.grid("auto", min_column_width=150, gap="small"):
        given |= {each.name: _input(each, defaults, why) for each in ASKED if not each.has_option}
    try:
        return replace(defaults, **given)
    except RematchError as error:
        return error


def _input(setting: Setting, defaults: Settings, why: dict[str, str]) -> Any:
    """Draw the input for a setting of this type."""
    kind, default = type_info(setting.kind), getattr(defaults, setting.name)
    about = f"{setting.help} Default {'not set' if default is None else default}. {why[setting.name]}"
    common = session.SETTINGS[setting.name].bound | {"help": about}
    if isinstance(kind, BoolType):
        return st.checkbox(setting.label, default, **common)
    if isinstance(kind, LiteralType):
        return st.selectbox(setting.label, kind.values, index=kind.values.index(default), **common)
    return _number(setting.label, kind, default, common)


def _number(label: str, kind: Type, default: float | None, common: dict[str, Any]) -> float | None:
    """Ask for a number within its bounds; empty: the default, or None if the setting may be off."""
    bounded = next(each for each in kind.types if isinstance(each, IntType)) if isinstance(kind, UnionType) else kind
    assert isinstance(bounded, IntType | FloatType)
    low, high = (bounded.gt if bounded.ge is None else bounded.ge), (bounded.lt if bounded.le is None else bounded.le)
    step = 1 if isinstance(bounded, IntType) else (default or 1) / 10
    shown = "%d" if isinstance(bounded, IntType) else "%g"
    given = st.number_input(label, low, high, default, step, shown, placeholder="not set", **common)
    return default if given is None else given
