"""Calibrations measured on simulated phantoms, whose truth is known exactly."""
