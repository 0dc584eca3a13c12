"""Offline quality assurance: accuracy against simulated truth, throughput over an archive of sessions."""
