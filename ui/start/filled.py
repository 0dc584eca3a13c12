"""What was filled in, read out of the form: values, and what is wrong with them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from calibration.profile import Profile, read_profile
from calibration.readiness import known_scale
from monitor.errors import InputError
from monitor.frame import SourceInfo
from monitor.plan import Polarity
from monitor.sources.cropped import Crop, parse_crop
from recordings.procedure import Procedure
from recordings.session import is_session
from ui.options import rate_of
from ui.start.choice import StartChoice
from ui.start.form import Form
from ui.start.from_worklist import FromWorklist
from ui.start.missing import Draft
from ui.start.plan_check import PlanSeen, plan_from
from ui.start.watched_source import WatchedSource


class Filled:
    """Reads a form and the source that it speaks of. Files are read again where they have changed."""

    def __init__(self, form: Form, source: WatchedSource, scheduled: FromWorklist) -> None:
        self._form, self._source, self._scheduled = form, source, scheduled
        self._plan: tuple[object, PlanSeen | None] = (None, None)
        self._profile: tuple[object, Profile | InputError | None] = (None, None)

    @property
    def spec(self) -> str:
        """The source as it is typed."""
        return self._form.source.currentText().strip()

    @property
    def polarity(self) -> Polarity | None:
        """The operator's word."""
        if self._form.dark.isChecked():
            return "cement-dark"
        return "cement-bright" if self._form.bright.isChecked() else None

    @property
    def brand(self) -> str | None:
        """The cement's."""
        return self._form.brand.currentText().strip() or None

    @property
    def plan_path(self) -> Path | None:
        """The plan that was opened, else the one that comes with the source."""
        return _path(self._form.plan.text()) or self._source.plan

    @property
    def profile_path(self) -> Path | None:
        """The file of the room's calibration."""
        return _path(self._form.profile.text())

    @property
    def session_path(self) -> Path | None:
        """Where to record to; None: nothing is kept."""
        return _path(self._form.session.text())

    def rate_hz(self) -> float | None:
        """Frame rate of a folder of images (Hz). Raises `InputError`."""
        text = self._form.rate.text().strip().replace(",", ".")
        try:
            return rate_of(float(text)) if text else None
        except ValueError:
            raise InputError(f"the rate {text!r} is no number") from None

    def crop(self) -> Crop | None:
        """None: whole frames. Raises `InputError`."""
        text = self._form.crop.text().replace(" ", "")
        if not text:
            return None
        crop, info = parse_crop(text), self._source.seen.info
        if info is not None and not crop.within(info.columns, info.rows):
            raise InputError(f"crop {crop} does not lie within {info.columns} x {info.rows}")
        return crop

    def procedure(self) -> Procedure:
        """Whose it is. What else the worklist says holds for its own patient alone. Raises `InputError`."""
        form = self._form
        typed = Procedure.of(
            patient_id=form.patient_id.text(), patient_name=form.patient_name.text(),
            description=form.description.text(), operator=form.operator.text(),
        )  # fmt: skip
        return self._scheduled.completed(typed)

    def profile(self) -> Profile | None:
        """The room's calibration. Raises `InputError`."""
        path = self.profile_path
        key = None if path is None else (path, _changed_at(path))
        if key != self._profile[0]:
            try:
                self._profile = key, None if path is None else read_profile(path)
            except InputError as error:
                self._profile = key, error
        held = self._profile[1]
        if isinstance(held, InputError):
            raise held
        return held

    def plan(self) -> PlanSeen | None:
        """The plan, held against the source as it is cropped; None: there is none, or no source yet."""
        path, info = self.plan_path, self._source.seen.info
        if path is None or info is None:
            return None
        try:
            crop, profile = self.crop(), self.profile()
        except InputError:
            return self._plan[1]  # what is wrong is told where it is
        key = (path, _changed_at(path), info, crop, self._profile[0])
        if key != self._plan[0]:
            self._plan = key, plan_from(path, _as_cropped(info, crop), profile)
        return self._plan[1]

    def draft(self) -> Draft:
        """All that decides whether a monitor can start."""
        problems = []
        for ask in (self.rate_hz, self.crop, self.profile, self.procedure):
            try:
                ask()
            except InputError as error:
                problems.append(str(error))
        session = self.session_path
        if session is not None and _holds_session(session):
            problems.append("the session folder holds a session already")
        source = self._source
        return Draft(
            source.spec if source.spec == self.spec else "", source.seen, source.silent_s,
            self.polarity is not None, self.plan(), self.plan_path is not None, tuple(problems),
        )  # fmt: skip

    def choice(self, info: SourceInfo, *, mark_now: bool) -> StartChoice:
        """All of it, for a source that is open. Raises `InputError`."""
        return StartChoice(
            source=self._source.spec,
            frame_rate_hz=self.rate_hz() if info.kind == "images" else None,
            polarity=self.polarity,
            crop=self.crop(),
            scale=known_scale(info, self.profile())[0],
            plan=None if mark_now else self.plan_path,
            mark_now=mark_now,
            profile=self.profile_path,
            procedure=self.procedure(),
            cement_brand=self.brand,
            session=self.session_path,
            worklist=self._scheduled.address,
        )


def _path(text: str) -> Path | None:
    return Path(text.strip()).expanduser() if text.strip() else None


def _as_cropped(info: SourceInfo, crop: Crop | None) -> SourceInfo:
    return info if crop is None else replace(info, rows=crop.rows, columns=crop.columns)


def _changed_at(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except (OSError, ValueError):
        return None


def _holds_session(folder: Path) -> bool:
    try:
        return is_session(folder)
    except (OSError, ValueError):
        return False
