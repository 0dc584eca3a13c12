"""A hand is noticed, cement is not taken for one."""

from __future__ import annotations

import numpy as np

from monitor.config import IntruderConfig
from monitor.intruder import IntruderWatch, Intrusion

MM, SHAPE, RATE_HZ = 0.4, (180, 200), 15.0
NOTHING = np.zeros(SHAPE, bool)
CONFIG = IntruderConfig()


def go(pictures: list[np.ndarray], seed: int = 3, outside: np.ndarray | None = None) -> list[Intrusion]:
    watch = IntruderWatch(MM, CONFIG)
    rng = np.random.default_rng(seed)
    mean = np.zeros(SHAPE, np.float32)
    ignored = NOTHING if outside is None else outside
    return [
        watch.judge(
            (picture + 0.05 * rng.standard_normal(SHAPE)).astype(np.float32),
            mean,
            ignored,
            i / RATE_HZ,
            outside,
        )
        for i, picture in enumerate(pictures)
    ]


def hand(inward_px: float) -> np.ndarray:
    picture = np.zeros(SHAPE)
    picture[60:110, : max(0, round(inward_px))] = 0.3
    return picture


def test_a_hand_is_noticed_within_a_third_of_a_second_and_until_it_has_left() -> None:
    still = [np.zeros(SHAPE)] * 40
    comes = [hand(8 * i) for i in range(1, 10)]
    rests = [hand(72)] * 20
    found = go([*still, *comes, *rests, *still])
    assert not any(f.present for f in found[:40])
    assert any(f.present for f in found[40:45])
    assert all(f.present for f in found[45:69])
    assert not found[-1].present


def test_fingers_that_reach_in_past_blades_are_noticed() -> None:
    blades, finger = np.zeros(SHAPE, bool), np.zeros(SHAPE)
    blades[:, :50] = True
    finger[60:90, :80] = 0.3
    found = go([*[np.zeros(SHAPE)] * 40, *[finger] * 20], outside=blades)
    assert all(f.present for f in found[41:])


def test_the_edge_of_blades_that_sways_is_no_hand() -> None:
    blades, edge = np.zeros(SHAPE, bool), np.zeros(SHAPE)
    blades[:, :50] = True
    edge[:, :58] = 0.3
    found = go([*[np.zeros(SHAPE)] * 40, *[edge] * 20], outside=blades)
    assert not any(f.present for f in found)


def test_a_hand_over_most_of_the_window_is_not_taken_for_noise() -> None:
    big = np.zeros(SHAPE)
    big[:, :130] = 0.4
    found = go([*[np.zeros(SHAPE)] * 40, *[big] * 20])
    assert all(f.present for f in found[41:])


def test_what_stays_is_said_to_be_still() -> None:
    found = go([*[np.zeros(SHAPE)] * 40, *[hand(60)] * 120])
    assert found[-1].present
    assert found[-1].still_s > CONFIG.learned_after_s


def test_cement_in_a_vein_is_no_hand() -> None:
    """21 mm/s in a vein of 3 mm, the fastest that there is."""
    pictures = [np.zeros(SHAPE)] * 40
    for i in range(30):
        picture = np.zeros(SHAPE)
        picture[90:97, 100 : 100 + min(99, round(21 / RATE_HZ / MM * i))] = 0.3
        pictures.append(picture)
    assert not any(f.present for f in go(pictures))


def test_a_change_of_brightness_is_no_hand() -> None:
    pictures = [np.full(SHAPE, 0.0)] * 40 + [np.full(SHAPE, 0.2)] * 40
    assert not any(f.present for f in go(pictures))
