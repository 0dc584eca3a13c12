"""Windows to practise in: list of exercises, exercise, score, debrief, progress."""
