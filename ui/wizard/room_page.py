"""First page: which room, which C-arm, who calibrates, and for how long."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtWidgets import QHBoxLayout

from calibration.profile import DEFAULT_VALID_DAYS
from calibration.room import RoomProfile
from calibration.summary import PARTS
from monitor.errors import InputError
from ui.language import translated
from ui.version import software_version
from ui.wizard.look import count, field, form, label, set_role
from ui.wizard.page import Page
from ui.wizard.worker import Worker
from ui.worded import Button

_ROOM_HINT, _C_ARM_HINT = "as Angio 2", "make and model"


class RoomPage(Page):
    """What every part of the profile is stamped with."""

    name = "room"
    title = "Room"
    instruction = (
        "A profile belongs to one room and its C-arm. Name both, and who calibrates. What is calibrated now "
        "expires after the days given; the monitor says so from then on."
    )

    def __init__(self, worker: Worker, profile: Path | None, room: str) -> None:
        super().__init__(worker)
        self.keep_button.hide()
        self.kept_line.hide()
        rows = form()
        self.room = field(_ROOM_HINT, room)
        self.c_arm = field(_C_ARM_HINT)
        self.operator = field("your name")
        self.valid_days = count(1, 3650, DEFAULT_VALID_DAYS, " days")
        self.path = field("chosen when saving", "" if profile is None else str(profile))
        self.choose = Button("Choose…")
        line = QHBoxLayout()
        line.addWidget(self.path, 1)
        line.addWidget(self.choose)
        for words, widget in (("&Room", self.room), ("C-&arm", self.c_arm), ("O&perator", self.operator)):
            rows.add(words, widget)
        rows.add("&Valid for", self.valid_days)
        rows.add("Profile", line)
        self.content.addLayout(rows)
        self.said = label("", "soft")
        self.box().addWidget(self.said)
        self.content.addStretch(1)
        for edit in (self.room, self.c_arm, self.operator, self.path):
            edit.textChanged.connect(self.refresh)
        self.valid_days.valueChanged.connect(self.refresh)
        self.refresh()

    def profile_path(self) -> Path | None:
        """Where the profile is, or will be."""
        text = self.path.text().strip()
        return Path(text) if text else None

    def room_profile(self) -> RoomProfile:
        """The profile with what was typed. Raises `InputError`."""
        return RoomProfile.of(
            self.profile_path(),
            room=self.room.text().strip(),
            c_arm=self.c_arm.text().strip(),
            operator=self.operator.text().strip(),
            valid_days=self.valid_days.value(),
            software=f"cementwatch {software_version()}",
        )

    def status(self) -> str:
        """The room's name, typed or as the profile has it."""
        shown = self.room.placeholderText()
        return self.room.text().strip() or ("not named" if shown == translated(_ROOM_HINT) else shown)

    def refresh(self) -> None:
        """Say what the profile holds already, or why it cannot be used."""
        try:
            known = self.room_profile().known()
        except InputError as error:
            self.said.setText(str(error))
            set_role(self.said, "refused")
        else:
            path = self.profile_path()
            self.room.setPlaceholderText(known.room or _ROOM_HINT)
            self.c_arm.setPlaceholderText(known.c_arm or _C_ARM_HINT)
            held = [name for name in PARTS if getattr(known, name) is not None]
            if path is None:
                words = "no profile chosen yet: what is kept can be saved at the end"
            elif not path.exists():
                words = "a new profile will be made when you save"
            else:
                of = f"is that of {known.room or 'a room without a name'}"
                holds = f"it holds {', '.join(held)}, which stays unless replaced" if held else "it is empty"
                words = f"{path.name} {of}; {holds}"
            self.said.setText(words)
            set_role(self.said, "soft")
        super().refresh()
