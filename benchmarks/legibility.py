"""What of the overlay can be read from two metres, without red or green cones, and at other screen scales.

    python -m benchmarks.legibility [--pictures DIR]

Text is measured as it was painted: the height of the capitals of the font that Qt took.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.colour_vision import VISIONS, contrast, difference, seen
from monitor.result import AlarmState, Kind, Priority
from monitor.rule_table import RULES
from ui import theme
from ui.theme import ALARM_LOOKS

LEAST_DIFFERENCE = 10.0
"""CIEDE2000 of two colours that are told apart at a glance: ten times what is just noticed side by side."""
LEAST_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3."""
LEAST_ARCMIN = 20.0
"""For alarms; ISO 9241-303 wants 16 at least and 20 to 22 for what is read with ease (minutes of arc)."""
DISTANCE_MM = 2000.0
DIAGONAL_MM = 24 * 25.4
SIZES = ((1920, 1080), (1280, 720))
FACTORS = (1.0, 1.25, 1.5, 2.0)

_HIGH, _MEDIUM, _LOW = (ALARM_LOOKS[p] for p in (Priority.HIGH, Priority.MEDIUM, Priority.LOW))


@dataclass(frozen=True, slots=True)
class Pair:
    """Two colours, what they stand for, and what else tells the two apart."""

    what: str
    one: str
    other: str
    also: str


_BAR = "word, shape, flashing"
_LINE = "the bar's word; width"
TOLD_APART = (
    Pair("bar, lit: HIGH, MEDIUM", _HIGH.lit[0], _MEDIUM.lit[0], _BAR),
    Pair("bar, lit: HIGH, LOW", _HIGH.lit[0], _LOW.lit[0], _BAR),
    Pair("bar, lit: MEDIUM, LOW", _MEDIUM.lit[0], _LOW.lit[0], _BAR),
    Pair("bar, unlit: HIGH, MEDIUM", _HIGH.unlit[0], _MEDIUM.unlit[0], _BAR),
    Pair("bar, unlit: HIGH, LOW", _HIGH.unlit[0], _LOW.unlit[0], _BAR),
    Pair("bar, unlit: MEDIUM, LOW", _MEDIUM.unlit[0], _LOW.unlit[0], _BAR),
    Pair("bar: HIGH lit, unlit", _HIGH.lit[0], _HIGH.unlit[0], "time"),
    Pair("bar: MEDIUM lit, unlit", _MEDIUM.lit[0], _MEDIUM.unlit[0], "time"),
    *(
        Pair(f"bar: {name}, BLIND", colour, theme.BLIND, "word, shape")
        for name, colour in (
            ("HIGH lit", _HIGH.lit[0]),
            ("HIGH unlit", _HIGH.unlit[0]),
            ("MEDIUM lit", _MEDIUM.lit[0]),
            ("MEDIUM unlit", _MEDIUM.unlit[0]),
            ("LOW", _LOW.lit[0]),
            ("quiet", theme.BAR_QUIET),
        )
    ),
    *(
        Pair(f"bar: {name}, quiet", colour, theme.BAR_QUIET, "word, shape, rim")
        for name, colour in (
            ("HIGH unlit", _HIGH.unlit[0]),
            ("MEDIUM unlit", _MEDIUM.unlit[0]),
            ("LOW", _LOW.lit[0]),
        )
    ),
    Pair("line, figure: HIGH, MEDIUM", _HIGH.line, _MEDIUM.line, _LINE),
    Pair("line, figure: HIGH, state outline", _HIGH.line, theme.CYAN, _LINE),
    Pair("line, figure: MEDIUM, state outline", _MEDIUM.line, theme.CYAN, _LINE),
    Pair("figure: HIGH, no alarm", _HIGH.line, theme.TEXT, _LINE),
    Pair("figure: MEDIUM, no alarm", _MEDIUM.line, theme.TEXT, _LINE),
    Pair("cement's outline, wall under HIGH", theme.CONTOUR, _HIGH.line, "closed line; width"),
    Pair("cement's outline, wall under MEDIUM", theme.CONTOUR, _MEDIUM.line, "closed line; width"),
    Pair("cement's outline, wall", theme.CONTOUR, theme.CYAN, "closed line; width"),
    Pair("state outline: MONITORING, not", theme.CYAN, theme.BLIND_LINE, "word, dashes"),
)
"""LOW and the outline of MONITORING are one blue-green on purpose: a filled bar, and an outline elsewhere."""

READ_ON = (
    ("text", theme.TEXT, theme.BACKGROUND),
    ("text on BLIND", theme.TEXT, theme.BLIND),
    ("soft text, panel", theme.TEXT_SOFT, theme.PANEL),
    ("faint text, panel", theme.TEXT_FAINT, theme.PANEL),
    ("faint text, quiet bar", theme.TEXT_FAINT, theme.BAR_QUIET),
    *((f"{look.word} lit", *look.lit) for look in (_HIGH, _MEDIUM, _LOW)),
    *((f"{look.word} unlit", *look.unlit) for look in (_HIGH, _MEDIUM)),
    *((f"figure under {look.word}", look.line, theme.BACKGROUND) for look in (_HIGH, _MEDIUM, _LOW)),
    ("state MONITORING", theme.CYAN, theme.BACKGROUND),
    ("state LEARNING, HELD", theme.BLIND_LINE, theme.BACKGROUND),
    ("posterior third", theme.THIRD_WORDS, theme.THIRD_BAND),
    ("posterior quarter", theme.QUARTER_WORDS, theme.QUARTER_BAND),
)

