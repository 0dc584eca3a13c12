"""Parts of the report's content: measurements with their uncertainty, who observed, and remarks."""

from __future__ import annotations

from collections.abc import Iterable

from highdicom.sr import (
    ContainerContentItem,
    ContentSequence,
    DeviceObserverIdentifyingAttributes,
    FindingSite,
    Measurement,
    NumContentItem,
    ObserverContext,
    SourceImageForMeasurement,
    TextContentItem,
)
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from monitor.plan import Scale
from recordings.results import codes as ours
from recordings.results.making import MAKER, MODEL, Making

_EVALUATIONS = Code("C0034375", "UMLS", "Qualitative Evaluations")
CONTAINS, _HAS_PROPERTIES = "CONTAINS", "HAS PROPERTIES"


def observer(making: Making) -> ObserverContext:
    """Who observed: the software."""
    return ObserverContext(
        codes.DCM.Device,
        DeviceObserverIdentifyingAttributes(
            making.uid_of_session("device", making.software_version), name=MODEL, manufacturer_name=MAKER,
            model_name=f"version {making.software_version}",
        ),
    )  # fmt: skip


def evaluations(remarks: Iterable[str]) -> ContainerContentItem:
    """What is to be said of the whole in words (TID 1500, row 12)."""
    container = ContainerContentItem(_EVALUATIONS, relationship_type=CONTAINS)
    container.ContentSequence = ContentSequence(
        [TextContentItem(ours.COMMENT, remark, CONTAINS) for remark in remarks]
    )
    return container


def scale_of(scale: Scale, method: str) -> Measurement:
    """A scale with its uncertainty, and how it was found."""
    uncertainty = scale.mm_per_px * scale.relative_uncertainty
    return measured(
        ours.SCALE, scale.mm_per_px, ours.MM_PER_PX, lower=uncertainty, upper=uncertainty, method=method
    )


def measured(
    name: Code,
    value: float,
    unit: Code,
    *,
    derivation: Code | None = None,
    sites: list[FindingSite] | None = None,
    lower: float | None = None,
    upper: float | None = None,
    method: str | None = None,
    images: list[SourceImageForMeasurement] | None = None,
) -> Measurement:
    """A measurement (TID 300) with its uncertainty in its own unit; how it came about in words.

    highdicom writes uncertainties without a unit, so they are added here.
    """
    made = Measurement(
        name, value, unit, derivation=derivation, finding_sites=sites, referenced_images=images
    )
    more: list[NumContentItem | TextContentItem] = [
        NumContentItem(code, bound, unit, relationship_type=_HAS_PROPERTIES)
        for code, bound in ((ours.UPPER, upper), (ours.LOWER, lower))
        if bound is not None
    ]
    if method is not None:
        more.append(TextContentItem(ours.METHOD, method, _HAS_PROPERTIES))
    if more:
        item = made[0]
        if "ContentSequence" not in item:
            item.ContentSequence = ContentSequence()
        for one in more:
            item.ContentSequence.append(one)
    return made
