"""The patient from the worklist: chosen by keys, believed until somebody changes it, told with its time."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt

from monitor.errors import InputError
from recordings.network.address import Peer
from recordings.procedure import VARIABLE, Procedure, procedure_of
from tests.ui.german import Listening, fits
from tests.ui.start.conftest import GRABBER, Operator, Show
from tests.worklist_server import Entry, worklist_server
from ui.cli import run
from ui.start.handover import Wanted
from ui.worklist_lookup import only_procedure

FIRST = Entry("A1", "4711", "Müller^Jörg", "0830", date.today())
SECOND = Entry("A2", "4712", "Doe^Jane", "1000", date.today(), "Kyphoplastie L3")
ELSEWHERE = Entry("A3", "4713", "Roe^Ann", "0900", date.today(), station="CT1", modality="CT")
YESTERDAY = Entry("A4", "4714", "Poe^Edgar")


@pytest.fixture(scope="module")
def ris(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    with worklist_server(tmp_path_factory.mktemp("ris"), FIRST, SECOND, ELSEWHERE, YESTERDAY) as made:
        yield made


def settle(home: Path, text: str) -> None:
    """What the settings' file says."""
    path = home / "config" / "cementwatch" / "worklist.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def press(hand: Operator, key: Qt.Key) -> None:
    """A key, to whoever has the focus in the box."""
    box = hand.window.scheduled.box
    assert box is not None
    hand.bot.keyClick(box.focusWidget() or box, key)


def press_all(hand: Operator, text: str) -> None:
    """Type where the focus is, and press Enter."""
    box = hand.window.scheduled.box
    assert box is not None
    hand.bot.keyClicks(box.focusWidget() or box, text)
    press(hand, Qt.Key.Key_Return)


def said(hand: Operator) -> str:
    box = hand.window.scheduled.box
    assert box is not None
    return box.said.text()


def listed(hand: Operator) -> list[str]:
    box = hand.window.scheduled.box
    assert box is not None
    items = [box.table.item(row, 3) for row in range(box.table.rowCount())]
    return [item.text() for item in items if item is not None]


def test_a_step_is_taken_by_keys_alone_and_its_study_goes_to_the_session(
    show: Show, ris: Peer, home: Path, good_plan: Path
) -> None:
    settle(home, f'from = "{ris}"\nmodality = "XA"\n')
    hand = show(Wanted(source=GRABBER, plan=str(good_plan), polarity="cement-dark"))
    hand.until(lambda: hand.may_start)
    hand.bot.keyClick(hand.window, Qt.Key.Key_4, Qt.KeyboardModifier.AltModifier)
    hand.until(lambda: listed(hand) == ["4711", "4712"])
    assert said(hand).startswith(f"2 steps are scheduled at {ris}, read at ")
    press(hand, Qt.Key.Key_Down)
    press(hand, Qt.Key.Key_Return)
    form = hand.form
    hand.until(lambda: form.patient_id.text() == "4712")
    assert (form.patient_name.text(), form.description.text()) == ("Doe, Jane", "Kyphoplastie L3")
    told = form.scheduled_words.text()
    assert told.startswith(f"from the worklist of {ris}, read at ")
    assert told.endswith("accession A2; born 1950-02-03; sex F")
    hand.enter()
    begun = hand.window.begun
    assert begun is not None
    who = procedure_of({VARIABLE: begun.procedure})
    assert who is not None
    assert (who.study_instance_uid, who.accession_number) == (SECOND.study, "A2")
    assert not any("4712" in word or "Doe" in word for word in begun.live)
    again = show()
    assert again.window.scheduled.address == str(ris), "the room remembers it"
    assert again.form.patient_id.text() == ""


def test_of_a_patient_that_is_changed_by_hand_nothing_else_is_kept(show: Show, ris: Peer, home: Path) -> None:
    settle(home, f'from = "{ris}"\n')
    hand = show()
    hand.click(hand.form.scheduled)
    hand.until(lambda: len(listed(hand)) == 3)
    press(hand, Qt.Key.Key_Return)
    hand.until(lambda: hand.form.patient_id.text() == "4711")
    hand.type(hand.form.description, "biopsy L2")
    kept = hand.window.filled.procedure()
    assert (kept.description, kept.study_instance_uid) == ("biopsy L2", FIRST.study)
    hand.type(hand.form.patient_id, "4799")
    assert hand.window.filled.procedure() == Procedure(
        patient_id="4799", patient_name="Müller, Jörg", description="biopsy L2", operator="Doe, Anna"
    )
    assert hand.form.scheduled_words.text().startswith("the patient was changed by hand")