LONGEST = {
    "near_posterior_wall": (Priority.HIGH, "posterior wall crossed by 12.3 mm"),
    "near_foramen": (Priority.MEDIUM, "foramen crossed by 12.3 mm"),
    "near_fast_extension": (Priority.HIGH, "cement runs at 21 mm/s: a vein?"),
    "leak_canal": (Priority.HIGH, "canal leak (or foramen)"),
    "leak_foramen": (Priority.HIGH, "foramen leak (or canal)"),
    "leak_vein": (Priority.HIGH, "vein leak (or paravertebral)"),
    "leak_embolus": (Priority.HIGH, "cement carried away"),
    "leak_disc_superior": (Priority.MEDIUM, "leak into the disc above (or vein)"),
    "leak_paravertebral": (Priority.MEDIUM, "leak beside the body (or foramen)"),
    "volume_lytic": (
        Priority.MEDIUM,
        "large volume in a lytic level with a wall defect: about 12.3 mL seen, uncalibrated",
    ),
    "injected_not_seen": (Priority.MEDIUM, "injected cement is not seen: 12.3 of 14.5 mL"),
    "front_standing": (Priority.MEDIUM, "front stands while cement is injected: 12.3 mL"),
    "grown_unwatched": (
        Priority.MEDIUM,
        "grown while unwatched: 1234 mm2 before, 1345 mm2 after 123 s",
    ),
    "volume_reached": (
        Priority.LOW,
        "volume reached: about 12.3 mL seen, uncalibrated, usual limit 12.3 mL",
    ),
    "cement_working": (Priority.LOW, "cement has thickened: working time (12 min from mixing, Vertaplex HV)"),
    "withdraw_cannula": (Priority.LOW, "withdraw the cannula before the cement hardens"),
    "not_monitoring": (Priority.MEDIUM, "not monitoring: the image contradicts the polarity"),
}
"""The longest message of each rule, as `monitor.rules` words it."""


