"""The replay window: the overlay, the time line under it, buttons, and the list of what happened."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QCloseEvent, QKeyEvent
from PyQt6.QtWidgets import QFileDialog

from monitor.errors import CementWatchError, OutputError
from recordings.compared import Summary, Unlike
from recordings.track import Track, open_track
from ui.language import translated
from ui.replay.bindings import bindings_of, connect
from ui.replay.comparing import Comparing
from ui.replay.deck import DamagedFrameError, Deck
from ui.replay.filming import Filming
from ui.replay.keys import keys_box
from ui.replay.pane import Pane
from ui.replay.recompute import EveryFrame
from ui.replay.snapshot import keep_image, snapshot_folder, time_name
from ui.replay.view import ReplayView
from ui.replay.words import tenths
from ui.session_folders import SECOND_FOLDER
from ui.sound.sounder import Sounder
from ui.version import software_version

_TICK_MS, _GROW_MS, _REST_MS = 15, 1000, 150


class ReplayWindow(ReplayView):
    """Shows a deck, which it closes with itself.

    Parameters
    ----------
    deck : Deck
    compare : Track or None
        Shown beside from the start.
    every_frame : bool
        Whether it begins with every frame.
    cache : Path, optional
        Where every-frame results are kept, else in the user's cache.
    """

    def __init__(
        self,
        deck: Deck,
        compare: Track | None = None,
        *,
        every_frame: bool = False,
        cache: Path | None = None,
    ) -> None:
        super().__init__(deck)
        self.recompute = EveryFrame(deck.session, software_version(), grows=deck.grows, folder=cache)
        self.beside: Pane | None = None
        self.comparing, self.filming = Comparing(self), Filming(deck)
        self._sounder: Sounder | None = None
        self._every: Track | None = None
        connect(self)
        self._timer, self._grow_timer, self._rest = QTimer(self), QTimer(self), QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._rest.setSingleShot(True)
        self._timer.timeout.connect(self.tick)
        self._grow_timer.timeout.connect(self.grow)
        self._rest.timeout.connect(self.rest)
        self._timer.start(_TICK_MS)
        self._grow_timer.start(_GROW_MS)
        self._keys = bindings_of(self)
        self.player.seek(deck.first_ns)
        if deck.notes:
            self.say("; ".join(deck.notes), refused=True)
        elif deck.track is None:
            self.say(f"{deck.nothing}: this session holds images without findings", refused=True)
        elif (deck.session.folder / SECOND_FOLDER).is_dir():
            self.say(f"one plane is shown; the other is a session of its own: {SECOND_FOLDER}")
        if compare is not None:
            self.compare_with(compare)
        if every_frame:
            self.switch_source(every_frame=True)
        self.controls.show_speed(1.0)
        self.refresh_events()
        self.refresh()

    # what is shown

    def refresh(self) -> None:
        """Show everything as it is now."""
        player, transport = self.player, self.player.transport
        for pane in (self.pane, self.beside):
            if pane is not None:
                pane.update()
        now_s = self.deck.session_s(transport.t_ns)
        first_ns = transport.first_ns
        loop = tuple(
            None if end_ns is None else (end_ns - first_ns) / 1e9
            for end_ns in (transport.loop_a_ns, transport.loop_b_ns)
        )
        self.time_line.show_now(now_s, (loop[0], loop[1]))
        frame, count = player.place.frame, len(self.deck.times_ns)
        self.controls.where.setText(f"{tenths(now_s)}  ·  {frame + 1} / {count}")
        utc, local = self.deck.wall_words(transport.t_ns)
        self.controls.wall.setText(f"{utc}  ·  {local}" if utc else "")
        self.controls.show_play(playing=transport.playing)
        if self.events.isVisible():
            self.events.show_now(now_s)

    def refresh_events(self) -> None:
        """Show what happened anew: there is more of it, or it is of another track."""
        self.time_line.show_row(self.player.row())
        first_ns = self.deck.first_ns
        listed = tuple(((m.t_ns - first_ns) / 1e9, m) for m in self.player.moments())
        self.events.show_moments(listed)

    # what is done

    def toggle(self) -> None:
        """Play, or pause."""
        self.player.toggle()
        if not self.player.transport.playing and self._sounder is not None:
            self._sounder.silence()
        self.refresh()

    def seek_s(self, at_s: float) -> None:
        """Go to a time (s since the first frame); while it is dragged, with a coarser trend at first."""
        self.player.seek(self.deck.first_ns + round(at_s * 1e9), few=True)
        self._rest.start(_REST_MS)
        self.refresh()

    def step(self, frames: int) -> None:
        """Pause, and go on or back by frames."""
        self.player.step(frames)
        self.refresh()

    def step_s(self, seconds: float) -> None:
        """Go on or back by seconds."""
        self.seek_s(self.deck.session_s(self.player.transport.t_ns) + seconds)

    def jump(self, what: str, way: int) -> None:
        """To the next or previous ``alarm``, ``mark`` or ``difference``."""
        times_ns = {
            "alarm": self.player.alarms, "mark": self.player.marks, "difference": self.comparing.times_ns,
        }[what]()  # fmt: skip
        if self.player.jump(times_ns, way, few=True):
            self._rest.start(_REST_MS)
        else:
            self.say(f"no {what} {'after' if way > 0 else 'before'} this")
        self.refresh()

    def set_loop(self, which: str) -> None:
        """Set ``a`` or ``b`` here, or ``clear`` both."""
        transport = self.player.transport
        if which == "clear":
            transport.clear_loop()
        else:
            here_ns = transport.t_ns
            transport.set_loop(here_ns if which == "a" else None, here_ns if which == "b" else None)
        self.refresh()

    def go_s(self, at_s: float) -> None:
        """Go to a time (s since the first frame), with everything at once."""
        self.player.seek(self.deck.first_ns + round(at_s * 1e9))
        self.refresh()

    def set_speed(self, speed: float) -> None:
        """Play at a speed."""
        self.player.tick()
        self.player.transport.speed = speed
        self.controls.show_speed(speed)

    def change_speed(self, steps: int) -> None:
        """Faster or slower."""
        self.player.tick()
        self.player.transport.change_speed(steps)
        self.controls.show_speed(self.player.transport.speed)

    def keep(self) -> None:
        """Keep this image as pictures."""
        place = self.player.place
        frame = None
        with suppress(DamagedFrameError):
            frame = self.deck.frame(place.frame)
        shown_s = self.deck.session_s(self.player.transport.t_ns)
        try:
            folder = snapshot_folder(self.deck.session.folder)
            paths = keep_image(folder, shown_s, self.pane.grab().toImage(), frame)
        except CementWatchError as error:
            self.say(str(error), refused=True)
            return
        self.say(f"kept: {', '.join(path.name for path in paths)} in {folder.name}")

    def start_film(self, out: Path | None = None) -> None:
        """Write a film of the passage, or of all; asks for a file where none is given."""
        if self.filming.running:
            self.say("a film is being written: Esc ends it")
            return
        loop, first_ns = self.player.transport.loop_ns, self.deck.first_ns
        begin_s, end_s = (None, None) if loop is None else ((t - first_ns) / 1e9 for t in loop)
        if out is None:
            name = f"{self.deck.session.folder.resolve().name}-{time_name(begin_s or 0.0)}.mp4"
            proposed = snapshot_folder(self.deck.session.folder).with_name(name)
            chosen, _ = QFileDialog.getSaveFileName(
                self, translated("Write the film as"), str(proposed), translated("Film (*.mp4)")
            )
            if not chosen:
                return
            out = Path(chosen)
        self.filming.start(self.player.look.track, out, begin_s, end_s)

    def switch_source(self, *, every_frame: bool) -> None:
        """Show what was found live, or what every frame would have shown."""
        self.controls.source.setCurrentIndex(int(every_frame))
        if every_frame and self.deck.plan is None:
            self.controls.source.setCurrentIndex(0)
            self.say("every frame cannot be looked at: the session has no plan", refused=True)
        elif every_frame:
            self._every = self._every or self.recompute.kept()
            if self._every is None or not self._every.ended:
                try:
                    self.recompute.start()
                except OutputError as error:
                    self.every_ended(str(error))
                    return
                self.say("looking at every frame…")
            self._take(self._every, computed=False)
        else:
            self._take(self.deck.track)

    def compare_with(self, track: Track | None) -> None:
        """Show another track beside; None: this one alone."""
        self.comparing.stop()
        self.player.compare_with(track)
        if self.beside is not None:
            self._panes.removeWidget(self.beside)
            self.beside.deleteLater()
            self.beside = None
        self.player.look.beside = self.player.beside is not None
        if self.player.beside is not None:
            self.player.beside.beside = True
            self.beside = Pane(self.player.beside)
            self._panes.insertWidget(1, self.beside, 1)
            self.events.show()
            self.controls.events.setChecked(True)
            self.events.show_unlike((), "comparing…")
            if self.player.look.track is not None and track is not None:
                self.comparing.start(self.player.look.track, track, self._show_unlike)
        else:
            self.events.hide_unlike()
        self.refresh()

    def choose_compare(self) -> None:
        """Ask for results to show beside, or show these alone again."""
        if self.player.beside is not None:
            self.compare_with(None)
            return
        chosen, _ = QFileDialog.getOpenFileName(self, translated("Results of another version"), "", "*.mcap")
        if not chosen:
            return
        try:
            self.compare_with(open_track(Path(chosen), self.deck.session))
        except CementWatchError as error:
            self.say(str(error), refused=True)

    def toggle_sound(self) -> None:
        """Hear the alarms of the replay, or not. They are not, unless asked for."""
        if self._sounder is not None:
            self._sounder.silence()
            self._sounder = None
            self.say("alarms of the replay are not heard")
        else:
            # what plays sound takes a second to load, and is hardly ever wanted here
            from ui.sound.speaker import speaker_here

            self._sounder = Sounder(speaker_here())
            self.say("alarms of the replay are heard while it plays")

    # what comes by itself

    def tick(self) -> None:
        """Let time go on."""
        if not self.player.transport.playing:
            return
        if self.player.tick():
            self.refresh()
            seen = self.player.look.observation
            if self._sounder is not None and seen is not None:
                self._sounder.hear((seen,))
        if self.player.transport.stands():
            self.refresh()

    def grow(self) -> None:
        """Take up what was recorded or computed since."""
        if self.deck.grows:
            self.player.grow()
            self.pane.look = self.player.look
        if self.recompute.running:
            if self._every is None:
                self._every = self.recompute.growing()
                if self._every is not None and self.controls.source.currentIndex() == 1:
                    self._take(self._every)
            else:
                self._every.refresh()
            done = len(self._every) if self._every is not None else 0
            self.say(f"looking at every frame: {done} of {len(self.deck.times_ns)}")
            shown, playing = self.player.place, self.player.transport.playing
            if self.controls.source.currentIndex() == 1 and shown.step is None and not playing:
                self.player.seek(self.player.transport.t_ns)
        self.refresh_events()
        self.refresh()

    def every_ended(self, why: str) -> None:
        """Every frame was looked at, or that failed."""
        if why:
            self.switch_source(every_frame=False)
            self.say(f"every frame could not be looked at: {why}", refused=True)
            return
        if self._every is None:
            self._every = self.recompute.kept()
        if self._every is not None:
            self._every.refresh()
            self.say(f"every frame was looked at: {len(self._every)} images")
            if self.controls.source.currentIndex() == 1:
                self._take(self._every)

    def _take(self, track: Track | None, *, computed: bool = True) -> None:
        self.player.take_track(track, computed=computed)
        self.pane.look = self.player.look
        if track is not None and track is not self.deck.track and track.ended:
            self.comparing.summarise(track, self._take_summary)
        if self.player.beside is not None and self.player.beside.track is not None and track is not None:
            self.comparing.start(track, self.player.beside.track, self._show_unlike)
        self.refresh_events()
        self.refresh()

    def _take_summary(self, track: Track, summary: Summary) -> None:
        if self.player.look.track is track:
            self.player.summary = summary
            self.refresh_events()

    def _show_unlike(self, found: tuple[Unlike, ...], words: str) -> None:
        first_ns = self.deck.first_ns
        rows = [(None if each.t_ns is None else (each.t_ns - first_ns) / 1e9, each) for each in found]
        self.events.show_unlike(rows, words)

    def rest(self) -> None:
        """Show all of where it stands now: it is not dragged any more."""
        if not self.player.transport.playing:
            self.player.show_again()
            self.refresh()

    # keys, and how it is put together

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Keys of `ui.replay.keys`."""
        if event is None:
            return
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        does = self._keys.get((event.key(), shift)) or self._keys.get((event.key(), None))
        if control and event.key() == Qt.Key.Key_Q:
            self.close()
        elif does is not None and not control:
            does()
        elif event.text() == "?":
            self.show_keys()
        else:
            super().keyPressEvent(event)

    def show_keys(self) -> None:
        """The list of keys."""
        self._keys_box = keys_box(self)
        self._keys_box.open()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """End what runs, and leave nothing half-written."""
        for timer in (self._timer, self._grow_timer, self._rest):
            timer.stop()
        self.filming.stop()
        self.recompute.stop()
        self.comparing.close()
        self.thumbnails.close()
        if self._sounder is not None:
            self._sounder.silence()
        shown = self.player.beside.track if self.player.beside is not None else None
        for track in (shown, self._every):
            if track is not None:
                track.close()
        self.deck.close()
        if event is not None:
            event.accept()

    def toggle_events(self) -> None:
        """The list of events on or off."""
        self.events.setVisible(not self.events.isVisible())
        self.controls.events.setChecked(self.events.isVisible())
        self.refresh()

    def next_level(self) -> None:
        """The large figures of the next level."""
        self.say(self.player.look.scene.choose_next())
        self.player.show_again()
        self.refresh()

    def leave(self) -> None:
        """End a film that is being written, else leave full screen."""
        if not self.filming.stop() and self.isFullScreen():
            self.showNormal()
