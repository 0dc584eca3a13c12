"""The results of a session as DICOM objects: pictures, masks, structures and measurements."""
