"""A DICOM data set without what names a person, a place or a day, at every depth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag

from recordings.deidentifying.identity import Identity, Names
from recordings.deidentifying.rules import Action, action_for, name_of
from recordings.deidentifying.secret import WELL_KNOWN, Secret
from recordings.deidentifying.values import (
    REMOVED,
    dummy,
    is_fit,
    shifted_date,
    shifted_date_time,
    time_of_day,
    told_age,
)

_PATIENT_NAME = Tag(0x00100010)
_PATIENT_AGE, _VALUE_TYPE = Tag(0x00101010), Tag(0x0040A040)
_TEXT_VALUE, _PERSON_NAME = Tag(0x0040A160), Tag(0x0040A123)
_KEPT_TEXTS = frozenset("121014 121015 121016 113878 113879 113880 113832 111001 111003 112023".split())
"""Content items (DCM) whose text is kept: maker, model and serial number of a device, which tube, which
algorithm and its version."""
_TEXT = frozenset("AE AS CS LO LT PN SH ST UC UR UT".split())
_NOT_SHOWN = frozenset("CS AS".split())
_MOST_DEPTH = 60


@dataclass(slots=True)
class Cleaned:
    """A data set that was cleaned, and what was in it.

    Parameters
    ----------
    dataset : Dataset
        Without file meta information and without pixel data.
    identity : Identity
        Whose it was.
    names : Names
        Every identifying value that was taken out.
    removed : dict of str to int
        How often each attribute was removed, emptied or replaced, by its name.
    dates : frozenset of str
        Days (``YYYYMMDD``) that it holds now.
    """

    dataset: Dataset
    identity: Identity
    names: Names
    removed: dict[str, int] = field(default_factory=dict)
    dates: frozenset[str] = frozenset()


def cleaned(dataset: Dataset, secret: Secret, known: Names | None = None) -> Cleaned:
    """Clean a data set; the one given is not changed.

    Parameters
    ----------
    dataset : Dataset
        As read; its pixel data, where it has any, are left out.
    secret : Secret
    known : Names or None
        Identifying values known from elsewhere, as from the other files of the same run. Text that would be
        kept and holds one of them is replaced.

    Raises
    ------
    RecursionError
        Sequences lie in one another without end.
    """
    identity = Identity.of(dataset)
    names = Names.of(dataset)
    held = names if known is None else names | known
    cleaner = _Cleaner(secret, identity, held)
    result = cleaner.copy(dataset, 0)
    return Cleaned(result, identity, names, cleaner.removed, frozenset(cleaner.dates))


class _Cleaner:
    def __init__(self, secret: Secret, identity: Identity, names: Names) -> None:
        self.secret, self.names = secret, names
        self.pseudonym = secret.pseudonym(identity.key)
        self.person_name = secret.person_name(identity.key)
        self.shift: timedelta = secret.shift(identity.key)
        self.removed: dict[str, int] = {}
        self.dates: set[str] = set()
        self.holds: Callable[[str], bool] = names.matcher()

    def copy(self, dataset: Dataset, depth: int) -> Dataset:
        if depth > _MOST_DEPTH:
            raise RecursionError(f"sequences lie {depth} deep in one another")
        result = Dataset()
        for tag in dataset.keys():  # noqa: SIM118 - iterating a data set decodes every value, bad ones too
            try:
                element = dataset[tag]
                made = self._element(element, depth)
                if made is not None:
                    result.add(made)
            except RecursionError:
                raise
            except Exception:
                # a value that its representation forbids is as good as none
                made = None
            if made is None:
                self._count(BaseTag(tag))
        _clean_content(result, self.person_name)
        return result

    def _count(self, tag: BaseTag) -> None:
        name = "private" if tag.is_private else name_of(tag)
        self.removed[name] = self.removed.get(name, 0) + 1

    def _element(self, element: DataElement, depth: int) -> DataElement | None:
        tag, kind = element.tag, str(element.VR)
        match action_for(tag, kind):
            case Action.REMOVE:
                return None
            case Action.PSEUDONYM:
                if tag == _PATIENT_NAME:
                    return DataElement(tag, "PN", self.person_name)
                return DataElement(tag, "LO", self.pseudonym)
            case Action.EMPTY:
                self._count(tag)
                return DataElement(tag, kind, Sequence() if kind == "SQ" else None)
            case Action.DUMMY:
                self._count(tag)
                return DataElement(tag, kind, dummy(kind))
            case Action.SHIFT:
                return self._shifted(element)
            case Action.UID:
                return DataElement(tag, "UI", _each(element, self._uid))
            case Action.ENTER:
                items = [self.copy(item, depth + 1) for item in element.value]
                return DataElement(tag, "SQ", Sequence(items))
            case Action.KEEP:
                return self._kept(element, depth)

    def _uid(self, uid: str) -> str:
        # one that only begins as DICOM's own may go on with anything
        return self.secret.uid(uid if is_fit("UI", uid) else f"\0{uid}")

    def _shifted(self, element: DataElement) -> DataElement | None:
        kind = str(element.VR)

        def one(text: str) -> str:
            if not text.strip():
                return ""
            moved = {
                "DA": lambda: shifted_date(text, self.shift),
                "DT": lambda: shifted_date_time(text, self.shift),
                "TM": lambda: time_of_day(text),
            }[kind]()
            if moved is None:
                self._count(element.tag)
            elif kind != "TM":
                self.dates.add(moved[:8])
            return moved or ""

        return DataElement(element.tag, kind, _each(element, one))

    def _kept(self, element: DataElement, depth: int) -> DataElement | None:
        kind = str(element.VR)
        if kind == "SQ":
            return DataElement(
                element.tag, "SQ", Sequence([self.copy(item, depth + 1) for item in element.value])
            )
        if not is_fit(kind, element.value):
            return None
        if element.tag == _PATIENT_AGE:
            return DataElement(element.tag, "AS", _each(element, told_age))
        if kind in _TEXT and kind not in _NOT_SHOWN and self.holds(_plain(element)):
            self._count(element.tag)
            return DataElement(element.tag, kind, dummy(kind))
        return DataElement(element.tag, kind, element.value)


def _each(element: DataElement, change: Callable[[str], str]) -> str | list[str]:
    value = element.value
    if value is None:
        return ""
    if isinstance(value, MultiValue | list | tuple):
        return [change(str(one)) for one in value]
    return change(str(value))


def _plain(element: DataElement) -> str:
    value = element.value
    several = value if isinstance(value, MultiValue) else [value]
    return "\\".join(str(one) for one in several if one is not None)


def _clean_content(item: Dataset, person_name: str) -> None:
    """Text and names of a content item of a structured report (PS3.3 C.17.3)."""
    if _VALUE_TYPE not in item:
        return
    value_type = str(item.get("ValueType", ""))
    if _TEXT_VALUE in item and _concept_of(item) not in _KEPT_TEXTS:
        item[_TEXT_VALUE] = DataElement(_TEXT_VALUE, "UT", REMOVED)
    if value_type == "PNAME" or _PERSON_NAME in item:
        item[_PERSON_NAME] = DataElement(_PERSON_NAME, "PN", person_name if _is_subject(item) else REMOVED)


def _concept_of(item: Dataset) -> str:
    with suppress(Exception):
        return str(item.ConceptNameCodeSequence[0].CodeValue)
    return ""


def _is_subject(item: Dataset) -> bool:
    """Whether a content item names the patient (DCM 121029, Subject Name)."""
    return _concept_of(item) == "121029"


def structural_remains(dataset: Dataset, pseudonym: str) -> Iterable[str]:
    """Names of attributes that should not be in a cleaned data set, by the same rules read the other way."""
    yield from _remaining(dataset, pseudonym, 0)


def _remaining(dataset: Dataset, pseudonym: str, depth: int) -> Iterable[str]:
    if depth > _MOST_DEPTH:
        return
    for element in dataset:
        tag, kind = element.tag, str(element.VR)
        action = action_for(tag, kind)
        if tag == 0x7FE00010 and depth == 0:
            continue
        if action is Action.REMOVE:
            yield f"private {tag}" if tag.is_private else name_of(tag)
        elif action is Action.EMPTY and (element.value if kind == "SQ" else not element.is_empty):
            yield name_of(tag)
        elif action in (Action.PSEUDONYM, Action.DUMMY) and kind in _TEXT:
            if _plain(element) not in (pseudonym, pseudonym.replace("-", "^"), dummy(kind), ""):
                yield name_of(tag)
        elif kind == "UI" and any(
            one and not (one.startswith((WELL_KNOWN, "2.25.")) and is_fit("UI", one))
            for one in _plain(element).split("\\")
        ):
            yield name_of(tag)
        if kind == "SQ":
            for item in element.value:
                yield from _remaining(item, pseudonym, depth + 1)
