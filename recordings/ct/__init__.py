"""Cement in a CT that was taken after the procedure, and what fluoroscopy had said of it."""
