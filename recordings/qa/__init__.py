"""Offline quality assurance of sessions: what was done, where the cement is, what was told."""
