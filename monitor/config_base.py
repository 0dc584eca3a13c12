"""What every section of the configuration is made of."""

from __future__ import annotations

import msgspec


def number(description: str, low: float, high: float) -> msgspec.Meta:
    """A key's meaning, with its unit, and its range."""
    return msgspec.Meta(ge=low, le=high, description=description)


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of all sections: immutable, and an unknown key is an error."""
