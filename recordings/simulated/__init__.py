"""Simulated procedures with known truth: anatomy, cement growth, X-ray physics.

`SimulatedSource` gives the frames, `plan_for` the plan, `truth.Truth` what is really there, and
`write_procedure` writes it all into a folder. Nothing here knows how cement is detected.
"""
