"""De-identification of DICOM objects and sessions for training libraries (PS3.15 Annex E)."""
