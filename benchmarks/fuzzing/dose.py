"""Spoiled radiation dose reports: bytes at large, elements, and what their content says."""

from __future__ import annotations

import random
from functools import cache
from io import BytesIO

from benchmarks.fuzzing import dicom
from benchmarks.fuzzing.mutate import spoiled_bytes
from tests.recordings.dose.report import ACQUISITION, PLANE_A, dose_report, event, totals

_TOKENS = (
    b"Gy.m2 ", b"Gy", b"deg ", b"kV", b"{pulse}/s ", b"ms", b"NUM ", b"CODE", b"CONTAINER ", b"UIDREF",
    b"DATETIME",
    b"113706", b"113738", b"122130", b"113733", b"113764", b"113721", b"0.0000123 ", b"0.00185 ", b"DCM ",
    b"20260312101500.250", b"1.2.3.4.5.300.1", b"\x40\x00\x30\xa7", b"\x40\x00\x00\xa3", b"\xfe\xff\x00\xe0",
)  # fmt: skip
_ODD = (
    b"", b"\0", b"NaN ", b"1e400 ", b"-1", b"Gy/s", b"m99", b"kkGy", b"\xff\xfe", b"9" * 64, b"A" * 300,
    b"113706",
    b"113702", b"\x40\x00\x30\xa7", b"{}{}{}", b"................", b"Gy." * 60, b"20269999999999", b"+9999",
)  # fmt: skip


@cache
def whole() -> bytes:
    """A valid report with three irradiations and two sums."""
    held = BytesIO()
    events = [event(1), event(2, "20260312101600", kind=ACQUISITION), event(3, plane=PLANE_A)]
    dose_report(events, sums=[totals(), totals(PLANE_A)]).save_as(held, enforce_file_format=True)
    return held.getvalue()


def spoiled(dice: random.Random) -> bytes:
    """A report spoiled in one of many ways."""
    held = whole()
    chance = dice.random()
    if chance < 0.4:
        return spoiled_bytes(held, dice, first=dice.choice((128, 132, 500, 900)))
    if chance < 0.75:
        for _ in range(dice.randint(1, 5)):
            token = dice.choice(_TOKENS)
            places = [at for at in range(len(held)) if held.startswith(token, at)]
            if places:
                at = dice.choice(places)
                odd = dice.choice(_ODD)
                if dice.random() < 0.7:
                    # of the same length: every length around it still holds
                    odd = odd[: len(token)].ljust(len(token))
                held = held[:at] + odd + held[at + len(token) :]
        return held
    if chance < 0.9:
        return dicom.meddled(held, dice)
    return _deep(held, dice)


def _deep(held: bytes, dice: random.Random) -> bytes:
    """Content in content in content, or very much of it."""
    tag = b"\x40\x00\x30\xa7"
    start = held.index(tag)
    opened = tag + b"SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    if dice.random() < 0.5:
        return held[:start] + opened * dice.choice((5, 60, 400, 3000, 30_000))
    item = b"\xfe\xff\x00\xe0\0\0\0\0"
    return held[:start] + opened[:12] + item * dice.choice((1, 1000, 100_000))
