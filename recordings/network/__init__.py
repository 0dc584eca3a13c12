"""What every DICOM service shares: addresses, TLS, what is negotiated, and an association as SCU."""
