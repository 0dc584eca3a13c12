"""Words that the monitor wrote, with nothing of what somebody typed in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

_PATH = re.compile(
    r"(?<!\w)(?:[A-Za-z]:)?[/\\](?=\S).*?(?=: |$)"
    r"|\S*\w[/\\]\w\S*\.\w+"
    r"|\S*\w[/\\]\w[^:]*\.(?:mcap|mkv|sqlite|json|png|toml|dcm|avi|mov|mp4)\b"
)
"""An address or path with its blanks, up to what is said of it, which follows a colon."""


class Rename:
    """Gives levels and views of a plan their new names, in whatever was said of them.

    Parameters
    ----------
    names : mapping of str to str
        Old to new; those that are the same need not be there.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = {old: new for old, new in names.items() if old != new}
        longest_first = sorted(self._names, key=len, reverse=True)
        self._either = (
            re.compile("|".join(rf"(?<!\w){re.escape(old)}(?!\w)" for old in longest_first))
            if longest_first
            else None
        )

    def text(self, text: str) -> str:
        """A sentence with the new names, and without paths of files."""
        if self._either is not None:
            text = self._either.sub(lambda found: self._names[found[0]], text)
        return _PATH.sub("…", text) if "/" in text or "\\" in text else text

    def all(self, value: Any) -> Any:  # noqa: ANN401 - dataclasses, tuples, dicts and plain values
        """The same for every text in dataclasses, tuples, lists and mappings."""
        if isinstance(value, str) and type(value) is str:
            return self.text(value)
        if isinstance(value, np.ndarray):
            return value
        if is_dataclass(value) and not isinstance(value, type):
            changed = {}
            for field in fields(value):
                held = getattr(value, field.name)
                made = self.all(held)
                if made is not held:
                    changed[field.name] = made
            return replace(value, **changed) if changed else value
        if isinstance(value, Mapping):
            return {self.all(key): self.all(item) for key, item in value.items()}
        if isinstance(value, tuple | list):
            made_items = [self.all(item) for item in value]
            if all(new is old for new, old in zip(made_items, value, strict=True)):
                return value
            return type(value)(made_items)
        if isinstance(value, frozenset | set):
            return type(value)(self.all(item) for item in value)
        return value


def texts_in(value: Any) -> list[str]:  # noqa: ANN401 - as `Rename.all`
    """Every text in dataclasses, tuples, lists and mappings."""
    if isinstance(value, str):
        return [value]
    if is_dataclass(value) and not isinstance(value, type):
        return [text for field in fields(value) for text in texts_in(getattr(value, field.name))]
    if isinstance(value, Mapping):
        return [text for pair in value.items() for one in pair for text in texts_in(one)]
    if isinstance(value, tuple | list | set | frozenset):
        return [text for item in value for text in texts_in(item)]
    return []
