"""The DICOM conformance statement, made from its template and from what the program negotiates.

``python -m tests.conformance_file`` writes docs/conformance.md; the test run fails where it is not what it
would write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydicom.sr.coding import Code
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
)
from pynetdicom import PYNETDICOM_IMPLEMENTATION_UID, PYNETDICOM_IMPLEMENTATION_VERSION
from pynetdicom.presentation import PresentationContext
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    ComprehensiveSRStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    SegmentationStorage,
)

from recordings.fetching.pacs import MOST_INSTANCES, MOST_SERIES, MOST_STUDIES
from recordings.fetching.worklist import MOST_STEPS
from recordings.network import contexts
from recordings.network.address import OUR_AET
from recordings.network.association import LARGEST_PDU_BYTES, Patience
from recordings.receiving import identity
from recordings.receiving.limits import Limits
from recordings.results import codes
from recordings.sending.backoff import Policy
from recordings.sending.commitment import MOST_REFERENCES

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE, STATEMENT = ROOT / "docs" / "conformance.template.md", ROOT / "docs" / "conformance.md"
_PLACE = re.compile(r"\{\{(\w+)\}\}")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Rows as Markdown."""
    heads = list(head)
    lines = [heads, ["---"] * len(heads), *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def name_of(uid: object) -> str:
    """The name of a class or a syntax, as the standard has it."""
    return UID(str(uid)).name


def context_table(offered: Iterable[PresentationContext], role: str) -> str:
    """Every context; those of the same syntaxes above one list of them."""
    groups: dict[tuple[str, ...], list[PresentationContext]] = {}
    for context in offered:
        groups.setdefault(tuple(map(str, context.transfer_syntax or ())), []).append(context)
    parts = []
    for syntaxes, members in groups.items():
        rows = [(name_of(one.abstract_syntax), str(one.abstract_syntax), role) for one in members]
        parts.append(table(("abstract syntax", "UID", "role"), rows))
        parts.append("each with the transfer syntaxes:")
        parts.append(table(("transfer syntax", "UID"), [(name_of(one), one) for one in syntaxes]))
    return "\n\n".join(parts)


def overview() -> str:
    """Section 1."""
    stored = [*contexts.IMAGES, *contexts.DOSE_REPORTS]
    rows = [
        *((name_of(one), "yes (results)" if one in contexts.RESULTS else "no", "yes") for one in stored),
        *((name_of(one), "yes (results)", "no") for one in contexts.RESULTS if one not in stored),
        *((name_of(one), "yes", "no") for one in (*contexts.FINDS, *contexts.MOVES, *contexts.GETS)),
        *((name_of(one), "yes", "no") for one in (*contexts.WORKLIST, *contexts.COMMITMENT)),
        *((name_of(one), "no", "yes") for one in contexts.VERIFICATION),
    ]
    return table(("network service", "as SCU (user)", "as SCP (provider)"), rows)


def _patience() -> str:
    p = Patience()
    return (
        f"{p.connect_s:g} s for a connection, {p.answer_s:g} s for an association and for an answer, "
        f"{p.silence_s:g} s without a byte"
    )


def _receive_limits() -> str:
    one = Limits()
    rows = [
        ("associations at once, in all and from one address",
         f"{one.associations}, {one.associations_of_a_peer}; more are rejected as transient (2, 3, 2)"),
        ("connections at once, in all and from one address",
         f"{one.connections}, {one.connections_of_a_peer}; more are closed"),
        ("largest PDU", f"{one.pdu_bytes} bytes"),
        ("largest object", f"{one.object_bytes / 1e9:.0f} GB"),
        ("room that stays free on the disk", f"{one.floor_bytes / 1e6:.0f} MB"),
        ("data, messages", f"{one.bytes_per_s / 1e6:.0f} MB/s, {one.messages_per_s:g}/s; above it waits"),
        ("request of an association, its end (ARTIM)", f"{one.greeting_s:g} s"),
        ("silence, one PDU, a whole association",
         f"{one.silence_s:g} s, {one.pdu_s:g} s, {one.association_s / 3600:g} h"),
    ]  # fmt: skip
    return table(("limit", "value"), rows)


def _receive_status() -> str:
    rows = [
        (0x0000, "kept: on the disk, flushed, under its name"),
        (identity.OUT_OF_RESOURCES, "no room on the disk, or larger than what is taken"),
        (identity.DOES_NOT_MATCH, "the data set is of another class or instance than announced"),
        (identity.CANNOT_UNDERSTAND, "not readable, cut, or without the UIDs that name it"),
        (identity.DUPLICATE, "another object with this SOP instance UID is kept already"),
        (identity.INVALID_INSTANCE, "the SOP instance UID is none"),
        (identity.NOT_SUPPORTED, "another SOP class than the context is for"),
    ]
    return table(("C-STORE status", "when"), [(f"{code:04X}", words) for code, words in rows])


def _fetch_contexts() -> str:
    offered = contexts.retrieved(contexts.GETS[0], [*contexts.IMAGES, *contexts.DOSE_REPORTS])
    models = context_table(contexts.plain(*contexts.FINDS, *contexts.MOVES, *contexts.GETS), "SCU")
    return (
        f"{models}\n\nWith a C-GET, storage of what may come is offered in the role of SCP: the classes of "
        f"RECEIVE, in at most {len(offered)} contexts; fluoroscopy with a context for each compressed "
        "transfer syntax, so that an object comes as it is stored."
    )


def _fetch_details() -> str:
    return (
        "Levels STUDY, SERIES and IMAGE of the Study Root model, of the Patient Root model where a peer has "
        f"only that. At most {MOST_STUDIES} studies, {MOST_SERIES} series and {MOST_INSTANCES} instances are "
        "taken as answers; then C-CANCEL. Relational queries and extended negotiation: not used."
    )


def _worklist_details() -> str:
    return (
        "Matching by date, modality, scheduled station, scheduled step and accession number; at most "
        f"{MOST_STEPS} scheduled steps are taken. MPPS: not supported."
    )


def _send_contexts() -> str:
    run = contexts.offered(MultiFrameTrueColorSecondaryCaptureImageStorage, JPEGBaseline8Bit)
    return "\n\n".join(
        [
            context_table(contexts.plain(*contexts.RESULTS, *contexts.COMMITMENT), "SCU"),
            context_table(run, "SCU"),
            "DICOM files that are named to be sent are offered in their own class and transfer syntax. While "
            "it listens for reports (`--port`), it is an SCP of Verification too.",
        ]
    )


def _send_details() -> str:
    policy = Policy()
    wait, again = policy.failed, policy.unanswered
    return (
        "An object is offered in the transfer syntax that it is written in; one that is not compressed also "
        "in the other of the two above. Nothing is compressed or decompressed. Success and warnings (B000, "
        "B006, B007, 0001, 0107, 0111, 0116) end a sending; A7xx, network faults and transient rejections "
        f"are tried again after {wait.first_s:g} s, doubled up to {wait.most_s / 3600:g} h, over restarts; "
        "A9xx, Cxxx, 0122 and a class or syntax that is not taken are kept as failed and named.\n\n"
        f"Storage commitment: N-ACTION with up to {MOST_REFERENCES} references; the association is kept open "
        f"{policy.hold_s:g} s for the report, which is also taken on an association that the peer opens "
        f"(with role selection). Without a report it is asked for again after {again.first_s:g} s, doubled "
        f"up to {again.most_s / 3600:g} h. What a report says is not there is sent again."
    )


MADE = {
    "frames": (
        "frames, where there is no DICOM source",
        (
            MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
            MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
        ),
        ExplicitVRLittleEndian,
    ),
    "key": ("key frames", (MultiFrameTrueColorSecondaryCaptureImageStorage,), ExplicitVRLittleEndian),
    "run": ("annotated run", (MultiFrameTrueColorSecondaryCaptureImageStorage,), JPEGBaseline8Bit),
    "seg": ("masks of the cement", (SegmentationStorage,), ExplicitVRLittleEndian),
    "gsps": ("structures of the plan", (GrayscaleSoftcopyPresentationStateStorage,), ExplicitVRLittleEndian),
    "sr": ("measurements, after TID 1500", (ComprehensiveSRStorage,), ExplicitVRLittleEndian),
}
"""By kind of `recordings.results.write.WrittenObject`: what it is, its classes, its transfer syntax."""


def _results() -> str:
    made = {sop_class for _, classes, _ in MADE.values() for sop_class in classes}
    assert made == set(contexts.RESULTS), "a class of results without a line in the statement"
    return table(
        ("what", "SOP class", "transfer syntax"),
        [
            (what, ", ".join(map(name_of, classes)), name_of(syntax))
            for what, classes, syntax in MADE.values()
        ],
    )


def _codes() -> str:
    found: dict[str, Code] = {}
    for value in vars(codes).values():
        held = value.values() if isinstance(value, Mapping) else [value]
        found |= {code.value: code for code in held if isinstance(code, Code)}
    own = sorted((c for c in found.values() if c.scheme_designator == codes.SCHEME), key=lambda c: c.value)
    return (
        "SNOMED CT, DCM and UCUM codes are those of PS3.16 as pydicom lists them. What these lack has codes "
        f"of the scheme {codes.SCHEME}, which each object that uses it declares:\n\n"
        + table(("code", "meaning"), [(code.value, code.meaning) for code in own])
    )


def statement(template: str) -> str:
    """The statement. Raises `KeyError` where the template names a part that there is not."""
    parts = {
        "overview": overview(),
        "implementation_uid": str(PYNETDICOM_IMPLEMENTATION_UID),
        "implementation_version": PYNETDICOM_IMPLEMENTATION_VERSION,
        "pdu": f"{LARGEST_PDU_BYTES} bytes",
        "patience": _patience(),
        "receive_limits": _receive_limits(),
        "receive_contexts": context_table(contexts.received(), "SCP"),
        "receive_status": _receive_status(),
        "fetch_contexts": _fetch_contexts(),
        "fetch_details": _fetch_details(),
        "worklist_contexts": context_table(contexts.plain(*contexts.WORKLIST), "SCU"),
        "worklist_details": _worklist_details(),
        "send_contexts": _send_contexts(),
        "send_details": _send_details(),
        "our_aet": OUR_AET,
        "results": _results(),
        "codes": _codes(),
    }
    made = _PLACE.sub(lambda place: parts.pop(place[1]), template)
    assert not parts, f"not in the template: {', '.join(parts)}"
    return made


def main() -> None:
    """Write the statement."""
    STATEMENT.write_text(statement(TEMPLATE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
