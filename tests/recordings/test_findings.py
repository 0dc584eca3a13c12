"""What is kept of a result comes back exactly, and every change of it is seen."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import Config
from monitor.errors import RecordingError
from monitor.pipeline import Pipeline
from monitor.result import Distance, Result
from recordings.findings import Findings, differences, pack_findings, unpack_findings
from tests.monitor.scripted import disc_mm, frame, info, plan, scene


@cache
def result() -> Result:
    """Of a frame in which cement is across the posterior wall."""
    noise = np.random.default_rng(2)
    pipeline = Pipeline(plan(), plan().views[0], info(), Config())
    for seq in range(90):
        cement = disc_mm(150.0, 130.0, 8 + 0.8 * (seq - 60), 4.0) if seq > 60 else None
        last = pipeline.step(frame(seq, scene(cement, noise=noise)), round(seq * 1e9 / 15))
    assert last.levels[0].leaks
    assert last.alerts
    return last


def test_a_result_comes_back_as_it_was() -> None:
    found = Findings.of(result())
    back = unpack_findings(pack_findings(found))
    assert differences(found, back) == ()
    again = back.on(result().frame)
    assert again.frame is result().frame
    assert again.levels[0].state is result().levels[0].state
    for one, other in zip(again.levels[0].contours_px, result().levels[0].contours_px, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype
        assert not one.flags.writeable


@given(st.floats(allow_nan=True, allow_infinity=True), st.floats(allow_nan=True))
def test_every_number_is_kept_to_its_last_bit(value: float, low: float) -> None:
    level = result().levels[0]
    changed = replace(
        level, volume_ml=value, distances={"vein": Distance(value, low, (low, value), (0.1, 1 / 3))}
    )
    found = Findings.of(replace(result(), levels=(changed,)))
    assert differences(found, unpack_findings(pack_findings(found))) == ()


def test_how_long_it_took_is_no_difference_and_everything_else_is() -> None:
    found = Findings.of(result())
    assert differences(found, replace(found, timings_ms={"step": 1e9})) == ()
    level = found.levels[0]
    assert level.distances is not None
    moved = replace(level.distances["posterior_wall"], low_mm=-9.0)
    contour = (level.contours_px[0] + np.float32(1e-4), *level.contours_px[1:])
    for changed, where in (
        (replace(found, beam_on_s=found.beam_on_s + 1e-12), "beam_on_s"),
        (replace(found, cement_age_s=0.0), "cement_age_s"),
        (replace(found, alerts=()), "alerts"),
        (replace(found, levels=(replace(level, volume_ml=None if level.volume_ml else 1.0),)), "volume_ml"),
        (replace(found, levels=(replace(level, contours_px=contour),)), "contours_px[0]"),
        (
            replace(found, levels=(replace(level, distances={**level.distances, "posterior_wall": moved}),)),
            "distances[posterior_wall].low_mm",
        ),
        (replace(found, levels=(replace(level, leaks=()),)), "leaks"),
    ):
        (difference,) = differences(found, changed)
        assert difference.where.endswith(where)


@given(st.data())
def test_what_was_changed_is_refused_or_no_findings_of_another_kind(data: st.DataObject) -> None:
    packed = bytearray(pack_findings(Findings.of(result())))
    at = data.draw(st.integers(0, len(packed) - 1))
    packed[at] ^= data.draw(st.integers(1, 255))
    try:
        found = unpack_findings(bytes(packed))
    except RecordingError:
        return
    assert isinstance(found, Findings)


def test_a_bomb_is_refused() -> None:
    import zlib

    with pytest.raises(RecordingError, match="cut, or too large"):
        unpack_findings(zlib.compress(b"\x00" * (17 << 20), 9))
