"""Reads Qt's translation files (`.ts`, Qt Linguist) as they are: no compiled copy, no tool of Qt's."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

from monitor.errors import InputError

LARGEST_BYTES = 4 * 1024 * 1024


def read_translations(path: Path) -> dict[str, str]:
    """Translations by their English source; what is unfinished or obsolete is left out.

    Raises
    ------
    InputError
        The file is missing, too large, damaged, or no translation file.
    """
    try:
        text = path.read_bytes() if path.stat().st_size <= LARGEST_BYTES else b""
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    if not text:
        raise InputError(f"{path}: empty, or larger than {LARGEST_BYTES} bytes")
    if b"<!ENTITY" in text:  # Linguist writes none, and they could grow without end
        raise InputError(f"{path}: declares entities")
    try:
        root = Xml.fromstring(text)  # noqa: S314 - without entities, and of limited size
    except (Xml.ParseError, ValueError) as error:
        raise InputError(f"{path}: no translation file: {error}") from None
    if root.tag != "TS":
        raise InputError(f"{path}: no translation file: begins with <{root.tag}>")
    found = {}
    for message in root.iter("message"):
        source, translation = message.findtext("source") or "", message.find("translation")
        if translation is None or translation.get("type") is not None:
            continue
        if source and translation.text:
            found[source] = translation.text
    return found
