"""Which object a file holds, held against what its sender announced."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from struct import error as struct_error

from pydicom.dataset import Dataset

from monitor.errors import CementWatchError, SourceError
from monitor.sources.bounded import Bounded
from monitor.sources.dicom_file import read_header, read_image, readable, whole_number
from recordings.network.contexts import IMAGES
from recordings.network.uid import is_uid

OUT_OF_RESOURCES = 0xA700
DOES_NOT_MATCH = 0xA900
CANNOT_UNDERSTAND = 0xC000
NOT_SUPPORTED = 0x0122
DUPLICATE = 0x0111
INVALID_INSTANCE = 0x0117
"""Status of a C-STORE response (PS3.7 9.1.1.1.9 and Annex C, PS3.4 table B.2-1)."""

_LARGEST_REPORT_BYTES, _MOST_REPORT_READS = 1 << 26, 1_000_000


class Refused(CementWatchError):
    """An object that is not kept. `status` is what its sender is answered.

    The text names neither the patient nor anything else that the object says.
    """

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, slots=True)
class Announced:
    """What the sender says that it sends, before the data set."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What an object is.

    Parameters
    ----------
    sop_class_uid, sop_instance_uid, study_instance_uid, series_instance_uid : str
        Digits and dots, up to 64 characters.
    frames : int or None
        None where it is no image.
    """

    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    frames: int | None


def identify(path: Path, announced: Announced) -> Identity:
    """Read the header of a DICOM file that was announced.

    Of an image all its pixel data must be there, in a form that `monitor.sources` reads.

    Raises
    ------
    Refused
        It is not readable, or not what was announced.
    """
    header, frames = _header(path, announced)
    uids = {keyword: str(header.get(keyword) or "") for keyword in (
        "SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"
    )}  # fmt: skip
    if uids["SOPClassUID"] != announced.sop_class_uid:
        raise Refused(DOES_NOT_MATCH, "the data set is of another SOP class than announced")
    if uids["SOPInstanceUID"] != announced.sop_instance_uid:
        raise Refused(DOES_NOT_MATCH, "the data set is another instance than announced")
    for keyword, uid in uids.items():
        if not is_uid(uid):
            raise Refused(CANNOT_UNDERSTAND, f"{keyword} is missing or none")
    return Identity(
        uids["SOPClassUID"], uids["SOPInstanceUID"], uids["StudyInstanceUID"], uids["SeriesInstanceUID"],
        frames,
    )  # fmt: skip


def _header(path: Path, announced: Announced) -> tuple[Dataset, int | None]:
    try:
        if announced.sop_class_uid in IMAGES:
            image = read_image(path)
            return image.header, image.frames
        with readable(path), Bounded(path.open("rb"), _LARGEST_REPORT_BYTES, _MOST_REPORT_READS) as file:
            header = read_header(file)[0]
            whole_number(header, "InstanceNumber", 0)
            return header, None
    except SourceError as error:
        # what a decoder says of a damaged header may quote it, and with it a name
        words = str(error).replace(f"{path}: ", "").partition(" (")[0]
        raise Refused(CANNOT_UNDERSTAND, words) from error
    except (ValueError, struct_error, RecursionError, MemoryError) as error:
        raise Refused(CANNOT_UNDERSTAND, "not a readable DICOM file") from error
