"""Single stages on inputs whose answer is known."""

from __future__ import annotations

import cv2
import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config import Config, GateConfig, MotionConfig, config_to_toml, parse_config, read_config
from monitor.errors import ConfigError
from monitor.frame import Intensity, PixelIntensityRelationship, freeze_pixels
from monitor.front import FrontHistory, gaps, outlines
from monitor.gate import Gate
from monitor.grid import Grid, Window
from monitor.intensity import Curve, low_pass, to_work_image
from monitor.leaks import leak_parts, outside_body
from monitor.motion import band_pass, fit_pose, make_template
from monitor.plan import Plan, Vein
from monitor.volume import DensityCalibration, behind_steel, volume_ml
from monitor.zones import LevelMaps, ZoneLabel, level_maps, side_of, territory
from tests.monitor.scripted import BODY, MM_PER_PX, SIZE, plan, scene

WHOLE = (slice(None), slice(None))
GRID = Grid(SIZE, SIZE, 1, MM_PER_PX)


def maps_of(marked: Plan | None = None) -> LevelMaps:
    view = (marked or plan()).views[0]
    return level_maps(view, view.levels[0], GRID, Config())


# --- intensity


def test_linear_values_become_true_attenuation() -> None:
    about = Intensity(PixelIntensityRelationship.LIN, 12)
    truth = np.array([[0.0, 0.5, 1.0, 2.0]] * 4, np.float32)
    pixels = freeze_pixels(np.round(4000 * np.exp(-truth)).astype(np.uint16), copy=True)
    curve = Curve.of(about, Config().intensity)
    found = to_work_image(pixels, about, Grid(4, 4, 1, 0.4), curve).attenuation(WHOLE)
    assert np.allclose(found - found[0, 0], truth, atol=1e-3)


def test_rescale_and_polarity_are_honoured() -> None:
    truth = np.array([[0.0, 0.5, 1.0, 2.0]] * 4, np.float32)
    stored = 3000 * np.exp(-truth) + 500  # modality value = stored - 500
    config = Config().intensity
    offset = Intensity(PixelIntensityRelationship.LIN, 12, rescale_slope=1.0, rescale_intercept=-500.0)
    pixels = freeze_pixels(np.round(stored).astype(np.uint16), copy=True)
    found = to_work_image(pixels, offset, Grid(4, 4, 1, 0.4), Curve.of(offset, config)).attenuation(WHOLE)
    assert np.allclose(found - found[0, 0], truth, atol=2e-3)
    plain = Intensity(PixelIntensityRelationship.DISP, 12)
    turned = Intensity(PixelIntensityRelationship.DISP, 12, bright_is_radiolucent=False)
    inverted = freeze_pixels((4095 - pixels).astype(np.uint16), copy=True)
    a = to_work_image(pixels, plain, Grid(4, 4, 1, 0.4), Curve.of(plain, config)).attenuation(WHOLE)
    b = to_work_image(inverted, turned, Grid(4, 4, 1, 0.4), Curve.of(turned, config)).attenuation(WHOLE)
    assert np.array_equal(a, b)
    assert (np.diff(a[0]) > 0).all()


def test_logarithmic_values_are_linear_in_attenuation() -> None:
    about = Intensity(PixelIntensityRelationship.LOG, 10)
    pixels = freeze_pixels(np.array([[1000, 800, 600, 400]] * 4, np.uint16), copy=True)
    found = to_work_image(pixels, about, Grid(4, 4, 1, 0.4), Curve.of(about, Config().intensity))
    steps = np.diff(found.attenuation(WHOLE)[0])
    assert np.allclose(steps, steps[0])
    assert steps[0] > 0


def test_clipped_values_are_marked_at_both_ends() -> None:
    about = Intensity(PixelIntensityRelationship.DISP, 8)
    pixels = freeze_pixels(np.array([[0, 1, 254, 255]] * 4, np.uint8), copy=True)
    work = to_work_image(pixels, about, Grid(4, 4, 1, 0.4), Curve.of(about, Config().intensity))
    assert work.clipped(WHOLE)[0].tolist() == [1, 0, 0, 1]


def test_binning_averages_intensity_before_the_logarithm() -> None:
    about = Intensity(PixelIntensityRelationship.LIN, 12)
    pixels = freeze_pixels(np.tile(np.array([[4000, 1000]], np.uint16), (4, 2)), copy=True)
    work = to_work_image(pixels, about, Grid(2, 2, 2, 0.4), Curve.of(about, Config().intensity))
    assert np.allclose(work.attenuation(WHOLE), -np.log(2500 / 4095), atol=1e-5)


@pytest.mark.parametrize(("mm", "binning"), [(0.35, 1), (0.196, 2), (0.13, 3), (0.5, 1)])
def test_grids_stay_finer_than_the_limit(mm: float, binning: int) -> None:
    grid = Grid.for_frames(1024, 1024, mm, 0.45)
    assert grid.binning == binning
    points = np.array([[0.0, 0.0], [100.0, 37.5]])
    assert np.allclose(grid.to_frame(grid.to_work(points)), points)


def test_low_pass_ignores_what_has_no_weight() -> None:
    image = np.full((120, 120), 2.0, np.float32)
    weight = np.ones_like(image)
    image[50:70, 50:70], weight[50:70, 50:70] = 90.0, 0.0
    assert np.allclose(low_pass(image, weight, 20.0), 2.0, atol=1e-3)


# --- gate


def pulses(rng: np.random.Generator) -> np.ndarray:
    return cv2.GaussianBlur(rng.normal(0, 0.05, (96, 96)).astype(np.float32), (0, 0), 0.7)


def test_every_pulse_is_new_and_every_repeat_is_not() -> None:
    rng, gate = np.random.default_rng(0), Gate(GateConfig())
    for i in range(40):
        image = pulses(rng)
        assert gate.judge(image, i / 15).new
        assert not gate.judge(image.copy(), (i + 0.5) / 15).new


def test_compressed_repeats_are_not_new() -> None:
    rng, gate = np.random.default_rng(0), Gate(GateConfig())
    told = []
    for i in range(40):
        image = pulses(rng)
        gate.judge(image, i / 15)
        told.append(
            gate.judge(image + rng.normal(0, 0.002, image.shape).astype(np.float32), (i + 0.5) / 15).new
        )
    assert not any(told[10:])


def test_a_running_clock_does_not_make_a_held_image_new() -> None:
    rng, gate = np.random.default_rng(0), Gate(GateConfig())
    for i in range(20):
        gate.judge(pulses(rng), i / 15)
    still = pulses(rng)
    gate.judge(still, 20 / 15)
    for i in range(21, 40):
        ticking = still.copy()
        ticking[4:12, 4:12] = rng.normal(0, 1, (8, 8))
        pulse = gate.judge(ticking, i / 15)
    assert not pulse.new
    assert pulse.held
    assert pulse.still_s == pytest.approx(19 / 15)


# --- zones


def test_distances_are_signed_and_exact_for_a_box() -> None:
    maps = maps_of()
    x0, y0 = maps.window.x0, maps.window.y0
    at = (130 - y0, 150 - x0)
    assert maps.distance_mm["posterior_wall"][at] == pytest.approx(20 * MM_PER_PX, abs=1e-3)
    assert maps.distance_mm["anterior_wall"][at] == pytest.approx(60 * MM_PER_PX, abs=1e-3)
    assert maps.distance_mm["superior_endplate"][at] == pytest.approx(35 * MM_PER_PX, abs=1e-3)
    behind = (130 - y0, 180 - x0)
    assert maps.distance_mm["posterior_wall"][behind] == pytest.approx(-10 * MM_PER_PX, abs=1e-3)
    assert maps.depth_mm == pytest.approx(80 * MM_PER_PX, rel=0.03)


@pytest.mark.parametrize(
    ("x", "y", "zone"),
    [
        (130, 130, ZoneLabel.BODY),
        (180, 130, ZoneLabel.CANAL),
        (180, 85, ZoneLabel.CANAL),
        (130, 85, ZoneLabel.DISC_SUPERIOR),
        (130, 175, ZoneLabel.DISC_INFERIOR),
        (80, 130, ZoneLabel.PARAVERTEBRAL),
    ],
)
def test_zones_around_a_body(x: int, y: int, zone: ZoneLabel) -> None:
    maps = maps_of()
    assert maps.zone[y - maps.window.y0, x - maps.window.x0] == zone


