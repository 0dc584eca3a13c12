"""Which DICOM frame is which frame of the session: what results refer to."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    SecondaryCaptureImageStorage,
)

from monitor.frame import SourceInfo
from recordings.dicom_origin import OriginObject

_SINGLE_FRAME = (
    SecondaryCaptureImageStorage, ComputedRadiographyImageStorage, DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImageObject:
    """An image object that holds frames of the session.

    Parameters
    ----------
    sop_class_uid, sop_instance_uid, series_instance_uid, study_instance_uid : str
    seqs : sequence of int
        Numbers of its frames within the session, in the order in which it holds them; ascending.
    modality : str
    monochrome1 : bool
        Its smallest value is shown white.
    shift : int
        How much larger recorded values are than those that it stores: signed ones are recorded shifted.
    """

    sop_class_uid: str
    sop_instance_uid: str
    series_instance_uid: str
    study_instance_uid: str
    seqs: Sequence[int]
    modality: str
    monochrome1: bool = False
    shift: int = 0

    @property
    def is_multi_frame(self) -> bool:
        """Whether its class may hold several frames: else a reference names none."""
        return self.sop_class_uid not in _SINGLE_FRAME

    def number(self, seq: int) -> int | None:
        """Number of a frame, from 1; None where it is not among them."""
        if isinstance(self.seqs, range):
            return seq - self.seqs.start + 1 if seq in self.seqs else None
        place = bisect_left(self.seqs, seq)
        return place + 1 if place < len(self.seqs) and self.seqs[place] == seq else None


@dataclass(frozen=True, slots=True)
class FrameRef:
    """A frame in an object. `number` is None where the object has no more than one by its class."""

    image: ImageObject
    number: int | None

    def item(self) -> Dataset:
        """As an item of a sequence of referenced images."""
        made = Dataset()
        made.ReferencedSOPClassUID = self.image.sop_class_uid
        made.ReferencedSOPInstanceUID = self.image.sop_instance_uid
        if self.number is not None:
            made.ReferencedFrameNumber = self.number
        return made


class ImageObjects:
    """All objects that hold the frames of a session."""

    def __init__(self, images: Sequence[ImageObject]) -> None:
        self.images = tuple(sorted((image for image in images if len(image.seqs)), key=lambda i: i.seqs[0]))
        self._first_seqs = [image.seqs[0] for image in self.images]

    def of(self, seq: int) -> FrameRef | None:
        """Where a frame is; None where no object has it."""
        place = bisect_right(self._first_seqs, seq) - 1
        number = self.images[place].number(seq) if place >= 0 else None
        if number is None:
            return None
        image = self.images[place]
        return FrameRef(image, number if image.is_multi_frame else None)

    def references(self, seqs: Iterable[int]) -> list[Dataset]:
        """Items of a sequence of source images: one for each object, with the frames that are meant."""
        numbers: dict[str, list[int]] = {}
        by_uid = {image.sop_instance_uid: image for image in self.images}
        for seq in seqs:
            ref = self.of(seq)
            if ref is not None:
                numbers.setdefault(ref.image.sop_instance_uid, []).append(ref.number or 0)
        items = []
        for uid, found in numbers.items():
            item = FrameRef(by_uid[uid], None).item()
            if by_uid[uid].is_multi_frame and sum(len(str(n)) + 1 for n in found) < 60_000:
                item.ReferencedFrameNumber = found
            items.append(item)
        return items


def of_origins(origins: Sequence[OriginObject], info: SourceInfo, seqs: Sequence[int]) -> ImageObjects | None:
    """The source's own objects; None where results cannot refer to them frame by frame.

    That is where the frames are a part of the source's (a crop), in colours, of several studies, or where
    some came from elsewhere.
    """
    photometric = info.attributes.get("PhotometricInterpretation", "MONOCHROME2")
    if not origins or "Crop" in info.attributes or not photometric.startswith("MONOCHROME"):
        return None
    if len({origin.study_instance_uid for origin in origins}) > 1:
        return None
    held = [range(origin.first_seq, origin.first_seq + origin.frames) for origin in origins]
    modality = info.attributes.get("Modality", "OT")
    signed = info.attributes.get("PixelRepresentation") == "1"
    shift = 1 << (info.intensity.bits_stored - 1) if signed else 0
    made = ImageObjects(
        [
            ImageObject(
                origin.sop_class_uid, origin.sop_instance_uid, origin.series_instance_uid,
                origin.study_instance_uid, part, modality, photometric == "MONOCHROME1",
                shift,
            )
            for origin, part in zip(origins, held, strict=True)
        ]
    )  # fmt: skip
    return made if all(made.of(seq) is not None for seq in seqs) else None
