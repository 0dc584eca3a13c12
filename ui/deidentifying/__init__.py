"""The window in which text in the frames is confirmed."""
