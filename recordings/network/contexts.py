"""What is negotiated: classes, transfer syntaxes, query models. The conformance statement is made of it."""

from __future__ import annotations

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
    Comprehensive3DSRStorage,
    ComprehensiveSRStorage,
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    DigitalXRayImageStorageForProcessing,
    EnhancedSRStorage,
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
    GrayscaleSoftcopyPresentationStateStorage, ComprehensiveSRStorage, Comprehensive3DSRStorage,
    EnhancedSRStorage,
)  # fmt: skip
"""What this software makes of a session."""
FINDS = (StudyRootQueryRetrieveInformationModelFind, PatientRootQueryRetrieveInformationModelFind)
MOVES = (StudyRootQueryRetrieveInformationModelMove, PatientRootQueryRetrieveInformationModelMove)
GETS = (StudyRootQueryRetrieveInformationModelGet, PatientRootQueryRetrieveInformationModelGet)
WORKLIST = (ModalityWorklistInformationFind,)
COMMITMENT = (StorageCommitmentPushModel,)
VERIFICATION = (Verification,)


def received() -> list[PresentationContext]:
    """What a Storage SCP of ours takes: pictures, dose reports, and the question whether it is there."""
    return [
        *(build_context(sop_class, list(IMAGE_SYNTAXES)) for sop_class in IMAGES),
        *(build_context(sop_class, list(PLAIN_SYNTAXES)) for sop_class in (*DOSE_REPORTS, *VERIFICATION)),
    ]


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
