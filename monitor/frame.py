"""A frame of fluoroscopy, and how its numbers relate to X-ray intensity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.uint16]


class PixelIntensityRelationship(Enum):
    """How stored values relate to X-ray intensity (DICOM PS3.3 C.8.7.1.1.2, Pixel Intensity Relationship).

    `DISP` also stands for every relationship that is not known: video, secondary capture,
    or a term that the standard does not define.
    """

    LIN = "LIN"
    LOG = "LOG"
    DISP = "DISP"


@dataclass(frozen=True, slots=True)
class Intensity:
    """How to read stored pixel values.

    Parameters
    ----------
    relationship : PixelIntensityRelationship
        LIN: the modality value is proportional to X-ray intensity. LOG: to its logarithm.
        DISP: an unknown display curve; attenuation is then relative and volume is off.
    bits_stored : int
        Significant bits; the largest stored value is ``2**bits_stored - 1``.
    bright_is_radiolucent : bool
        True: a larger stored value means more X-ray reached the detector, so cement is dark
        (MONOCHROME2 fluoroscopy). False: cement is bright (MONOCHROME1, or an inverted video).
    rescale_slope, rescale_intercept : float
        Modality value = slope * stored + intercept (DICOM Rescale Slope, Rescale Intercept).
    """

    relationship: PixelIntensityRelationship
    bits_stored: int
    bright_is_radiolucent: bool = True
    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0

    @property
    def largest_stored_value(self) -> int:
        """Largest stored value that the bit depth allows."""
        return (1 << self.bits_stored) - 1


@dataclass(frozen=True, slots=True)
class ImagerGeometry:
    """What a header says of the X-ray geometry. Every value is None where the header is silent.

    Names are the DICOM keywords. Spacings are (row, column) in mm: at the detector for
    `imager_pixel_spacing_mm`, as calibrated for `pixel_spacing_mm`, of a scanned film for
    `nominal_scanned_pixel_spacing_mm`. `object_pixel_spacing_in_center_of_beam_mm` is that of Enhanced
    objects at the object, `pixel_aspect_ratio` (vertical, horizontal) the shape of a pixel,
    `field_of_view_mm` the diameter or larger side of the field at the detector, which a zoom makes smaller.
    """

    imager_pixel_spacing_mm: tuple[float, float] | None = None
    pixel_spacing_mm: tuple[float, float] | None = None
    pixel_spacing_calibration_type: str | None = None
    distance_source_to_detector_mm: float | None = None
    distance_source_to_patient_mm: float | None = None
    estimated_radiographic_magnification_factor: float | None = None
    pixel_spacing_calibration_description: str | None = None
    distance_source_to_isocenter_mm: float | None = None
    object_pixel_spacing_in_center_of_beam_mm: tuple[float, float] | None = None
    nominal_scanned_pixel_spacing_mm: tuple[float, float] | None = None
    pixel_aspect_ratio: tuple[float, float] | None = None
    field_of_view_mm: float | None = None


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """What is known of a source once it is open.

    Parameters
    ----------
    source_id : str
        Path, URL or ``simulated:NAME`` as given.
    kind : str
        ``video``, ``images``, ``dicom``, ``device``, ``network``, ``simulated`` or ``recording``.
    rows, columns : int
        Size of the frames when the source was opened (px).
    intensity : Intensity
        How stored values relate to X-ray intensity.
    live : bool
        True where frames arrive at their own time (device, network); False where reading
        sets the pace (files).
    frame_period_s : float or None
        Nominal time between frames as the source states it; None where it says nothing.
    frame_count : int or None
        Number of frames, None where not known beforehand.
    kvp : float or None
        Tube voltage (kV).
    geometry : ImagerGeometry
        X-ray geometry of the header.
    attributes : mapping of str to str
        Further facts worth logging under their DICOM keyword; never patient data.
    """

    source_id: str
    kind: str
    rows: int
    columns: int
    intensity: Intensity
    live: bool = False
    frame_period_s: float | None = None
    frame_count: int | None = None
    kvp: float | None = None
    geometry: ImagerGeometry = field(default_factory=ImagerGeometry)
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One image as captured; its pixels are never written to again.

    Parameters
    ----------
    seq : int
        Contiguous number given at capture, from 0.
    t_capture_ns : int
        Monotonic time at which the frame was in hand (ns).
    t_source_ns : int or None
        Time of the frame on the source's own clock, from its first frame (ns); None where the
        source carries no times.
    pixels : ndarray, shape (rows, columns), uint8 or uint16
        Stored values, C-contiguous and read-only.
    source_id : str
        The source it came from.
    """

    seq: int
    t_capture_ns: int
    t_source_ns: int | None
    pixels: Pixels
    source_id: str

    @property
    def time_ns(self) -> int:
        """The source's time where there is one, else the time of capture (ns)."""
        return self.t_capture_ns if self.t_source_ns is None else self.t_source_ns

    @property
    def rows(self) -> int:
        """Height (px)."""
        return int(self.pixels.shape[0])

    @property
    def columns(self) -> int:
        """Width (px)."""
        return int(self.pixels.shape[1])


def freeze_pixels(pixels: NDArray[np.generic], *, copy: bool) -> Pixels:
    """Return a contiguous, read-only gray image.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns), uint8 or uint16
    copy : bool
        True where the buffer belongs to someone who may write to it again (OpenCV, codecs).

    Raises
    ------
    ValueError
        Another number of dimensions or dtype.
    """
    if pixels.ndim != 2 or pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"a frame is rows x columns of uint8 or uint16, not {pixels.shape} {pixels.dtype}")
    frozen = np.array(pixels, order="C", copy=True) if copy else np.ascontiguousarray(pixels)
    frozen.flags.writeable = False
    return frozen