def test_the_order_in_which_a_wall_is_drawn_does_not_matter() -> None:
    forward = maps_of(plan())
    backward = maps_of(plan(posterior_wall=((170.0, 165.0), (170.0, 95.0))))
    assert np.array_equal(forward.zone, backward.zone)
    assert np.allclose(forward.distance_mm["posterior_wall"], backward.distance_mm["posterior_wall"])


@given(st.floats(-1.2, 1.2), st.floats(0, 2 * np.pi))
@settings(max_examples=30, deadline=None)
def test_a_side_is_the_same_from_every_angle(bend: float, turn: float) -> None:
    t = np.linspace(-20, 20, 9)
    line = np.stack([t, bend * 0.01 * (400 - t**2)], axis=1)
    rotate = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    inner, outer = np.array([0.0, 30.0]), np.array([0.0, -30.0])
    place = np.array([64.0, 64.0])
    side = side_of(line @ rotate.T + place, inner @ rotate.T + place, (128, 128))

    def at(point: np.ndarray) -> bool:
        x, y = np.round(point @ rotate.T + place).astype(int)
        return bool(side[y, x])

    assert at(inner)
    assert not at(outer)


def test_levels_share_what_lies_between_them() -> None:
    base = plan().views[0].levels[0]
    below = msgspec.structs.replace(
        base, name="L2", body=tuple((x, y + 80) for x, y in BODY), posterior_wall=None, anterior_wall=None,
        superior_endplate=None, inferior_endplate=None,
    )  # fmt: skip
    view = msgspec.structs.replace(plan().views[0], levels=(base, below))
    upper, lower = (level_maps(view, level, GRID, Config()) for level in view.levels)
    mine = territory(view, base, upper.window, GRID)
    yours = territory(view, below, lower.window, GRID)
    assert mine[168 - upper.window.y0, 130 - upper.window.x0]
    assert not mine[173 - upper.window.y0, 130 - upper.window.x0]
    assert yours[173 - lower.window.y0, 130 - lower.window.x0]
    assert upper.zone[200 - upper.window.y0, 130 - upper.window.x0] == ZoneLabel.OTHER_LEVEL


# --- motion


