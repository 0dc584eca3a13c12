"""Hostile inputs for every reader, made from valid ones, each the same for the same seed and number."""
