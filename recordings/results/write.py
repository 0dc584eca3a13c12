"""All objects of a session's results, written into a new folder: all of them or nothing."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from monitor.errors import InputError, OutputError, RecordingError, SourceError
from recordings.archive import held_alone
from recordings.dicom_origin import origins_of
from recordings.recording import RecordingReader, RecordingWriter
from recordings.results.course import Course, KeyMoment, Mode, course_of
from recordings.results.frames import ImageObjects, of_origins
from recordings.results.identity import identity_of
from recordings.results.making import Making
from recordings.results.own_frames import write_frames
from recordings.results.painting import OpenPainter
from recordings.results.pictures import write_key_frames, write_run
from recordings.results.report import write_report
from recordings.results.segmentation import write_masks
from recordings.results.spool import MaskSpool
from recordings.results.structures import Window, write_structures
from recordings.retaken import NothingMonitoredError
from recordings.session import FRAMES, StoredSession
from recordings.track import SCHEMA

KINDS = ("sr", "seg", "sc", "gsps")
"""What can be asked for; ``sc`` are the key frames and the annotated run."""
MOST_MASKS = 300
"""Frames whose masks are written unless more are asked for."""
_TRACK = ".steps.mcap"
Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class WrittenObject:
    """One DICOM file.

    Parameters
    ----------
    path : Path
    sop_class_uid, sop_instance_uid : str
    kind : str
        ``frames``, ``key``, ``run``, ``seg``, ``gsps`` or ``sr``.
    """

    path: Path
    sop_class_uid: str
    sop_instance_uid: str
    kind: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be made.

    Parameters
    ----------
    only : tuple of str
        Some of `KINDS`.
    run : bool
        The annotated run, which is by far the largest.
    mode : str
        ``as live``, or ``every frame`` where the session was not monitored, or not every frame of it.
    most_masks : int
        Frames whose masks are written, beside the key frames.
    """

    only: tuple[str, ...] = KINDS
    run: bool = True
    mode: Mode = "as live"
    most_masks: int = MOST_MASKS

    def check(self) -> None:
        """Refuse what cannot be. Raises `InputError`."""
        unknown = [name for name in self.only if name not in KINDS]
        if unknown or not self.only:
            raise InputError(f"--only {','.join(unknown)}: is none of {', '.join(KINDS)}")
        if self.most_masks < 1:
            raise InputError(f"--most-masks must be at least 1, is {self.most_masks}")


def write_results(
    session: StoredSession,
    out: Path,
    *,
    software_version: str,
    paint: OpenPainter | None,
    wish: Wish | None = None,
    progress: Progress = lambda what, done, whole: None,
) -> tuple[WrittenObject, ...]:
    """Write the results of a session, each object as a file of `out`.

    The same session, version of the software and wish give the same files, with the same UIDs.

    Parameters
    ----------
    out : Path
        A new folder, or one that is empty.
    paint : callable or None
        Opens what paints the pictures; None: there are no pictures.
    progress : callable
        Told what is being made, steps done and their number, None where not known.

    Returns
    -------
    tuple of WrittenObject
        In the order in which they are to be sent: what is referred to first.

    Raises
    ------
    NothingMonitoredError
        The session holds no step of the monitor, or has no plan.
    SourceError, PlanError, ConfigError, CalibrationError
        It is being recorded, or cannot be read.
    OutputError
        The folder holds something, or cannot be written. Nothing is left behind.
    """
    wish = wish or Wish()
    wish.check()
    _refuse_while_recorded(session)
    _refuse_held(out, session.folder)
    whole = out.resolve()
    new = whole.with_name(f".{whole.name}.new")
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700, parents=True)
        try:
            written = _Writing(session, new, software_version, paint, wish, progress).run()
            for one in written:
                one.path.chmod(0o600)
            new.replace(whole)
        finally:
            shutil.rmtree(new, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"{out}: cannot be written: {error.strerror or error}") from error
    return tuple(
        WrittenObject(out / one.path.name, one.sop_class_uid, one.sop_instance_uid, one.kind)
        for one in written
    )


def _refuse_while_recorded(session: StoredSession) -> None:
    if session.archived or session.about.complete:
        return
    try:
        with held_alone(session.folder / FRAMES):
            pass
    except OutputError as error:
        raise SourceError(
            f"{session.folder}: is being recorded; its results can be made when it ends"
        ) from error


def _refuse_held(out: Path, session: Path) -> None:
    try:
        if session.resolve() in (out.resolve(), *out.resolve().parents):
            raise OutputError(f"--out {out}: lies in the session itself, which is not added to")
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise OutputError(f"--out {out}: exists already; name a new folder")
    except OSError as error:
        raise OutputError(f"--out {out}: {error.strerror or error}") from error


