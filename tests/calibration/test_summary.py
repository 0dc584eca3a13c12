"""What a profile holds and lacks, in words."""

from __future__ import annotations

from datetime import UTC, datetime

from calibration.conditions import Conditions
from calibration.profile import DistortionPart, LatencyPart, Profile, ScalePart, Stamp
from calibration.summary import PARTS, mismatches, summary_of

MADE = Stamp(datetime(2026, 1, 2, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC), "test", "A. Physicist")
SEEN = Conditions(480, 640, "DISP", 8, distance_source_to_detector_mm=1009.0, field_of_view_mm=230.0)
ROOM = Profile(
    scale=ScalePart(MADE, SEEN, 0.25, 0.02, "cannula"), latency=LatencyPart(MADE, SEEN, 93.4, 4.0, 33.0, 40)
)


def test_every_part_is_told_with_its_uncertainty_and_what_is_missing_is_said() -> None:
    parts = summary_of(ROOM, datetime(2026, 6, 1, tzinfo=UTC))
    assert tuple(part.name for part in parts) == PARTS
    scale, distortion, density, latency = parts
    assert scale.value == "0.2500 mm per pixel (cannula)"
    assert scale.uncertainty == "0.2404 to 0.2600"
    assert scale.conditions == "640 x 480 px, field 230 mm, SID 1009 mm"
    assert latency.uncertainty == "± 8 ms"
    assert latency.conditions == "640 x 480 px", "the distances do not change a delay"
    for missing in (distortion, density):
        assert missing.stamp is None
        assert missing.value.startswith("missing: ")
        assert missing.uncertainty == ""


def test_a_scale_and_a_distortion_of_different_formats_are_told() -> None:
    def with_distortion_of(seen: Conditions) -> Profile:
        part = DistortionPart(MADE, seen, {}, 0.03, 0.1, 397)
        return Profile(scale=ROOM.scale, distortion=part)

    assert list(mismatches(with_distortion_of(SEEN))) == []
    assert list(mismatches(ROOM)) == []
    (told,) = mismatches(with_distortion_of(Conditions(512, 512, "DISP", 8)))
    assert told.endswith("images were 640 x 480, are 512 x 512")


def test_what_has_expired_is_marked() -> None:
    scale = summary_of(ROOM, datetime(2027, 1, 3, tzinfo=UTC))[0]
    assert scale.expired
    assert not summary_of(ROOM, MADE.valid_until)[0].expired
