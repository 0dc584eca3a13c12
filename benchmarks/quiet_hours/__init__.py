"""Quiet hours: what is simulated, how a part is run, and the report."""
