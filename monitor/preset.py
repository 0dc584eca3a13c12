"""Presets: small configurations for a frame rate or a dose, under what the user's own file says."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources
from typing import Any

from monitor.errors import ConfigError

KEY = "preset"
"""Key at the top of a configuration file: names of presets, later ones over earlier ones."""


def preset_names() -> tuple[str, ...]:
    """Names of all presets, in alphabetical order."""
    files = resources.files("monitor").joinpath("presets").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def preset_text(name: str) -> str:
    """TOML text of a preset, with the reason for every key.

    Raises
    ------
    ConfigError
        No such preset; the message names those that there are.
    """
    if name not in preset_names():
        raise ConfigError(_no_preset(name))
    return resources.files("monitor").joinpath("presets", f"{name}.toml").read_text(encoding="utf-8")


def _no_preset(name: str) -> str:
    return f"no preset {name!r}; there are: {', '.join(preset_names())}"


def with_presets(data: dict[str, Any], where: str, names: Sequence[str] = ()) -> dict[str, Any]:
    """Put presets under a parsed configuration: those that it names, then `names`, then its own keys.

    `where` is the configuration's name in messages.

    Raises
    ------
    ConfigError
        An unknown preset, or a `preset` key that is no list of names.
    """
    own = {key: value for key, value in data.items() if key != KEY}
    asked = data.get(KEY, [])
    if not isinstance(asked, list) or not all(isinstance(name, str) for name in asked):
        raise ConfigError(f'{where}: {KEY} must be a list of names, as ["pulses-7.5"]')
    unknown = [name for name in asked if name not in preset_names()]
    if unknown:
        raise ConfigError(f"{where}: {_no_preset(unknown[0])}")
    merged: dict[str, Any] = {}
    for layer in (*(tomllib.loads(preset_text(name)) for name in (*asked, *names)), own):
        merged = _over(merged, layer)
    return merged


def _over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        under = merged.get(key)
        merged[key] = _over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged
