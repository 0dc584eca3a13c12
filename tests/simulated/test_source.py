import ast
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import recordings.simulated
from monitor.errors import EndOfStream, InputError
from monitor.frame import PixelIntensityRelationship
from monitor.sources.base import FrameSource
from recordings.simulated.render import Renderer
from recordings.simulated.scene import build_scene
from recordings.simulated.settings import SCENARIOS, SimulationSettings
from recordings.simulated.source import SimulatedSource

SMALL = {"size": 96, "duration_s": 2.0, "injection_start_s": 0.5}


def _ticks():
    now = 0
    while True:
        now += 1_000_000
        yield now


def _frames(source):
    frames = []
    with source:
        while True:
            try:
                frames.append(source.read())
            except EndOfStream:
                break
    return frames


def test_it_is_a_source_and_keeps_the_contract():
    ticks = _ticks()
    source = SimulatedSource("clean", SimulationSettings(**SMALL), clock_ns=lambda: next(ticks))
    with pytest.raises(RuntimeError):
        _ = source.info
    frames = _frames(source)
    assert isinstance(source, FrameSource)
    assert [frame.seq for frame in frames] == list(range(30))
    assert source.info.frame_count == 30
    assert source.info.source_id == "simulated:clean"
    assert source.info.kind == "simulated"
    assert frames[0].t_source_ns == 0
    assert frames[15].t_source_ns == 1_000_000_000
    assert all(b.t_capture_ns > a.t_capture_ns for a, b in pairwise(frames))
    for frame in frames:
        assert frame.pixels.shape == (96, 96)
        assert frame.pixels.dtype == np.uint16
        assert not frame.pixels.flags.writeable
        assert frame.pixels.max() <= 4095
    source.close()
    source.close()
    source.open()
    for _ in range(30):
        source.read()
    for _ in range(2):
        with pytest.raises(EndOfStream):
            source.read()


def test_the_scale_of_the_header_is_the_scale_at_the_spine():
    source = SimulatedSource("quiet", SimulationSettings(size=96))
    geometry = source.open().geometry
    magnification = geometry.distance_source_to_detector_mm / geometry.distance_source_to_patient_mm
    assert magnification == pytest.approx(geometry.estimated_radiographic_magnification_factor)
    assert geometry.imager_pixel_spacing_mm[0] / magnification == pytest.approx(0.35 * 512 / 96)


@pytest.mark.parametrize("filters", [{}, {"recursive_filter": 0.6, "lag": 0.04}])
def test_same_settings_same_bytes_in_any_order(filters):
    settings = SimulationSettings(**SMALL, **filters)
    source = SimulatedSource("vein", settings)
    frames = [frame.pixels for frame in _frames(source)]
    again = [frame.pixels for frame in _frames(source)]
    assert all(np.array_equal(a, b) for a, b in zip(frames, again, strict=True))
    fresh = Renderer(build_scene("vein", settings))
    for number in (29, 3, 17, 4):
        assert np.array_equal(fresh.pixels(number), frames[number])
    assert not np.array_equal(frames[0], frames[1])


def test_another_seed_is_another_procedure():
    first, second = (Renderer(build_scene("quiet", SimulationSettings(size=96, seed=s))) for s in (1, 2))
    difference = np.abs(first.intensity(0) - second.intensity(0))
    assert difference.mean() > 0.03


def test_noise_follows_the_dose():
    """Half the variance of the difference of two equal frames is the mean, in quanta."""
    for dose in (10.0, 30.0, 60.0):
        settings = SimulationSettings(
            size=256,
            dose_ngy=dose,
            breathing_mm=0.0,
            lag=0.0,
            detector_blur_mm=0.0,
            electronic_noise_quanta=0.0,
        )
        renderer = Renderer(build_scene("quiet", settings))
        assert np.array_equal(renderer.intensity(0), renderer.intensity(9))
        expected = renderer.intensity(0)[60:200, 40:180]
        per_value = renderer.detector.mean_quanta / (0.25 * 4095)
        a, b = (renderer.pixels(f)[60:200, 40:180].astype(float) * per_value for f in (0, 9))
        assert a.mean() == pytest.approx(expected.mean() * renderer.detector.mean_quanta, rel=0.02)
        assert (a - b).var() / 2 == pytest.approx(a.mean(), rel=0.06)
        assert renderer.detector.mean_quanta == pytest.approx(dose * 30 * 0.6 * 0.98**2)


@pytest.mark.parametrize(
    ("lag", "recursive", "expected"),
    [(0.0, 0.0, 0.0), (0.2, 0.0, 0.16 / 0.68), (0.0, 0.6, 0.6)],
)
def test_lag_and_recursive_filter_leave_correlated_noise(lag, recursive, expected):
    settings = SimulationSettings(size=128, breathing_mm=0.0, lag=lag, recursive_filter=recursive)
    renderer = Renderer(build_scene("quiet", settings))
    field = np.s_[16:112, 16:100]
    mean = renderer.intensity(0)[field] * (0.25 * 4095)
    a, b = (renderer.pixels(f)[field] - mean for f in (3, 4))
    assert np.corrcoef(a.ravel(), b.ravel())[0, 1] == pytest.approx(expected, abs=0.05)
    assert a.mean() == pytest.approx(0.0, abs=0.01 * float(mean.mean()))


def test_scatter_takes_contrast_away():
    def contrast(ratio):
        renderer = Renderer(build_scene("quiet", SimulationSettings(size=128, scatter_to_primary=ratio)))
        seen = renderer.intensity(0)
        steel = renderer.steel_mm(0.0)[50:78, 50:100]
        inner = seen[50:78, 50:100]
        return float(np.log(np.median(inner[steel == 0]) / inner[steel > 0.5].mean()))

    none, much = contrast(0.0), contrast(2.0)
    assert 0.1 * none < much < 0.4 * none


def test_automatic_brightness_holds_the_middle():
    def middle(automatic):
        settings = SimulationSettings(size=96, breathing_mm=0.0, automatic_brightness=automatic)
        renderer = Renderer(build_scene("clean", settings))
        return [float(renderer.intensity(f)[24:72, 24:72].mean()) for f in (0, 800)]

    free, held = middle(False), middle(True)
    assert free[1] < 0.985 * free[0]
    assert held[1] == pytest.approx(held[0], rel=1e-3)


def test_the_needle_is_moved_and_the_cement_is_not():
    scene = build_scene("needle", SimulationSettings(size=128, breathing_mm=0.0))
    renderer = Renderer(scene)
    there, pulling, bare, drawn_back = (renderer.steel_mm(t) for t in (3.0, 5.0, 10.0, 40.0))
    assert there.sum() > 1.5 * bare.sum()
    assert not np.array_equal(pulling, there)
    assert drawn_back.sum() < bare.sum()


@pytest.mark.parametrize(
    "settings",
    [
        {"relationship": PixelIntensityRelationship.LOG},
        {"relationship": PixelIntensityRelationship.DISP, "display_gamma": 1.6, "bits_stored": 8},
        {"bits_stored": 10},
    ],
)
def test_stored_values_use_their_bits(settings):
    source = SimulatedSource("quiet", SimulationSettings(size=96, duration_s=0.2, **settings))
    frame = _frames(source)[0]
    bits = settings.get("bits_stored", 12)
    assert source.info.intensity.bits_stored == bits
    assert frame.pixels.dtype == (np.uint8 if bits == 8 else np.uint16)
    assert 2**bits / 8 < np.median(frame.pixels) < 2**bits


@pytest.mark.parametrize("filters", [{"lag": 0.0}, {"lag": 0.03, "recursive_filter": 0.7}])
def test_memory_does_not_grow_with_the_run(filters):
    source = SimulatedSource("quiet", SimulationSettings(size=96, duration_s=600, **filters))
    with source:
        for _ in range(10):
            source.read()
        tracemalloc.start()
        for _ in range(10):
            source.read()
        early = tracemalloc.get_traced_memory()[0]
        for _ in range(60):
            source.read()
        late = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    assert late - early < 50_000


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(InputError) as caught:
        SimulatedSource("nosuch")
    assert "nosuch" in str(caught.value)
    assert all(name in str(caught.value) for name in SCENARIOS)


@pytest.mark.parametrize(
    "bad",
    [
        {"size": 10},
        {"kvp": 20.0},
        {"cement": "chalk"},
        {"dose_ngy": 0.0},
        {"frame_rate_hz": float("nan")},
        {"bits_stored": 17},
        {"projection": "oblique"},
        {"recursive_filter": 1.0},
        {"duration_s": -1.0},
    ],
)
def test_a_bad_setting_is_named(bad):
    with pytest.raises(InputError, match=next(iter(bad))):
        SimulationSettings(**bad)


def test_the_simulator_knows_nothing_of_detection():
    allowed = {"monitor.errors", "monitor.frame", "monitor.plan", "monitor.sources.base"}
    for path in Path(recordings.simulated.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            ours = {name for name in names if name.split(".")[0] in ("monitor", "calibration", "ui")}
            assert ours <= allowed, path.name
