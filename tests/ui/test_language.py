"""The windows in another language: nothing they show is without a translation, and nothing is cut."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from monitor.errors import InputError
from monitor.rule_table import RULES
from monitor.states import State
from tests.ui import factory as made
from tests.ui.german import GERMAN, Listening, fits
from ui import language
from ui.cli import run
from ui.keys import WORDS, Keys
from ui.language import FOLDER, choose, languages, speak, translated
from ui.overlay.window import OverlayWindow
from ui.phrases import Phrases, places_of
from ui.planning.keys import KEYS as PLANNING_KEYS
from ui.planning.levels_box import PATHOLOGIES
from ui.start.window import StartWindow
from ui.translation_file import read_translations
from ui.watchdog.notice import Notice
from ui.watchdog.supervisor import _FOLLOWS, _WHY
from ui.wizard.picture_panel import KEYS as PICTURE_KEYS
from ui.wizard.window import WizardWindow

SIZES_PX = ((1280, 720), (1920, 1080))


def _after(scene: Callable[[], list], setup: object = made.SETUP) -> OverlayWindow:
    looks = scene()
    rest = iter(looks)
    window = OverlayWindow(lambda: next(rest), setup)  # type: ignore[arg-type]
    for _ in looks:
        window.tick()
    return window


@pytest.mark.parametrize("name", [*made.SCENES, "waiting"])
def test_every_state_of_the_overlay_is_translated_and_fits(
    qtbot: QtBot, german: Listening, name: str
) -> None:
    scene = made.waiting if name == "waiting" else made.SCENES[name]
    window = _after(lambda: scene()[-40:])
    qtbot.addWidget(window)
    for key_map in (False, True):
        for size_px in SIZES_PX:
            window.resize(*size_px)
            window._key_map = key_map
            window.grab()
            assert [word.text for word in window.words if word.cut] == []
    assert german.lacking == []


def test_the_start_window_is_translated(
    qtbot: QtBot, german: Listening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    window = StartWindow(devices=tuple)
    qtbot.addWidget(window)
    window.resize(1280, 720)
    window.show()
    window.form.dark.click()
    window.refresh()
    fits(window)
    assert german.lacking == []
    assert window.foot.missing.text() == "Quelle wählen; Höhen jetzt markieren, oder einen Plan öffnen"
    window.close()


def test_the_pages_of_the_calibration_are_translated(qtbot: QtBot, german: Listening, tmp_path: Path) -> None:
    window = WizardWindow(None, tmp_path / "room.json")
    qtbot.addWidget(window)
    window.resize(1280, 720)
    window.show()
    for number in range(len(window.pages)):
        window.go(number)
        window.grab()
        fits(window)
    window.go(1)
    for button in window.scale.buttons:
        button.click()
    assert german.lacking == []


def test_what_is_seldom_shown_is_translated(german: Listening) -> None:
    notice = Notice()
    for why in _WHY.values():
        notice.why, notice.follows = why, _FOLLOWS
        notice.grab()
    for state in State:
        translated(state.words)
    for words in (*WORDS.values(), Keys().footer, *(does for row in Keys().rows for does in row[1:])):
        translated(words)
    for _, does in (*PLANNING_KEYS, *PICTURE_KEYS):
        translated(does)
    for pathology in PATHOLOGIES:
        translated(pathology)
    for rule in RULES.values():
        translated(rule.words)
        translated(rule.words.upper())
    # of the two that follow the tone in the list
    german.shown -= {WORDS["louder"], WORDS["softer"]}
    assert german.lacking == []


def test_no_entry_is_of_words_that_nothing_says() -> None:
    root = FOLDER.parents[1]
    said: set[str] = set()
    for layer in ("monitor", "calibration", "recordings", "ui"):
        for path in (root / layer).rglob("*.py"):
            said.update(re.findall("[a-z]+", path.read_text(encoding="utf-8").lower()))
    for source in read_translations(GERMAN):
        words = re.findall("[a-z]{3,}", re.sub(r"%L?\d|&", "", source).lower())
        assert set(words) <= said, source


def test_places_of_source_and_translation_agree() -> None:
    for source, said in read_translations(GERMAN).items():
        assert places_of(source) == places_of(said), source
        assert source.count("&") == said.count("&") or "&" not in source, source


def test_what_matters_most_keeps_its_meaning(german: Listening) -> None:
    assert translated("NOT MONITORING") == "NICHT ÜBERWACHT"
    assert translated("POSTERIOR WALL 2.1 mm") == "HINTERKANTE 2.1 mm"
    assert translated("CANAL LEAK 12 mm²") == "AUSTRITT SPINALKANAL 12 mm²"
    assert translated("·  T12  ·  STOP") == "·  T12  ·  STOPP"
    assert translated("BLIND 3 s  ·  patient moved 4 mm") == "BLIND 3 s  ·  Patient um 4 mm bewegt"
    assert translated("T12 posterior wall crossed by") == "T12 Hinterkante überschritten um"
    assert translated("canal, veins not watched") == "nicht überwacht: Spinalkanal, Venen"


def test_a_statement_is_translated_as_a_whole_or_not_at_all() -> None:
    spoken = Phrases({"watching %1": "überwacht: %1", "canal": "Spinalkanal", "no image": "kein Bild"})
    assert spoken.say("watching canal") == "überwacht: Spinalkanal"
    assert spoken.say("watching canal, spleen") == "watching canal, spleen"
    assert spoken.say("watching the spleen 2.1 mm") == "watching the spleen 2.1 mm"
    # what stands beside it is another statement
    assert spoken.say("no image  ·  watching the spleen") == "kein Bild  ·  watching the spleen"
    assert spoken.say("2.1 mm") == "2.1 mm"


def test_what_somebody_typed_stays_as_it_is() -> None:
    spoken = Phrases({"opening %L1…": "öffnet %L1…", "canal": "Spinalkanal", "saved: %1": "gespeichert: %1"})
    assert spoken.say("opening canal…") == "öffnet canal…"
    assert spoken.say("saved: canal") == "gespeichert: Spinalkanal"


@pytest.mark.parametrize(
    ("environment", "chosen"),
    [
        ({}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "de"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "de_AT"}, "de"),
        ({"LANG": "fi_FI.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "CEMENTWATCH_LANGUAGE": "en"}, "en"),
    ],
)
def test_the_language_is_that_of_the_locale(environment: dict[str, str], chosen: str) -> None:
    assert choose(None, environment) == chosen
    assert choose("de", environment) == "de"


def test_an_unknown_language_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CEMENTWATCH_LANGUAGE", "en")
    for command in (
        ["live", "x.dcm"],
        ["plan", "x.dcm", "--out", "p.json"],
        ["calibrate", "wizard"],
        ["demo"],
    ):
        assert run([*command, "--language", "tlh"]) == 2
        assert capsys.readouterr().err.splitlines() == ["cementwatch: --language must be en or de, is 'tlh'"]
    assert languages() == ("en", "de")


def test_the_choice_reaches_processes_that_are_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CEMENTWATCH_LANGUAGE", "en")
    assert run(["live", "nowhere.dcm", "--plan", "nowhere.json", "--language", "de", "--no-watchdog"]) == 2
    script = (
        "from ui.language import translated; from ui.qt import start_application; start_application(); "
        "print(translated('NOT MONITORING'))"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "NICHT ÜBERWACHT"


@pytest.mark.parametrize(
    "content",
    [b"", b"<TS><message>", b"<html/>", b"\xff\xfe\x00", b'<!DOCTYPE TS [<!ENTITY a "b">]><TS/>'],
)
def test_a_damaged_file_leaves_english(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "_spoken", None)
    path = tmp_path / "cementwatch_de.ts"
    path.write_bytes(content)
    with pytest.raises(InputError, match="cementwatch_de"):
        read_translations(path)
    assert speak("de", tmp_path) == "en"
    told = capsys.readouterr().err
    assert told.startswith(f"cementwatch: {path}: ")
    assert told.endswith("; English is shown\n")
    assert told.count("\n") == 1
    assert translated("NOT MONITORING") == "NOT MONITORING"


def test_unfinished_entries_stay_english(tmp_path: Path) -> None:
    path = tmp_path / "cementwatch_xx.ts"
    path.write_text(
        "<TS><context><message><source>a</source><translation>b</translation></message>"
        '<message><source>c</source><translation type="unfinished">d</translation></message></context></TS>'
    )
    assert read_translations(path) == {"a": "b"}


def test_a_text_is_looked_for_once(german: Listening, monkeypatch: pytest.MonkeyPatch) -> None:
    assert translated("no image for 3.2 s") == "kein Bild seit 3.2 s"
    monkeypatch.setattr(german, "find", lambda text: pytest.fail(f"looked for {text} again"))
    assert translated("no image for 3.2 s") == "kein Bild seit 3.2 s"
