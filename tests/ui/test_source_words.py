from __future__ import annotations

import dataclasses

import pytest

from monitor.frame import SourceInfo
from tests.monitor.scripted import info
from ui.source_words import source_words

GRABBER = {"Delivered": "1920 x 1080", "FourCC": "YUYV", "StatedRate": "60 Hz"}


@pytest.mark.parametrize(
    ("changes", "period_s", "words"),
    [
        ({}, None, "device:0  ·  640 x 480  ·  12 bit"),
        ({}, 1 / 29.94, "device:0  ·  640 x 480  ·  12 bit  ·  29.9 Hz measured"),
        ({}, 0.0, "device:0  ·  640 x 480  ·  12 bit"),  # a clock that stands gives no rate
        (
            {"attributes": GRABBER},
            0.04,
            "device:0  ·  640 x 480  ·  out of 1920 x 1080  ·  YUYV  ·  12 bit  ·  25.0 Hz measured",
        ),
        (
            {"attributes": GRABBER, "rows": 1080, "columns": 1920},
            None,
            "device:0  ·  1920 x 1080  ·  YUYV  ·  12 bit",
        ),
    ],
)
def test_words(changes: dict[str, object], period_s: float | None, words: str) -> None:
    plain: SourceInfo = dataclasses.replace(
        info(), source_id="device:0", rows=480, columns=640, attributes={}
    )
    assert source_words(dataclasses.replace(plain, **changes), period_s) == words  # type: ignore[arg-type]
