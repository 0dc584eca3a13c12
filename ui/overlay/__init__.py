"""The overlay: live image, alarm bar and figures in one window.

`observation` is what it is given, `sight` what of that may be believed, `derive` and `derive_bar`
turn it into words and numbers (`model`), all without Qt; `scene` paints, `window` and `picture` show.
"""
