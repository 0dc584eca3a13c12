"""Radiation dose of a procedure, from the report that the X-ray machine itself writes."""
