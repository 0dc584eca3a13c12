"""A window that leads through the calibrations of a room."""