@given(st.floats(-6, 6), st.floats(-6, 6), st.floats(-0.03, 0.03))
@settings(max_examples=20, deadline=None)
def test_pose_is_found_from_a_start_nearby(dx: float, dy: float, turn: float) -> None:
    config = MotionConfig()
    # as sharp as a detector is, so that resampling does not blur it further
    reference = cv2.GaussianBlur(-np.log(scene().astype(np.float32) / 4095), (0, 0), 2.0)
    template = make_template(reference, maps_band(), MM_PER_PX, config, 64)
    assert template is not None
    cos, sin = np.cos(turn), np.sin(turn)
    centre = template.centre
    matrix = np.array([[cos, -sin, 0], [sin, cos, 0]])
    matrix[:, 2] = centre + np.array([dx, dy]) - matrix[:, :2] @ centre
    size = (SIZE, SIZE)
    moved = cv2.warpAffine(reference, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    live = moved * 1.1 + 0.3
    start = (dx + 1.0, dy - 1.0, 0.0)
    fit = fit_pose(band_pass(live, MM_PER_PX, config), template, start, None, config, 2.5)
    assert fit is not None
    assert np.hypot(fit.shift[0] - dx, fit.shift[1] - dy) < 0.1
    assert fit.rotation_rad == pytest.approx(turn, abs=0.003)
    assert fit.gain == pytest.approx(1.1, abs=0.06)


def maps_band() -> np.ndarray:
    maps = maps_of()
    band = np.zeros((SIZE, SIZE), bool)
    band[maps.window.part] = maps.band
    return band


def test_a_lone_wire_says_nothing_along_itself() -> None:
    config = MotionConfig()
    rng = np.random.default_rng(0)

    def wire() -> np.ndarray:
        image = np.zeros((200, 200), np.float32)
        cv2.line(image, (-50, -50), (250, 250), 0.2, 3, cv2.LINE_AA)
        return image + rng.normal(0, 0.03, image.shape).astype(np.float32)

    template = make_template(wire(), np.ones((200, 200), bool), MM_PER_PX, config, 1)
    assert template is not None
    fit = fit_pose(band_pass(wire(), MM_PER_PX, config), template, (0, 0, 0), None, config, 2.5)
    assert fit is not None
    assert fit.sigma_px * MM_PER_PX > config.largest_sigma_mm


# --- front, leaks, volume


def square(maps: LevelMaps, x0: int, x1: int, y0: int, y1: int) -> np.ndarray:
    mask = np.zeros(maps.window.shape, bool)
    mask[y0 - maps.window.y0 : y1 - maps.window.y0, x0 - maps.window.x0 : x1 - maps.window.x0] = True
    return mask


def test_gap_and_its_bound() -> None:
    maps = maps_of()
    mask = square(maps, 120, 151, 120, 141)
    found = gaps(mask, mask, maps, MM_PER_PX, 0.02, 0.05, Config().front)
    # the last pixel's centre is at 150, its edge half a pixel on
    assert found["posterior_wall"].value_mm == pytest.approx(19.5 * MM_PER_PX, abs=1e-3)
    assert found["posterior_wall"].low_mm < found["posterior_wall"].value_mm - 0.5
    assert found["posterior_wall"].to[0] + maps.window.x0 == pytest.approx(170, abs=0.6)
    hidden = mask | square(maps, 151, 158, 128, 132)
    lower = gaps(mask, hidden, maps, MM_PER_PX, 0.02, 0.05, Config().front)["posterior_wall"]
    assert lower.value_mm == found["posterior_wall"].value_mm
    assert lower.low_mm == pytest.approx(found["posterior_wall"].low_mm - 7 * MM_PER_PX, abs=0.02)


@pytest.mark.parametrize("front_x", [150.1, 150.5, 150.9])
def test_the_front_lies_between_pixels(front_x: float) -> None:
    maps = maps_of()
    mask = square(maps, 120, 151, 120, 141)
    columns = np.arange(maps.window.columns, dtype=np.float32) + maps.window.x0
    ramp = (front_x - columns) * 0.02
    excess = np.broadcast_to(ramp, maps.window.shape).astype(np.float32)
    found = gaps(mask, mask, maps, MM_PER_PX, 0.02, 0.05, Config().front, excess)
    assert found["posterior_wall"].value_mm == pytest.approx((170 - front_x) * MM_PER_PX, abs=0.02)


def test_no_cement_has_no_distance() -> None:
    maps = maps_of()
    nothing = np.zeros(maps.window.shape, bool)
    assert gaps(nothing, nothing, maps, MM_PER_PX, 0.02, 0.05, Config().front) == {}


def test_contact_is_only_foretold_when_the_speed_is_sure() -> None:
    maps, history = maps_of(), FrontHistory(Config().front)
    rng = np.random.default_rng(0)
    for i in range(40):
        end = 140 + int(rng.integers(0, 2))
        mask = square(maps, 120, end, 120, 141)
        found = gaps(mask, mask, maps, MM_PER_PX, 0.02, 0.05, Config().front)
        advance = history.advance(found, i / 15)
    assert advance["posterior_wall"].time_to_contact_s is None


@pytest.mark.parametrize(
    ("box", "leak_class"),
    [
        ((165, 180, 120, 130), "canal"),
        ((125, 135, 85, 100), "disc_superior"),
        ((125, 135, 160, 175), "disc_inferior"),
        ((78, 95, 120, 140), "paravertebral"),
        ((55, 95, 128, 132), "vein"),
    ],
)
def test_leaks_are_classed_by_zone_and_shape(box: tuple[int, int, int, int], leak_class: str) -> None:
    maps, config = maps_of(), Config().leak
    mask = square(maps, *box)
    own = np.ones(maps.window.shape, bool)
    (part,) = leak_parts(mask, outside_body(mask, maps, own, config), maps, MM_PER_PX, "lateral", config)
    assert part.leak_class == leak_class
    assert not part.detached
    assert part.ambiguous_with == ("foramen" if leak_class == "canal" else None)


def test_a_part_that_does_not_touch_the_body_is_detached() -> None:
    maps, config = maps_of(), Config().leak
    mask = square(maps, 176, 184, 120, 130)
    own = np.ones(maps.window.shape, bool)
    (part,) = leak_parts(mask, outside_body(mask, maps, own, config), maps, MM_PER_PX, "lateral", config)
    assert part.detached


def test_a_marked_vein_gives_its_name_to_what_is_in_it() -> None:
    maps = maps_of(plan(veins=(Vein(((90.0, 150.0), (60.0, 170.0))),)))
    config = Config().leak
    mask = square(maps, 70, 88, 152, 162) & (maps.zone == ZoneLabel.VEIN)
    own = np.ones(maps.window.shape, bool)
    (part,) = leak_parts(mask, outside_body(mask, maps, own, config), maps, MM_PER_PX, "lateral", config)
    assert part.leak_class == "vein"


def test_reaching_an_endplate_is_no_leak() -> None:
    maps, config = maps_of(), Config().leak
    mask = square(maps, 110, 150, 95, 165)
    outside = outside_body(mask, maps, np.ones(maps.window.shape, bool), config)
    assert leak_parts(mask, outside, maps, MM_PER_PX, "lateral", config) == ()


def test_volume_is_the_integral_and_steel_is_filled_in() -> None:
    maps = maps_of()
    mask = square(maps, 110, 150, 110, 150)
    added = np.where(mask, np.float32(0.48), np.float32(0))
    density = DensityCalibration(0.12, 0.1, "test")
    noise = np.full(mask.shape, 0.01, np.float32)
    ml, sd = volume_ml(added, mask, noise, MM_PER_PX, 0.02, density, Config().volume)
    truth_ml = 40 * 40 * MM_PER_PX**2 * 4.0 / 1000
    assert ml == pytest.approx(truth_ml, rel=1e-3)
    assert sd == pytest.approx(ml * np.sqrt(0.1**2 + 0.04**2 + 0.05**2), rel=0.05)
    cannula = square(maps, 110, 230, 126, 133)
    hidden = np.where(cannula, np.float32(-0.7), added)
    filled = behind_steel(hidden, mask, cannula, MM_PER_PX)
    again, _ = volume_ml(filled, mask, noise, MM_PER_PX, 0.02, density, Config().volume)
    assert again == pytest.approx(truth_ml, rel=0.03)


def test_unknown_density_is_no_volume_and_no_cement_is_none_yet() -> None:
    mask = np.zeros((10, 10), bool)
    zero = np.zeros((10, 10), np.float32)
    assert volume_ml(zero, mask, zero, 0.4, 0.02, None, Config().volume) == (None, None)
    density = DensityCalibration(0.1, 0.1, "test")
    assert volume_ml(zero, mask, zero, 0.4, 0.02, density, Config().volume) == (0.0, 0.0)


def test_outlines_lie_on_the_edge_of_the_mask() -> None:
    mask = np.zeros((60, 60), bool)
    mask[20:40, 10:50] = True
    (line,) = outlines(mask)
    assert line[:, 0].min() == pytest.approx(9.5, abs=0.6)
    assert line[:, 0].max() == pytest.approx(49.5, abs=0.6)
    assert line[:, 1].min() == pytest.approx(19.5, abs=0.6)
    assert outlines(np.zeros((5, 5), bool)) == []


# --- configuration


def test_the_written_defaults_read_back_and_say_what_they_mean() -> None:
    text = config_to_toml(Config())
    assert parse_config(text, "defaults") == Config()
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            assert text.splitlines()[text.splitlines().index(line) - 1].startswith("# ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[alarm]\nfoo = 1", "alarm: Object contains unknown field `foo`"),
        ("[nonsense]\nx = 1", "unknown field `nonsense`"),
        ("[alarm]\nstop_fraction = 7.0", "alarm.stop_fraction: Expected `float` <= 0.9"),
        ("[alarm]\nstop_fraction = nan", "alarm.stop_fraction"),
        ("[alarm]\nstop_fraction = 'much'", "alarm.stop_fraction: Expected `float`, got `str`"),
        ("[alarm\n", "not TOML"),
    ],
)
def test_a_bad_configuration_is_said_in_one_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"c\.toml: ") as caught:
        parse_config(text, "c.toml")
    assert said in str(caught.value)


def test_an_unreadable_configuration(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    with pytest.raises(ConfigError, match="cannot read"):
        read_config(folder / "none.toml")
    (folder / "b.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_config(folder / "b.toml")


def test_window_cut_at_the_border() -> None:
    window = Window.around(np.array([[2.0, 3.0], [50.0, 60.0]]), 20.0, GRID)
    assert (window.x0, window.y0) == (0, 0)
    assert (window.columns, window.rows) == (71, 81)
