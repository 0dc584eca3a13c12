"""What is negotiated: classes, transfer syntaxes, query models. The conformance statement is made of it."""

from __future__ import annotations

from collections.abc import Sequence

from pydicom.uid import (
    HTJ2K,
    JPEG2000,
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    HTJ2KLosslessRPCL,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    ComprehensiveSRStorage,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    EnhancedXAImageStorage,
    EnhancedXRFImageStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    ModalityWorklistInformationFind,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    PatientRootQueryRetrieveInformationModelFind,
    PatientRootQueryRetrieveInformationModelGet,
    PatientRootQueryRetrieveInformationModelMove,
    SecondaryCaptureImageStorage,
    SegmentationStorage,
    StorageCommitmentPushModel,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
    XRayAngiographicImageStorage,
    XRayRadiationDoseSRStorage,
    XRayRadiofluoroscopicImageStorage,
)

NATIVE = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian)
LOSSLESS = (
    JPEGLosslessSV1, JPEGLossless, JPEGLSLossless, JPEG2000Lossless, HTJ2KLossless, HTJ2KLosslessRPCL,
    RLELossless,
)  # fmt: skip
LOSSY = (JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLSNearLossless, JPEG2000, HTJ2K)
IMAGE_SYNTAXES: tuple[UID, ...] = (*NATIVE, *LOSSLESS, *LOSSY)
"""Those that `monitor.sources` decodes, those first that cost nothing to decode."""
PLAIN_SYNTAXES: tuple[UID, ...] = NATIVE[:2]
"""Of everything that holds no picture."""

FLUOROSCOPY = (
    XRayAngiographicImageStorage, XRayRadiofluoroscopicImageStorage, EnhancedXAImageStorage,
    EnhancedXRFImageStorage,
)  # fmt: skip
OTHER_IMAGES = (
    SecondaryCaptureImageStorage, MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage, MultiFrameTrueColorSecondaryCaptureImageStorage,
    DigitalXRayImageStorageForPresentation, DigitalXRayImageStorageForProcessing,
    ComputedRadiographyImageStorage,
)  # fmt: skip
IMAGES = (*FLUOROSCOPY, *OTHER_IMAGES)
"""Pictures that are taken in."""
DOSE_REPORTS = (XRayRadiationDoseSRStorage,)
RESULTS = (
    MultiFrameTrueColorSecondaryCaptureImageStorage, MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage, SegmentationStorage,
    GrayscaleSoftcopyPresentationStateStorage, ComprehensiveSRStorage,
)  # fmt: skip
"""What this software makes of a session."""
FINDS = (StudyRootQueryRetrieveInformationModelFind, PatientRootQueryRetrieveInformationModelFind)
MOVES = (StudyRootQueryRetrieveInformationModelMove, PatientRootQueryRetrieveInformationModelMove)
GETS = (StudyRootQueryRetrieveInformationModelGet, PatientRootQueryRetrieveInformationModelGet)
WORKLIST = (ModalityWorklistInformationFind,)
COMMITMENT = (StorageCommitmentPushModel,)
VERIFICATION = (Verification,)
MOST_CONTEXTS = 128
"""Of an association: their identifiers are odd numbers up to 255 (PS3.8 9.3.2.2)."""


def received() -> list[PresentationContext]:
    """What a Storage SCP of ours takes: pictures, dose reports, and the question whether it is there."""
    return [
        *(build_context(sop_class, list(IMAGE_SYNTAXES)) for sop_class in IMAGES),
        *(build_context(sop_class, list(PLAIN_SYNTAXES)) for sop_class in (*DOSE_REPORTS, *VERIFICATION)),
    ]


def retrieved(model: UID, sop_classes: Sequence[UID]) -> list[PresentationContext]:
    """What a C-GET offers: the model, and storage of what it may bring, on which the peer sends.

    A context has one syntax in the end, which its acceptor chooses. So compressed syntaxes have contexts of
    their own: an object comes as it is stored, and is not decompressed, or refused, for another's sake. Where
    that would be more than the 128 that there can be, only fluoroscopy is offered like this.

    Parameters
    ----------
    model : UID
        SOP class of the C-GET.
    sop_classes : sequence of UID
        Those of `IMAGES` and `DOSE_REPORTS` that may come.
    """
    images = [sop_class for sop_class in sop_classes if sop_class in IMAGES]
    reports = [sop_class for sop_class in sop_classes if sop_class in DOSE_REPORTS]
    compressed = (*LOSSLESS, *LOSSY)
    made = plain(model, *reports)
    all_apart = len(made) + len(images) * (1 + len(compressed)) <= MOST_CONTEXTS
    for sop_class in images:
        made.append(build_context(sop_class, list(NATIVE)))
        if all_apart or sop_class in FLUOROSCOPY:
            made += [build_context(sop_class, [syntax]) for syntax in compressed]
        else:
            made.append(build_context(sop_class, list(compressed)))
    return made


def plain(*sop_classes: UID) -> list[PresentationContext]:
    """A context each, in the syntaxes that every peer knows."""
    return [build_context(sop_class, list(PLAIN_SYNTAXES)) for sop_class in sop_classes]


def offered(sop_class: UID, syntax: UID) -> list[PresentationContext]:
    """What is offered for one object that is to be sent.

    The syntax that it is written in, alone. For one that is neither compressed nor big endian also the
    syntaxes that every peer knows, since writing its values otherwise changes none of them.
    """
    contexts = [build_context(sop_class, syntax)]
    if syntax in PLAIN_SYNTAXES:
        contexts += [build_context(sop_class, other) for other in PLAIN_SYNTAXES if other != syntax]
    return contexts


def commitment() -> list[PresentationContext]:
    """What is offered to ask for storage commitment."""
    return plain(*COMMITMENT)
