"""Fifth page: how late the picture is, from a pattern that flashes."""

from __future__ import annotations

from collections.abc import Hashable

from calibration.conditions import conditions_of
from calibration.profile import LatencyPart
from monitor.errors import InputError
from recordings.open import open_source
from ui.latency import PatternCapture
from ui.wizard.look import count, field, form, label, set_role
from ui.wizard.measurement import Measurement, Standing, Task
from ui.wizard.page import Finding, Loaded, Page
from ui.wizard.worker import Worker
from ui.worded import Button


class LatencyPage(Page):
    """Flashes full screen for some seconds, then measures."""

    name = "latency"
    title = "Latency"
    instruction = (
        "The delay from glass to glass. Point a camera that is captured at this screen, or feed the screen's "
        "signal to the capture device. The screen then flashes in black and white for the seconds given: "
        "warn whoever is sensitive to that. Escape stops it."
    )
    keep_words = "Keep this delay"

    def __init__(self, worker: Worker) -> None:
        super().__init__(worker)
        self.measurement = Measurement(worker, self)
        self._capture: PatternCapture | None = None
        self._runs, self._problem = 0, ""
        rows = form()
        self.source = field("device:0, or an address", "device:0")
        self.seconds = count(8, 120, 20, " s")
        rows.add("&Live source", self.source)
        rows.add("Flash for", self.seconds)
        self.flash = Button("Flas&h and measure")
        self.said = label("", "soft")
        box = self.box()
        box.addLayout(rows)
        box.addWidget(self.flash)
        box.addWidget(self.said)
        self.content.addStretch(1)
        self.source.textChanged.connect(self._edited)
        self.seconds.valueChanged.connect(self._edited)
        self.flash.clicked.connect(self.begin)
        self.measurement.changed.connect(self.refresh)
        self.refresh()

    def show_loaded(self, loaded: Loaded | None) -> None:
        """A live source that was opened is the one to measure."""
        if loaded is not None and loaded is not self.loaded and loaded.picture.info.live:
            self.source.setText(loaded.source)
        self.loaded = loaded

    def begin(self) -> None:
        """Show the pattern; the rest follows by itself."""
        if self._capture is not None:
            return
        spec = self.source.text().strip()
        try:
            capture = PatternCapture(open_source(spec), self.seconds.value())
        except InputError as error:
            self._problem = str(error)
            self.refresh()
            return
        self._problem, self._capture = "", capture
        self._runs += 1
        self.measurement.want(Task(self._key(), capture.measured))
        capture.finished.connect(self._finished)
        capture.start()
        self.refresh()

    def stop(self) -> None:
        """Stop flashing: the window is going."""
        if self._capture is not None:
            self._capture.stop()

    def key(self) -> Hashable:
        """Source, seconds, and the run."""
        return self.measurement.wanted

    @property
    def holds(self) -> bool:
        """It does not depend on the picture."""
        return self.kept is not None and self.kept.finding.key == self.key()

    def finding(self) -> Finding | None:
        """The delay, where it is current."""
        if self.measurement.value is None:
            return None
        info, found = self.measurement.value
        conditions = conditions_of(info)
        return Finding(
            self.key(), f"{found.delay_ms:.0f} ms", lambda made: LatencyPart.of(found, made, conditions)
        )

    def refresh(self) -> None:
        """Say what was found, or why nothing was."""
        standing = self.measurement.standing
        words = {
            Standing.MEASURING: "measuring…",
            Standing.OUTDATED: "outdated: source or seconds have changed since it was measured",
            Standing.REFUSED: f"refused: {self.measurement.refusal}",
        }.get(standing, "")
        if self.measurement.value is not None:
            words = self.measurement.value[1].line
        elif self._capture is not None:
            words = "opening the source, then flashing…"
        self.said.setText(self._problem or words)
        set_role(self.said, "refused" if self._problem or standing is Standing.REFUSED else "soft")
        self.flash.setEnabled(self._capture is None and standing is not Standing.MEASURING)
        super().refresh()

    def _key(self) -> Hashable:
        return "latency", self.source.text().strip(), self.seconds.value(), self._runs

    def _edited(self) -> None:
        self._problem = ""
        if self.measurement.wanted is not None:
            self.measurement.want(Task(self._key(), _not_flashed))
        self.refresh()

    def _finished(self) -> None:
        self._capture = None
        self.measurement.start()
        self.refresh()


def _not_flashed() -> object:
    raise InputError("latency: nothing was flashed for this source")
