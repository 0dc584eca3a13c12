"""Whose an object is, and every value in it that tells so: what is looked for in all that was made."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from recordings.deidentifying.rules import Action, action_for
from recordings.deidentifying.secret import is_well_known

_IDENTIFYING = frozenset(
    "PatientID OtherPatientIDs IssuerOfPatientID PatientAddress PatientTelephoneNumbers "
    "PatientTelecomInformation MedicalRecordLocator MilitaryRank RegionOfResidence "
    "CurrentPatientLocation PatientInstitutionResidence AccessionNumber StudyID AdmissionID "
    "ServiceEpisodeID RequestedProcedureID ScheduledProcedureStepID PerformedProcedureStepID "
    "FillerOrderNumberImagingServiceRequest PlacerOrderNumberImagingServiceRequest InstitutionName "
    "InstitutionAddress InstitutionalDepartmentName ResponsibleOrganization PersonAddress "
    "PersonTelephoneNumbers PersonTelecomInformation ReferringPhysicianAddress "
    "ReferringPhysicianTelephoneNumbers RequestingService ClinicalTrialSubjectID "
    "ClinicalTrialSiteName ClinicalTrialSiteID ClinicalTrialSponsorName VerifyingOrganization "
    "RequestedProcedureLocation ScheduledProcedureStepLocation OrderEntererLocation "
    "PerformedLocation InsurancePlanIdentification".split()
)
_SHORTEST, _COMMON_DIGITS = 4, 4
_SHORTEST_NAME = 3
_SPLIT = re.compile(r"[\^=,;/\s]+")
_COMMON = frozenset(
    "anon anonymous anonymized none unknown test patient name removed null dr prof phantom static "
    "dynamic original primary secondary derived single biplane plane fixed moving pulsed continuous "
    "round circular rectangle rectangular polygonal square male female other left right both lateral "
    "yes not full fluoroscopy spine abdomen chest head neck scintillator direct linear".split()
)
"""Words that the standard itself writes into objects (defined terms), or that stand for no name."""
_MOST_DEPTH = 60
_MOST_VALUES = 20_000
_DATE = re.compile(r"(\d{4})\.?(\d\d)\.?(\d\d)")


@dataclass(frozen=True, slots=True)
class Identity:
    """What pseudonym and date shift follow from: the patient's id, else the name, else the study."""

    key: str

    @classmethod
    def of(cls, dataset: Dataset) -> Identity:
        """The identity that a header states."""
        for keyword in ("PatientID", "PatientName", "StudyInstanceUID", "SOPInstanceUID"):
            try:
                text = str(dataset.get(keyword) or "").strip()
            except Exception:
                # as every value of a header, it may be anything
                text = ""
            if text:
                return cls(text if keyword == "PatientID" else f"{keyword}\0{text}")
        return cls("nobody")


@dataclass(slots=True)
class Names:
    """Identifying values, each with the attribute that it stood in.

    Parameters
    ----------
    texts : dict of str to str
        Names, parts of names, ids, addresses and institutions.
    uids : dict of str to str
    dates : set of str
        ``YYYYMMDD``.
    short : int
        Values too short to be looked for.
    """

    texts: dict[str, str] = field(default_factory=dict)
    uids: dict[str, str] = field(default_factory=dict)
    dates: set[str] = field(default_factory=set)
    short: int = 0

    @classmethod
    def of(cls, dataset: Dataset) -> Names:
        """Collect from a data set, at every depth, private attributes too."""
        found = cls()
        for element_keyword, kind, action, value in _values(dataset, 0):
            if len(found.texts) + len(found.uids) + len(found.dates) > _MOST_VALUES:
                break
            found.add(element_keyword, kind, action, value)
        return found

    def add(self, keyword: str, kind: str, action: Action, value: str) -> None:
        """Take in one value of an attribute."""
        text = value.strip()
        if not text:
            return
        if kind in ("DA", "DT"):
            day = _DATE.match(text)
            if day is not None:
                self.dates.add("".join(day.groups()))
        elif kind == "UI":
            if not is_well_known(text) and action in (Action.UID, Action.REMOVE):
                self.uids.setdefault(text, keyword)
        elif kind == "PN":
            self.name(text, keyword)
        elif keyword in _IDENTIFYING:
            self.text(text, keyword)

    def name(self, text: str, keyword: str) -> None:
        """Take in a person's name: whole, and each part."""
        for part in _SPLIT.split(text):
            # one ideograph may be a family name, but is no finding in a thousand bytes
            wide = not part.isascii()
            if len(part) >= (2 if wide else _SHORTEST_NAME) and part.casefold() not in _COMMON:
                self.texts.setdefault(part, keyword)
            elif part:
                self.short += 1

    def text(self, text: str, keyword: str) -> None:
        """Take in an id, a place or an institution: whole."""
        if len(text) >= _SHORTEST and text.casefold() not in _COMMON:
            self.texts.setdefault(text, keyword)
            self.short += is_common_number(text)
        else:
            self.short += 1

    def __or__(self, other: Names) -> Names:
        return Names(
            other.texts | self.texts,
            other.uids | self.uids,
            self.dates | other.dates,
            self.short + other.short,
        )

    def matcher(self) -> Callable[[str], bool]:
        """A test whether a text holds one of the names, as `Search` looks for them in bytes."""
        if not self.texts:
            return lambda text: False
        patterns = []
        for text in sorted({_folded(text) for text in self.texts}, key=len, reverse=True):
            alone = stands_alone(text.encode("utf-8", "replace"))
            patterns.append(rf"(?<![^\W_]){re.escape(text)}(?![^\W_])" if alone else re.escape(text))
        either = re.compile("|".join(patterns))
        return lambda text: either.search(_folded(text)) is not None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def spellings(text: str) -> frozenset[str]:
    """The text in small and large letters, accents in and beside them: other bytes, and the same words."""
    if text.isascii():
        return frozenset((text,))  # bytes are compared in small letters
    cased = (text, text.lower(), text.upper(), text.title(), text.casefold())
    return frozenset(unicodedata.normalize(form, one) for one in cased for form in ("NFC", "NFD"))


def is_common_number(text: str) -> bool:
    """Whether a value is a number such as distances and times are: in bytes it is no finding."""
    return len(text) <= _COMMON_DIGITS and text.isdecimal()


def stands_alone(key: bytes) -> bool:
    """Whether a value counts as a whole word alone: it is a part of many others."""
    return len(key) < 6 or re.fullmatch(rb"[0-9.\-/]+", key) is not None


def _values(dataset: Dataset, depth: int) -> Iterator[tuple[str, str, Action, str]]:
    if depth > _MOST_DEPTH:
        raise RecursionError(f"sequences lie {depth} deep in one another")
    for tag in dataset.keys():  # noqa: SIM118 - iterating a data set decodes every value, bad ones too
        try:
            element = dataset[tag]
            kind = str(element.VR)
            if kind == "SQ":
                items = list(element.value)
            else:
                values = _each(element.value) if kind[0] != "O" else ()
                for value in values:
                    yield element.keyword, kind, action_for(element.tag, kind), value
                continue
        except RecursionError:
            raise
        except Exception:  # noqa: S112
            # a value that cannot be read is removed, and cannot be looked for
            continue
        for item in items:
            yield from _values(item, depth + 1)


def _each(value: object) -> Iterable[str]:
    several = value if isinstance(value, MultiValue) else [value]
    return [str(one) for one in several if one is not None and not isinstance(one, bytes)]
