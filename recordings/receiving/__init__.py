"""Taking DICOM objects in: a Storage SCP that answers success only for what is kept."""