def arcmin(height_px: float, width_px: int, height_of_screen_px: int) -> float:
    """Angle of a height as seen from two metres on a 24 inch screen of so many px (minutes of arc)."""
    pitch_mm = DIAGONAL_MM / math.hypot(width_px, height_of_screen_px)
    return math.degrees(2 * math.atan(height_px * pitch_mm / 2 / DISTANCE_MM)) * 60


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a painted window: in which panel, and how large it is seen."""

    panel: str
    text: str
    arcmin: float
    cut: bool


def texts(observations: list, size: tuple[int, int]) -> list[Text]:  # type: ignore[type-arg]
    """Every text of a window that is painted after these looks."""
    from PyQt6.QtGui import QImage, QPainter

    from tests.ui import factory as made
    from ui.overlay.scene import Scene

    scene = Scene(made.SETUP)
    for observation in observations:
        model = scene.take(observation)
    image = QImage(*size, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        words = scene.paint(painter, *size, model)
    panels = Scene.layout(*size, model).panels()
    return [
        Text(
            next((name for name, rect in panels.items() if rect.contains(word.rect.center())), "image"),
            word.text,
            arcmin(word.cap_px, *size),
            word.cut,
        )
        for word in words
        if word.text
    ]


def alarm_texts(rule_id: str, size: tuple[int, int], *, blind: bool) -> list[Text]:
    """What the bar says in large letters of the longest message of a rule; without notes and keys."""
    from tests.ui import factory as made

    priority, message = LONGEST[rule_id]
    alarm = made.alert(priority, message, rule_id=rule_id, structure=RULES[rule_id].structure)
    if rule_id == "not_monitoring":
        alarm = dataclasses.replace(alarm, kind=Kind.TECHNICAL, level=None)
    looks = made.blind(dataclasses.replace(alarm, state=AlarmState.LATCHED)) if blind else [
        made.observation(made.result(alerts=(alarm,)))
    ]  # fmt: skip
    small = ("Space", "latched", "+", "learning again")
    word = ALARM_LOOKS[priority].word
    return [
        text
        for text in texts(looks[-1:], size)
        if text.panel == "bar" and not text.text.startswith(small) and not (blind and text.text == word)
    ]


def state_texts(scene: str, size: tuple[int, int]) -> list[Text]:
    """What the bar says in large letters where nothing is watched; without what follows from it."""
    from tests.ui import factory as made

    found = [text for text in texts(made.SCENES[scene]()[-1:], size) if text.panel == "bar"]
    return [text for text in found if text.arcmin > 0.6 * max(t.arcmin for t in found)]


def scaled(factor: float, pictures: Path | None = None) -> dict[str, object]:
    """Paint the real window in a process of its own at a scale of the screen, which stays 1920x1080 px."""
    code = "from benchmarks.legibility import paint_scaled; paint_scaled()"
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "QT_SCALE_FACTOR": f"{factor:g}",
        "LEGIBILITY_FACTOR": f"{factor:g}",
        "LEGIBILITY_OUT": str(pictures or ""),
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=Path(__file__).resolve().parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def paint_scaled() -> None:
    """In the process that `scaled` starts: paint, and print what is to be known as JSON."""
    from PyQt6.QtGui import QImage

    from tests.ui import factory as made
    from ui.overlay.window import OverlayWindow
    from ui.qt import start_application

    start_application()
    factor, out = float(os.environ["LEGIBILITY_FACTOR"]), os.environ["LEGIBILITY_OUT"]
    seen_now = [made.high()[-1]]
    window = OverlayWindow(lambda: seen_now[0], made.SETUP)
    window.resize(round(1920 / factor), round(1080 / factor))
    window.tick()
    picture = window.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    memory = picture.constBits()
    assert memory is not None
    memory.setsize(picture.sizeInBytes())
    flat = np.frombuffer(memory, np.uint8).reshape(picture.height(), picture.bytesPerLine())  # type: ignore[call-overload]
    gray = flat[:, : picture.width()].astype(float)
    # a part of the live image that nothing is drawn over: what its grain has of detail from px to px
    grain = gray[300:600, 500:760]
    if out:
        window.grab().save(f"{out}/scale-{factor:g}.png")
    told = {
        "ratio": picture.devicePixelRatio(),
        "size": [picture.width(), picture.height()],
        "logical": [window.width(), window.height()],
        "detail": float(np.abs(np.diff(grain, axis=1)).mean()),
        "cut": [word.text for word in window.words if word.cut],
        "outside": [
            word.text
            for word in window.words
            if word.text and (word.rect.right() > window.width() or word.rect.bottom() > window.height())
        ],
        "meeting": sum(
            one.rect.adjusted(0.5, 0.5, -0.5, -0.5).intersects(other.rect)
            for one, other in combinations([word for word in window.words if word.text], 2)
        ),
        "alarm_px": max(w.cap_px for w in window.words if w.text.startswith("POSTERIOR WALL")) * factor,
    }
    print(json.dumps(told))


def as_seen(path: Path, vision: str, target: Path) -> None:
    """A picture as somebody of this vision sees it."""
    import cv2

    picture = cv2.imread(str(path))[..., ::-1] / 255.0
    linear = np.where(picture <= 0.04045, picture / 12.92, ((picture + 0.055) / 1.055) ** 2.4)
    cv2.imwrite(str(target), np.round(255 * seen(linear, vision)).astype(np.uint8)[..., ::-1])


def colour_rows() -> Iterator[str]:
    """Differences and contrasts, a line each."""
    yield f"{'told apart':38}" + "".join(f"{vision:>14}" for vision in VISIONS) + "   also by"
    for pair in TOLD_APART:
        apart = [difference(pair.one, pair.other, vision) for vision in VISIONS]
        weak = " <" if min(apart) < LEAST_DIFFERENCE else ""
        yield f"{pair.what:38}" + "".join(f"{each:14.1f}" for each in apart) + f"   {pair.also}{weak}"
    for name, ink, ground in READ_ON:
        yield f"contrast {name:30} {contrast(ink, ground):5.1f}"


def text_rows(size: tuple[int, int]) -> Iterator[str]:
    """Sizes of what is painted, by panel, and of every alarm's longest message."""
    from tests.ui import factory as made

    found = texts(made.high()[-1:], size)
    for panel in dict.fromkeys(text.panel for text in found):
        here = [text for text in found if text.panel == panel]
        large, small = max(here, key=lambda t: t.arcmin), min(here, key=lambda t: t.arcmin)
        yield (
            f"{size[0]}x{size[1]} {panel:9} {small.arcmin:5.1f}' ({small.text}) to "
            f"{large.arcmin:5.1f}' ({large.text})"
        )
    for scene in ("blind", "stale", "learning", "held"):
        least = min(text.arcmin for text in state_texts(scene, size))
        yield f"{size[0]}x{size[1]} {'state':12} {scene:22} {least:5.1f}'"
    for blind in (False, True):
        for rule_id in LONGEST:
            if blind and rule_id == "not_monitoring":
                continue
            lines = alarm_texts(rule_id, size, blind=blind)
            least = min(text.arcmin for text in lines)
            cut = " CUT" if any(text.cut for text in lines) else ""
            where = "beside BLIND" if blind else "alone"
            yield f"{size[0]}x{size[1]} {where:12} {rule_id:22} {least:5.1f}'{cut}"


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, help="keep the painted windows here")
    pictures: Path | None = parser.parse_args().pictures
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
    from ui.qt import start_application

    start_application()
    for row in colour_rows():
        print(row)
    for size in SIZES:
        for row in text_rows(size):
            print(row)
    for factor in FACTORS:
        print(f"scale {factor:g}: {scaled(factor, pictures)}")
    if pictures is not None:
        for vision in ("protanopia", "deuteranopia"):
            as_seen(pictures / "scale-1.png", vision, pictures / f"{vision}.png")


if __name__ == "__main__":
    main()
