"""Finds the translation of a finished English text: as a whole, or by the phrases that it is made of.

Sentences come from every layer as finished English, with figures in them. An entry's ``%1``, ``%2`` stand for
a figure, a level's name, or words that have an entry of their own; ``%L1`` for anything that somebody typed
or a system has said, which stays as it is. What is not known as a whole stays English as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

UNITS = frozenset(
    "x W L mm mm² mm2 mm/s mm/px mL ml s min ms px Hz nGy mGy Gy cm² kV bit days B kB MB GB °".split()
)
_MOST_KNOWN = 4096
_DEEPEST = 6
_PLACE = re.compile(r"%(L?)(\d)")
_NAME = re.compile(r"[CTLS]\d{1,2}(?:/[CTLS]?\d{1,2})?|\d{1,2}G|F\d{1,2}|Ctrl\+\w+")
"""Levels, gauges and keys."""
_APART = re.compile(r"(\s*\n\s*|\s+·\s+|^·\s+|\s+·$)")
"""Between statements that stand side by side."""
_CLAUSES = re.compile(r"(;\s)")
_HEAD = re.compile(r"([CTLS]\d{1,2}|lateral|AP|ap)(:?\s+)(.+)")
_LISTS = (("; ", "; "), (", ", ", "), (" or ", None), (" and ", None), ("  +  ", "  +  "))
_EDGES = " .,:;+–-…±()?%&!/×"


@dataclass(frozen=True, slots=True)
class _Template:
    pattern: re.Pattern[str]
    places: tuple[tuple[bool, str], ...]
    """Of each group: whether it stays as it is, and its digit."""
    translation: str


def is_value(text: str) -> bool:
    """Whether a text is the same in every language: figures, units, names of levels, signs."""
    return all(_is_sign(word) for word in text.split())


def _is_sign(word: str) -> bool:
    bare = word.strip(_EDGES)
    if bare in UNITS or _NAME.fullmatch(bare) or bare == "AP":
        return True
    return not any(letter.isalpha() for letter in bare)


class Phrases:
    """Translations by source, and what was found with them, so that a text is looked for once."""

    def __init__(self, translations: Mapping[str, str]) -> None:
        self._whole = {source: said for source, said in translations.items() if not _PLACE.search(source)}
        self._templates = [_template(source, said) for source, said in by_literal_length(translations)]
        self._known: dict[str, str] = {}

    def say(self, text: str) -> str:
        """The translation, or the text itself."""
        known = self._known.get(text)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = self.find(text)
            known = self._known[text] = text if found is None else found
        return known

    def find(self, text: str) -> str | None:
        """The translation; the text itself where it is the same in every language; None: not known."""
        whole = self._statement(text, 0)
        if whole is not None:
            return whole
        parts = self._parts(text)
        if len(parts) == 1:
            return None
        found = [self._statement(part, 0) for part in parts]
        return "".join(part if each is None else each for part, each in zip(parts, found, strict=True))

    def missing(self, text: str) -> tuple[str, ...]:
        """The statements of a text that would be shown in English."""
        if self._statement(text, 0) is not None:
            return ()
        return tuple(part for part in self._parts(text) if self._statement(part, 0) is None)

    def _parts(self, text: str) -> list[str]:
        """Statements and what stands between them."""
        parts = []
        for part in _APART.split(text):
            parts += [part] if self._statement(part, 0) is not None else _CLAUSES.split(part)
        return parts

    def _statement(self, text: str, depth: int) -> str | None:
        if is_value(text):
            return text
        if text in self._whole:
            return self._whole[text]
        if depth > _DEEPEST or text != text.strip():
            bare = text.strip()
            inner = None if depth > _DEEPEST or not bare else self._statement(bare, depth + 1)
            return None if inner is None else text.replace(bare, inner, 1)
        return (
            self._in_capitals(text, depth)
            or self._by_template(text, depth)
            or self._after_its_level(text, depth)
            or self._listed(text, depth)
        )

    def _in_capitals(self, text: str, depth: int) -> str | None:
        words = text.split(" ")
        if not all(_is_sign(word) or word == word.upper() for word in words):
            return None
        lower = " ".join(word if _is_sign(word) else word.lower() for word in words)
        said = self._statement(lower, depth + 1)
        if said is None:
            return None
        return " ".join(word if _is_sign(word) else word.upper() for word in said.split(" "))

    def _by_template(self, text: str, depth: int) -> str | None:
        for template in self._templates:
            match = template.pattern.fullmatch(text)
            if match is None:
                continue
            said = template.translation
            for (as_is, digit), value in zip(template.places, match.groups(), strict=True):
                shown = value if as_is else self._statement(value, depth + 1)
                if shown is None:
                    break
                said = said.replace(f"%{'L' if as_is else ''}{digit}", shown)
            else:
                return said
        return None

    def _after_its_level(self, text: str, depth: int) -> str | None:
        match = _HEAD.fullmatch(text)
        if match is None:
            return None
        head, between, rest = match.groups()
        heads, said = self._statement(head, depth + 1), self._statement(rest, depth + 1)
        return None if heads is None or said is None else f"{heads}{between}{said}"

    def _listed(self, text: str, depth: int) -> str | None:
        for mark, joined in _LISTS:
            if mark in text:
                said = [self._statement(part, depth + 1) for part in text.split(mark)]
                known = [each for each in said if each is not None]
                join = joined or f" {self._whole.get(mark.strip(), mark.strip())} "
                return join.join(known) if len(known) == len(said) else None
        return None


def by_literal_length(translations: Mapping[str, str]) -> list[tuple[str, str]]:
    """Entries with places, those with most words of their own first: the nearest fits before the general."""
    held = [entry for entry in translations.items() if _PLACE.search(entry[0])]
    return sorted(held, key=lambda entry: -len(_PLACE.sub("", entry[0])))


def places_of(text: str) -> tuple[str, ...]:
    """The places of an entry, sorted."""
    return tuple(sorted(match.group() for match in _PLACE.finditer(text)))


def _template(source: str, said: str) -> _Template:
    places = tuple((bool(match[1]), match[2]) for match in _PLACE.finditer(source))
    literals = [re.escape(part) for part in _PLACE.sub("\0", source).split("\0")]
    return _Template(re.compile("(.+?)".join(literals), re.DOTALL), places, said)