class _Writing:
    """One after the other; each object is on disk before the next is begun."""

    def __init__(
        self,
        session: StoredSession,
        folder: Path,
        software_version: str,
        paint: OpenPainter | None,
        wish: Wish,
        progress: Progress,
    ) -> None:
        self._session, self._folder, self._version = session, folder, software_version
        self._paint, self._wish, self._progress = paint, wish, progress
        self._written: list[WrittenObject] = []

    def run(self) -> list[WrittenObject]:
        """Everything that was asked for and that there is."""
        wish, track = self._wish, self._folder / _TRACK
        with ExitStack() as stack:
            reader = stack.enter_context(self._session.frames())
            if not len(reader):
                raise SourceError(f"{self._session.folder}: the recording holds no frame")
            masks = None
            if "seg" in wish.only:
                masks = MaskSpool(
                    stack.enter_context(tempfile.TemporaryFile(dir=self._folder)), wish.most_masks
                )
            if wish.mode == "as live" and not reader.step_count:
                more = "" if self._session.plan() is None else "; every frame can be computed: --every-frame"
                raise NothingMonitoredError(
                    f"{self._session.folder}: no step of the monitor was recorded{more}"
                )
            course = self._course(reader, masks, track)
            origins = origins_of(self._session)
            making = Making(self._session, course, identity_of(self._session, origins), self._version)
            images = of_origins(origins, self._session.about.source, reader.frame_heads.seqs)
            if images is None:
                images = self._frames(making, reader)
            if masks is not None:
                self._add("seg", "masks.dcm", write_masks(making, masks, images, self._folder / "masks.dcm"))
            if "gsps" in wish.only:
                path = self._folder / "structures.dcm"
                windows = _windows(reader, course.moments, images)
                self._add("gsps", path.name, write_structures(making, images, course.moments, windows, path))
            if "sc" in wish.only and self._paint is not None:
                self._pictures(making, images, track if track.exists() else None)
            if "sr" in wish.only:
                path = self._folder / "report.dcm"
                self._add("sr", path.name, write_report(making, images, path))
        track.unlink(missing_ok=True)
        return self._written

    def _course(self, reader: RecordingReader, masks: MaskSpool | None, track: Path) -> Course:
        wish = self._wish

        def step(done: int, whole: int | None) -> None:
            self._progress("looking", done, whole)

        if wish.mode == "as live" or self._paint is None or "sc" not in wish.only:
            return course_of(
                self._session, reader, wish.mode, software_version=self._version, masks=masks, step=step
            )
        about = {
            "schema": SCHEMA, "session": self._session.about.id, "mode": wish.mode,
            "software_version": self._version,
        }  # fmt: skip
        with RecordingWriter(track, about) as steps:
            return course_of(
                self._session, reader, wish.mode, software_version=self._version, masks=masks, track=steps,
                step=step,
            )  # fmt: skip

    def _frames(self, making: Making, reader: RecordingReader) -> ImageObjects:
        done = 0

        def step() -> None:
            nonlocal done
            done += 1
            self._progress("writing frames", done, 2 * len(reader))

        images, paths = write_frames(making, reader, self._folder, step)
        for image, path in zip(images.images, paths, strict=True):
            self._written.append(WrittenObject(path, image.sop_class_uid, image.sop_instance_uid, "frames"))
        return images

    def _pictures(self, making: Making, images: ImageObjects, track: Path | None) -> None:
        assert self._paint is not None
        moments = making.course.moments
        with self._paint(self._session, track) as painter:
            key = self._folder / "key-frames.dcm"
            self._add("key", key.name, write_key_frames(making, painter, images, moments, key))
        if not self._wish.run:
            return
        done = 0

        def step() -> None:
            nonlocal done
            done += 1
            self._progress("painting", done, None)

        run = self._folder / "annotated-run.dcm"
        # a painter of its own: how gray is shown follows what was shown before
        with self._paint(self._session, track) as painter:
            self._add("run", run.name, write_run(making, painter, images, run, step))

    def _add(self, kind: str, name: str, made: Dataset | None) -> None:
        if made is not None:
            uids = str(made.SOPClassUID), str(made.SOPInstanceUID)
            self._written.append(WrittenObject(self._folder / name, *uids, kind))


def _windows(
    reader: RecordingReader, moments: Iterable[KeyMoment], images: ImageObjects
) -> dict[int, Window]:
    """What makes the key frames visible around the structures: all but the extreme values there.

    In the values that their object stores.
    """
    places = {seq: place for place, seq in enumerate(reader.frame_heads.seqs)}
    found = {}
    for moment in moments:
        place, ref = places.get(moment.at.seq & 0xFFFFFFFF), images.of(moment.at.seq)
        if place is None or ref is None or not moment.lines:
            continue
        try:
            pixels = reader.read(place).pixels
        except RecordingError:
            continue
        points = np.concatenate([line for lines in moment.lines for line in lines.structures_px["body"]])
        low_px, high_px = points.min(axis=0), points.max(axis=0)
        margin_px = high_px - low_px
        x0, y0 = np.clip(low_px - margin_px, 0, None).astype(int)
        x1, y1 = np.clip(high_px + margin_px, 1, None).astype(int)
        around = pixels[y0:y1, x0:x1]
        low, high = np.percentile(around if around.size else pixels, (0.5, 99.5)) - ref.image.shift
        found[moment.at.seq] = (round(float(low + high) / 2, 1), max(2.0, round(float(high - low), 1)))
    return found