def test_a_room_has_its_own_station_and_every_room_can_be_asked_for(
    show: Show, ris: Peer, home: Path
) -> None:
    settle(home, f'from = "{ris}"\nstation = "ANGIO2"\n[rooms."CT"]\nstation = "CT1"\n')
    hand = show()
    hand.type(hand.form.room, "CT")
    hand.click(hand.form.scheduled)
    hand.until(lambda: listed(hand) == ["4713"])
    box = hand.window.scheduled.box
    assert box is not None
    hand.bot.keyClick(box, Qt.Key.Key_E, Qt.KeyboardModifier.AltModifier)
    hand.until(lambda: len(listed(hand)) == 3)
    press(hand, Qt.Key.Key_Escape)
    assert not box.isVisible()
    assert hand.form.patient_id.text() == ""


def test_a_step_that_was_named_is_listed_whatever_its_day(show: Show, ris: Peer) -> None:
    hand = show(Wanted(worklist=str(ris), accession="A4"))
    hand.until(lambda: hand.window.scheduled.box is not None and listed(hand) == ["4714"])
    press(hand, Qt.Key.Key_Return)
    hand.until(lambda: hand.form.patient_name.text() == "Poe, Edgar")


def test_settings_that_cannot_be_read_are_told_and_a_server_can_still_be_typed(
    show: Show, ris: Peer, home: Path
) -> None:
    settle(home, "form = 1")
    hand = show()
    assert "worklist.toml: Object contains unknown field `form`" in hand.window.foot.said.text()
    hand.click(hand.form.scheduled)
    assert said(hand).startswith("which server?")
    press_all(hand, str(ris))
    hand.until(lambda: len(listed(hand)) == 3)


def test_a_server_that_is_dead_slow_or_none_is_told_in_a_line_and_keeps_nobody_waiting(
    show: Show, ris: Peer, german: Listening
) -> None:
    hand = show()
    hand.click(hand.form.scheduled)
    box = hand.window.scheduled.box
    assert box is not None
    for typed, words in (
        ("somewhere", "ist keine Adresse"),
        ("RIS@127.0.0.1:1", "keine Verbindung"),
    ):
        hand.type(box.address, typed)
        press(hand, Qt.Key.Key_Return)
        hand.until(lambda words=words: words in said(hand))
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it takes the call, and says nothing
        hand.type(box.address, f"RIS@127.0.0.1:{silent.getsockname()[1]}")
        press(hand, Qt.Key.Key_Return)
        assert said(hand).endswith("wird gefragt")
        fits(box)
        call, _ = silent.accept()
        hand.type(box.address, str(ris))
        press(hand, Qt.Key.Key_Return)
        hand.until(lambda: len(listed(hand)) == 3)
        press(hand, Qt.Key.Key_Escape)
        assert not box.isVisible()
        call.close()
    assert german.lacking == []


def test_live_takes_the_patient_by_a_key_of_the_worklist(
    ris: Peer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the environment holds goes into the session: tests/recordings/test_procedure.py."""
    monkeypatch.setenv(VARIABLE, "")
    # refused behind the worklist and before anything is opened
    live = ["live", "x.dcm", "--plan", "p.json", "--headless", "--speech", "--no-sound"]
    for keys, words in (
        (["--accession", "A1"], "--accession and --step go with --worklist"),
        (["--worklist", str(ris)], "--worklist needs --accession or --step"),
        (["--worklist", str(ris), "--step", "S", "--resume"], "--worklist is not for --resume"),
        (["--worklist", str(ris), "--accession", "A1"], "--speech stands beside the tones"),
    ):
        assert procedure_of(os.environ) is None
        assert run([*live, *keys]) == 2
        err = capsys.readouterr().err
        assert words in err
        assert len(err.splitlines()) == 1
    who = procedure_of(os.environ)
    assert who is not None
    assert (who.patient_id, who.patient_name, who.study_instance_uid) == ("4711", "Müller, Jörg", FIRST.study)


def test_of_several_steps_none_is_taken() -> None:
    one = b'{"procedure": {"patient_id": "4711"}, "PatientID": "4711"}'
    told = "RIS@h:1", "--accession A*"
    for doubt in (b'"more": true', b'"unusable": 1'):  # what is not in the list may be another patient's
        with pytest.raises(InputError, match="not certain whose it is"):
            only_procedure(b'{"steps": [%b], %b}' % (one, doubt), *told)
    assert only_procedure(b'{"steps": [%b]}' % one, *told) == Procedure(patient_id="4711")
    for steps, words in ((b"", "has nothing with"), (one + b"," + one, "has 2 steps with --accession")):
        with pytest.raises(InputError, match=words):
            only_procedure(b'{"steps": [%b]}' % steps, *told)
