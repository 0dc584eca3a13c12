"""Volume curves, aliquots, cement that is not seen, and a front that stands."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from calibration.density import density_from_aliquots, nominal_density, nominal_model
from monitor.config import Config, parse_config
from monitor.frame import Intensity, PixelIntensityRelationship, SourceInfo
from monitor.injection import Injected, Injection
from monitor.thickness import NODES, areas_by_added, straight
from monitor.volume import DensityCalibration, Seen, look, volume_of

CONFIG = Config()
PIXEL_MM2 = 0.2
LIN = SourceInfo("x", "dicom", 8, 8, Intensity(PixelIntensityRelationship.LIN, 12), kvp=80.0)


def nominal() -> DensityCalibration:
    found = nominal_density(LIN)
    assert found is not None
    return found


def dome(volume_ml: float, share: float = 0.6, per_mm: float = 0.09, depth_mm: float = 15.0) -> Seen:
    """A dome of cement, its attenuation bent by a share of scatter: what a pulse would show of it."""
    area_mm2 = 2 * volume_ml * 1000 / depth_mm
    t = depth_mm * (1 - np.linspace(0, 1, 4000))
    t *= volume_ml * 1000 / (t.mean() * area_mm2)
    added = -np.log((1 - share) * np.exp(-per_mm * t) + share)
    return Seen(areas_by_added(added, area_mm2 / len(t)), 0.0)


def test_a_straight_curve_gives_the_integral_exactly() -> None:
    added = np.random.default_rng(1).uniform(-0.05, 1.5, 500)
    areas = areas_by_added(added, PIXEL_MM2)
    assert areas.sum() == pytest.approx(500 * PIXEL_MM2)
    assert areas @ NODES == pytest.approx(added.sum() * PIXEL_MM2, rel=1e-9)
    ml, sd = straight(0.1, 0.2).volume_ml(areas)
    assert ml == pytest.approx(added.sum() * PIXEL_MM2 / 0.1 / 1000)
    assert sd == pytest.approx(0.2)


def test_the_background_of_the_ring_is_taken_away() -> None:
    y, x = np.indices((120, 120))
    mask = np.hypot(y - 60, x - 60) < 20
    noise = np.full(mask.shape, 0.001, np.float32)
    clean = np.where(mask, 0.4, 0.0).astype(np.float32)
    lifted = clean + np.float32(0.05)
    density = DensityCalibration(0.1, 0.1, "test")
    plain, _ = volume_of(look(clean, mask, noise, 0.4), 0.0, density, CONFIG.volume)
    raised, _ = volume_of(look(lifted, mask, noise, 0.4), 0.0, density, CONFIG.volume)
    assert raised == pytest.approx(plain, rel=1e-3)
    assert plain == pytest.approx(mask.sum() * 0.16 * 0.4 / 0.1 / 1000, rel=1e-3)


def test_steel_beside_the_cement_is_neither_ring_nor_cement() -> None:
    y, x = np.indices((120, 120))
    mask = np.hypot(y - 60, x - 60) < 20
    steel = (np.abs(y - 60) < 5) & (x > 80)
    noise = np.full(mask.shape, 0.001, np.float32)
    added = np.where(mask, 0.4, np.where(steel, -1.5, 0.0)).astype(np.float32)
    density = DensityCalibration(0.1, 0.1, "test")
    ml, _ = volume_of(look(added, mask, noise, 0.4, steel), 0.0, density, CONFIG.volume)
    assert ml == pytest.approx(mask.sum() * 0.16 * 0.4 / 0.1 / 1000, rel=1e-3)


@given(share=st.floats(0.3, 0.75), factor=st.floats(0.85, 1.2))
def test_two_aliquots_find_the_volume_behind_any_scatter(share: float, factor: float) -> None:
    # what a nominal cement adds per mm, and the factor that the prior expects, both a little off
    per_mm = 0.134 / 1.5 * factor
    fitted = density_from_aliquots(
        [dome(ml, share, per_mm).areas_mm2 for ml in (0.5, 1.0)], [0.5, 1.0], 0.0, nominal()
    )
    for truth_ml in (0.5, 1.0, 2.0, 4.0, 6.0):
        ml, sd_ml = volume_of(dome(truth_ml, share, per_mm), 0.03, fitted, CONFIG.volume)
        assert ml == pytest.approx(truth_ml, rel=0.12)
        assert abs(ml - truth_ml) <= 1.96 * sd_ml
    assert not fitted.is_relative
    assert "2 aliquots" in fitted.method


def hardened(volume_ml: float, depth_mm: float, share_index: int = 32) -> Seen:
    """The same behind one of the nominal curves, beam hardening and all."""
    model = nominal_model(80.0)
    curve = model.thickness_mm[share_index] * np.exp(model.log_factor[share_index])
    t = np.linspace(0, depth_mm, 4000)
    area_mm2 = volume_ml * 1000 / t.mean()
    added = np.interp(t, curve[NODES >= 0], NODES[NODES >= 0])
    return Seen(areas_by_added(added, area_mm2 / len(t)), 0.0)


def test_thick_cement_behind_scatter_is_not_read_short() -> None:
    """A plain integral that is right for thin cement is; that is what the curve is for."""
    aliquots = [hardened(ml, 10.0) for ml in (0.5, 1.0)]
    areas = [seen.areas_mm2 for seen in aliquots]
    plain = density_from_aliquots(areas, [0.5, 1.0], 0.0, DensityCalibration(0.05, 0.5, "plain"))
    curved = density_from_aliquots(areas, [0.5, 1.0], 0.0, nominal())
    thick = hardened(4.0, 25.0)
    short_ml, _ = volume_of(thick, 0.0, plain, CONFIG.volume)
    right_ml, sd_ml = volume_of(thick, 0.0, curved, CONFIG.volume)
    assert short_ml < 3.2
    assert right_ml == pytest.approx(4.0, rel=0.1)
    assert abs(right_ml - 4.0) < 1.96 * sd_ml


def test_nominal_is_relative_and_covers_what_it_may_be() -> None:
    density = nominal()
    assert density.is_relative
    for share in (0.4, 0.6, 0.75):
        ml, sd_ml = volume_of(dome(3.0, share), 0.03, density, CONFIG.volume)
        assert abs(ml - 3.0) <= 1.96 * sd_ml


def test_curves_are_scaled_with_the_tube_voltage() -> None:
    areas = dome(1.0).areas_mm2
    soft, hard = (nominal_model(kvp).volume_ml(areas)[0] for kvp in (60.0, 90.0))
    assert hard > 1.5 * soft


def test_dead_volume_is_taken_from_what_was_injected() -> None:
    areas = [dome(ml).areas_mm2 for ml in (0.5, 1.0)]
    plain = density_from_aliquots(areas, [0.5, 1.0], 0.0, nominal())
    dead = density_from_aliquots(areas, [2.0, 2.5], 1.5, nominal())
    assert volume_of(dome(2.0), 0.0, dead, CONFIG.volume) == volume_of(dome(2.0), 0.0, plain, CONFIG.volume)


@pytest.mark.parametrize(
    ("volumes", "dead", "words"),
    [
        ([0.5], 0.0, "integrals"),
        ([1.0, 2.0], 1.5, "not left a cannula"),
        ([0.5, float("nan")], 0.0, "cannula"),
    ],
)
def test_aliquots_that_make_no_sense(volumes: list[float], dead: float, words: str) -> None:
    areas = [dome(ml).areas_mm2 for ml in (0.5, 1.0)]
    with pytest.raises(ValueError, match=words):
        density_from_aliquots(areas, volumes, dead, nominal())


class Bench:
    """An injection that is looked at once a second; the front moves with the volume seen."""

    def __init__(self, config: Config = CONFIG) -> None:
        self.injection = Injection(nominal(), 0.03, config.volume)
        self.now_s = 0

    def see(self, ml: float, note_ml: float | None = None, seconds: int = 1) -> Injected:
        if note_ml is not None:
            self.injection.note(note_ml)
        for _ in range(seconds):
            self.now_s += 1
            seen = dome(ml) if ml > 0 else None
            area_mm2 = 2 * ml * 1000 / 15.0
            gap = {"posterior_wall": 20.0 - 2.0 * ml}
            told = self.injection.follow(seen, area_mm2, gap, self.now_s * 1_000_000_000)
        return told


def test_aliquots_that_are_seen_calibrate_and_leave_nothing_unseen() -> None:
    bench = Bench()
    assert bench.see(0.3).injected_ml is None
    bench.see(0.5, 0.5)
    assert bench.injection.density is not None
    assert bench.injection.density.is_relative
    told = bench.see(1.0, 0.5)
    assert not bench.injection.density.is_relative
    assert told.injected_ml == pytest.approx(1.0)
    for total in (1.5, 2.0, 2.5, 3.0):
        told = bench.see(total, 0.5)
        assert told.unseen_ml == pytest.approx(0.0, abs=0.1)
    assert bench.injection.density.aliquots == 6


@pytest.mark.parametrize("seen_before", [1, 2, 4])
def test_cement_that_goes_unseen_is_counted_and_calibrates_nothing(seen_before: int) -> None:
    bench = Bench()
    for k in range(1, seen_before + 1):
        bench.see(0.5 * k, 0.5)
    seen_ml = 0.5 * seen_before
    for _ in range(3):
        told = bench.see(seen_ml, 0.5, seconds=4)
    assert told.unseen_ml == pytest.approx(1.5, abs=0.25)
    assert told.unseen_sd_ml is not None
    assert told.unseen_ml > 1.96 * told.unseen_sd_ml
    assert bench.injection.density is not None
    assert bench.injection.density.aliquots == seen_before
    assert told.standing_ml == pytest.approx(1.5)
    assert told.still_s is not None
    assert told.still_s >= 10


def test_one_aliquot_says_nothing_of_unseen_cement() -> None:
    assert Bench().see(0.0, 1.0).unseen_ml is None


def test_two_aliquots_of_which_nothing_is_seen() -> None:
    bench = Bench()
    bench.see(0.0, 0.6)
    assert bench.see(0.0, 0.6).unseen_ml == pytest.approx(1.2)


def test_the_dead_volume_counts_only_where_it_is_configured() -> None:
    bench = Bench(parse_config("[volume]\ndead_volume_ml = 1.5\n", "c"))
    bench.see(0.0, 0.8)
    told = bench.see(0.0, 0.7)
    assert told.injected_ml == 0.0
    assert told.unseen_ml is None


def test_the_front_moves_on_and_no_longer_stands() -> None:
    bench = Bench()
    bench.see(0.5, 0.5)
    assert bench.see(0.5, 0.5, seconds=8).standing_ml == pytest.approx(0.5)
    assert bench.see(1.0).standing_ml == 0.0


def test_a_pause_after_an_aliquot_is_no_standing_front() -> None:
    bench = Bench()
    bench.see(0.5, 0.5)
    told = bench.see(0.5, seconds=60)
    assert told.standing_ml == 0.0
    assert told.still_s == pytest.approx(60.0)
    told = bench.see(1.0, 0.5, seconds=60)
    assert told.standing_ml == 0.0


def test_without_a_density_a_standing_front_is_still_seen() -> None:
    injection = Injection(None, 0.03, CONFIG.volume)
    areas: NDArray[np.float64] = np.array([60.0, 60.5, 60.2])
    for k, area_mm2 in enumerate(areas):
        injection.note(0.5)
        told = injection.follow(dome(0.5), float(area_mm2), {}, k * 6_000_000_000)
    assert told.standing_ml == pytest.approx(1.0)
    assert told.unseen_ml is None


def test_cement_that_comes_into_view_late_does_not_spoil_the_calibration() -> None:
    bench = Bench()
    bench.see(0.1, 0.5)
    for total in (1.0, 1.5, 2.0):
        told = bench.see(total, 0.5)
    assert bench.injection.density is not None
    assert bench.injection.density.aliquots == 3
    ml, _ = volume_of(dome(3.0), 0.03, bench.injection.density, CONFIG.volume)
    assert ml == pytest.approx(3.0, rel=0.15)
    assert told.unseen_ml == pytest.approx(0.0, abs=0.2)
