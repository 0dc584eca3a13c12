"""DCMTK's worklist server with entries made by dump2dcm."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from recordings.network.address import Peer
from tests import peers

_DUMP = """\
(0008,0005) CS [ISO_IR 192]
(0008,0050) SH [{accession}]
(0008,0090) PN [Roe^Richard]
(0010,0010) PN [{name}]
(0010,0020) LO [{patient_id}]
(0010,0030) DA [19500203]
(0010,0040) CS [F]
(0020,000d) UI [{study}]
(0032,1060) LO [{description}]
(0040,1001) SH [RP{accession}]
(0040,0100) SQ
(fffe,e000) na
(0008,0060) CS [{modality}]
(0040,0001) AE [{station}]
(0040,0002) DA [{day:%Y%m%d}]
(0040,0003) TM [{clock}]
(0040,0006) PN [Doe^Anna]
(0040,0007) LO [{description}]
(0040,0009) SH [S{accession}]
(0040,0010) SH [Angio 2]
(fffe,e00d) na
(fffe,e0dd) na
"""


@dataclass(frozen=True)
class Entry:
    """One scheduled step."""

    accession: str
    patient_id: str
    name: str
    clock: str = "0830"
    day: date = date(2026, 1, 2)
    description: str = "Vertebroplastie L1"
    modality: str = "XA"
    station: str = "ANGIO2"

    @property
    def study(self) -> str:
        return f"1.2.826.0.1.3680043.8.498.77.{self.accession[1:]}"


@contextmanager
def worklist_server(folder: Path, *entries: Entry) -> Iterator[Peer]:
    """A ``wlmscpfs`` that is called RIS, with these entries."""
    held = folder / "RIS"
    held.mkdir(parents=True)
    (held / "lockfile").touch()
    for entry in entries:
        dump = folder / f"{entry.accession}.dump"
        dump.write_text(_DUMP.format(**vars(entry), study=entry.study), "utf-8")
        peers.run("dump2dcm", dump, held / f"{entry.accession}.wl")
    port = peers.free_port()
    with peers.server("wlmscpfs", "-dfp", folder, str(port), port=port, folder=folder):
        yield Peer("RIS", "127.0.0.1", port)
