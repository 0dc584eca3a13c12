"""The replay window: a recorded session in the overlay, on a time line.

`deck` is what lies there, `look` what of it the overlay shows at a moment, `transport` how time goes,
`player` moves them, all without widgets; `window` shows it with `time_line`, `controls` and `events`.
"""
