"""The configuration as TOML that documents itself."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from monitor.alarm_config import BrandClock
from monitor.config_base import Section
from monitor.config_sources import source_of

_UNIT = re.compile(r"\((mm2?|mm/s|1/mm|s|min|Hz|mL|MB|rad|log units)\b")


def config_to_toml(config: Section) -> str:
    """Write every key with its meaning, unit, default, range and source as a comment."""
    lines = ["# CementWatch configuration. Every key with its default; a key not known is an error.", ""]
    for section_name, section_type in get_type_hints(type(config)).items():
        section = getattr(config, section_name)
        if isinstance(section, dict):
            lines += _brand_lines(section)
            continue
        lines += [f"# {(section_type.__doc__ or '').strip()}", f"[{section_name}]"]
        for key, hint in get_type_hints(section_type, include_extras=True).items():
            meta = _meta(hint)
            default, text = getattr(getattr(type(config)(), section_name), key), str(meta.description)
            unit = "" if _UNIT.search(text) else "no unit; "
            lines.append(
                f"# {text}; {unit}default {default:.6g}; {meta.ge:g} to {meta.le:g}; "
                f"source: {source_of(section_name, key)}"
            )
            lines.append(f"{key} = {getattr(section, key)!r}")
        lines.append("")
    return "\n".join(lines)


def _brand_lines(brands: dict[str, BrandClock]) -> list[str]:
    lines = ['# Clocks of brands of cement: [brands."NAME"] with early_until_s and late_after_s.']
    for name, clock in brands.items():
        quoted = json.dumps(name, ensure_ascii=False)
        lines += [f"[brands.{quoted}]", f"early_until_s = {clock.early_until_s!r}"]
        lines += [f"late_after_s = {clock.late_after_s!r}"]
    return [*lines, ""]


def _meta(hint: Any) -> msgspec.Meta:  # noqa: ANN401 - a typing construct has no narrower type
    if get_origin(hint) is not Annotated:
        raise TypeError(f"a configuration key needs a description: {hint}")
    meta = get_args(hint)[1]
    if not isinstance(meta, msgspec.Meta):
        raise TypeError(f"a configuration key needs a description: {hint}")
    return meta
