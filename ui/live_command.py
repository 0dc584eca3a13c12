"""`cementwatch live`."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import CementWatchError, InputError
from ui.archive_command import archive_later
from ui.options import (
    BrandOption,
    ConfigOption,
    CropOption,
    LanguageOption,
    MaybePlanOption,
    MaybeSourceArgument,
    PolarityOption,
    PresetOption,
    ProfileOption,
    RateOption,
    ViewOption,
    config_of,
    crop_of,
    one_thread_per_sum,
    profile_of,
    rate_of,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.live import LiveRun


def live(
    context: typer.Context,
    source: MaybeSourceArgument = None,
    plan: MaybePlanOption = None,
    session: Annotated[
        Path | None, typer.Option("--session", metavar="DIR", help="New folder to record into.")
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="No window.")] = False,
    seconds: Annotated[float | None, typer.Option("--seconds", help="Stop after so many seconds.")] = None,
    config: ConfigOption = None,
    preset: PresetOption = None,
    view: ViewOption = None,
    frame_rate: RateOption = None,
    polarity: PolarityOption = None,
    profile: ProfileOption = None,
    crop: CropOption = None,
    brand: BrandOption = None,
    language: LanguageOption = None,
    second: Annotated[
        str | None,
        typer.Option("--second", metavar="SOURCE", help="The other plane of a biplane, watched beside it."),
    ] = None,
    second_view: Annotated[
        str | None, typer.Option("--second-view", metavar="NAME", help="View that --second shows.")
    ] = None,
    sound: Annotated[bool, typer.Option("--sound/--no-sound", help="Alarms can be heard.")] = True,
    distance_tone: Annotated[
        bool, typer.Option("--distance-tone", help="Ticks that quicken as the cement nears a structure.")
    ] = False,
    speech: Annotated[
        bool, typer.Option("--speech", help="Alarms are also spoken, behind their tones.")
    ] = False,
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys",
            metavar="FILE.toml",
            help="Which keys, as of a foot switch, do what; without it ~/.config/cementwatch/keys.toml.",
        ),
    ] = None,
    windowed: Annotated[bool, typer.Option("--windowed", help="Not full screen.")] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with the session in --session after the monitor was killed."),
    ] = False,
    watchdog: Annotated[
        bool | None,
        typer.Option(
            "--watchdog/--no-watchdog",
            help="Watch the window from a second process, which starts it again where it hangs or dies; "
            "without either: where there is a window that can be seen.",
        ),
    ] = None,
    worklist: Annotated[
        str | None,
        typer.Option(
            "--worklist",
            metavar="AET@HOST:PORT",
            help="Take the patient from this modality worklist, by --accession or --step.",
        ),
    ] = None,
    accession: Annotated[
        str | None, typer.Option("--accession", help="With --worklist: the accession number.")
    ] = None,
    step: Annotated[
        str | None, typer.Option("--step", metavar="ID", help="With --worklist: the scheduled step.")
    ] = None,
    archive: Annotated[
        bool,
        typer.Option(
            "--archive/--no-archive",
            help="Archive the session afterwards, behind everything else, once no monitor runs.",
        ),
    ] = True,
) -> int | None:
    """Monitor a source with the overlay; files play at their own rate.

    Alarms are printed as they come. With --session the frames, the log, the plan and the
    configuration are kept in that folder. Without SOURCE or --plan a window asks for what is missing.
    """
    from recordings.procedure import VARIABLE, procedure_to_json
    from ui.qt import display_available
    from ui.watchdog.heartbeat import Heartbeat

    heart = Heartbeat.from_environment()
    if not heart.watched and worklist is None and (accession is not None or step is not None):
        raise InputError("--accession and --step go with --worklist")
    if source is None or plan is None:
        return _ask_first(context, window=not heart.watched and not headless and display_available())
    if worklist is not None and not heart.watched:
        from ui.worklist_lookup import scheduled_procedure

        if resume or second is not None:
            raise InputError(f"--worklist is not for --{'resume' if resume else 'second'}")
        os.environ[VARIABLE] = procedure_to_json(scheduled_procedure(worklist, accession, step))
    if not heart.watched and (watchdog if watchdog is not None else not headless and display_available()):
        from ui.watchdog.supervisor import Supervisor

        return Supervisor(context.obj, say, shown=not headless).run()
    one_thread_per_sum()
    from monitor.clock import with_brand
    from monitor.plan import read_plan
    from monitor.polarity import with_polarity
    from monitor.sources.cropped import cropped
    from recordings.open import open_source
    from recordings.procedure import take_procedure
    from recordings.receiving.near_live import NearLiveSource
    from recordings.room import free_bytes, room_words
    from ui.asked import asked_by_signal
    from ui.biplane import biplane_run
    from ui.delays import delay_of
    from ui.keys import read_keys
    from ui.live import live_run, run_headless
    from ui.near_live import begin_to_listen, wait_for_first_run

    if seconds is not None and not seconds > 0:
        raise InputError(f"--seconds must be above 0, is {seconds:g}")
    if speech and not sound:
        raise InputError("--speech stands beside the tones, not in their place: not with --no-sound")
    if second is None and second_view is not None:
        raise InputError("--second-view needs the --second source that shows it")
    if second is not None and profile is not None:
        raise InputError("--profile is of one plane: with --second each view keeps the scale of the plan")
    if second is not None and any(one.startswith("dicom://") for one in (source, second)):
        raise InputError("dicom:// is one plane: not with --second")
    if second is not None and crop is not None:
        raise InputError("--crop is of one plane: with --second it is asked for behind the # of each source")
    procedure = take_procedure(os.environ)
    marked = with_brand(with_polarity(read_plan(plan), polarity), brand)
    settings, part = config_of(config, preset), crop_of(crop)
    delivered = open_source(source, frame_rate_hz=rate_of(frame_rate))
    near = delivered if isinstance(delivered, NearLiveSource) else None
    opened = cropped(delivered, part)
    room = profile_of(profile)
    does = read_keys(keys) if keys is not None or not headless else None
    try:
        with ExitStack() as stack:
            asked = None
            if near is not None:
                asked = stack.enter_context(asked_by_signal())
                stack.callback(near.close)
                begin_to_listen(
                    near, marked, settings, session, view_name=view, crop=part, resume=resume,
                    procedure=procedure,
                )  # fmt: skip
                begun_s = time.monotonic()
                if not wait_for_first_run(
                    near, marked, settings, asked, heart, headless=headless, seconds=seconds,
                    full_screen=not windowed, keys=does,
                ):  # fmt: skip
                    heart.end()
                    typer.echo(f"no run was monitored; what came is in {session}")
                    return None
                if seconds is not None:
                    seconds = max(0.1, seconds - (time.monotonic() - begun_s))
            if second is None:
                runs: tuple[LiveRun, ...] = (
                    stack.enter_context(
                        live_run(
                            opened, marked, settings, session, view_name=view, profile=room, tell=_tell(),
                            resume=resume, heart=heart, procedure=procedure, asked=asked, near=near,
                        )
                    ),
                )  # fmt: skip
            else:
                other = open_source(second, frame_rate_hz=rate_of(frame_rate))
                runs = stack.enter_context(
                    biplane_run(
                        (opened, other), marked, settings, session, (view, second_view),
                        tell=lambda name, told: _tell(name)(told), resume=resume, heart=heart,
                    )
                )  # fmt: skip
            for words in runs[0].ready.words if room is not None else ():
                typer.echo(f"calibration: {words}", err=True)
            if session is not None:
                words, scarce = room_words(
                    free_bytes(session), settings.recording, (run.needed_bytes_per_s for run in runs)
                )
                # who reads along is told; what a script reads stays as it was unless it matters
                if scarce or sys.stderr.isatty():
                    typer.echo(words, err=True)
            if headless:
                run_headless(runs, seconds)
            else:
                from ui.window import show_live

                show_live(
                    runs, marked, seconds, full_screen=not windowed, sound=sound,
                    distance_tone=distance_tone, speech=speech, keys=does,
                )  # fmt: skip
    except CementWatchError:
        heart.end()  # told with its reason; a monitor started again would tell it again
        raise
    heart.end()
    for run in runs:
        delay = delay_of(run.loop.latency, run.ready.latency_ms)
        if delay is not None:
            typer.echo(delay.words if len(runs) == 1 else f"{run.view.name}: {delay.words}")
    if near is not None and near.not_played:
        say(f"{near.not_played} objects that came were not played; they are in {session}")
    if session is not None:
        typer.echo(f"session kept in {session}")
    if archive:
        archive_later(
            run.session.folder for run in runs if run.session is not None and run.session.about.complete
        )
    return None


def _ask_first(context: typer.Context, *, window: bool) -> int:
    """Let the start window ask for what is missing, and run the whole command that comes of it.

    The window runs before there is a watchdog: a monitor that is started again is started with what was
    chosen, and never asks.
    """
    given = context.params
    lacking = "SOURCE" if given["source"] is None else "--plan PLAN.json"
    alone = next((f"--{name}" for name in ("second", "resume") if given[name]), None)
    if alone is not None:
        raise InputError(f"live {alone} needs {lacking}")
    if not window:
        raise InputError(f"live needs {lacking}: there is no window here to choose it in")
    import msgspec

    from recordings.procedure import VARIABLE
    from ui.cli import run
    from ui.start.handover import Wanted
    from ui.start.process import ask, mark

    rate_of(given["frame_rate"])
    try:
        chosen = ask(
            msgspec.convert({name: _plain(given[name]) for name in Wanted.__struct_fields__}, Wanted)
        )
    except KeyboardInterrupt:
        say("interrupted")
        return 1
    if chosen is None:
        say("nothing was started")
        return 0
    for words in chosen.notes:
        say(words)
    if chosen.mark is not None and not mark(chosen.mark):
        say("nothing was started: no levels were marked")
        return 0
    if chosen.procedure:
        os.environ[VARIABLE] = chosen.procedure
    return run(["live", *chosen.live, *_kept(context, Wanted.__struct_fields__)])


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def _kept(context: typer.Context, chosen: tuple[str, ...]) -> list[str]:
    """Options that were typed and that the window does not ask for, as they are typed."""
    words: list[str] = []
    for parameter in context.command.params:
        name = parameter.name or ""
        value = context.params.get(name)
        asked_for = name in chosen and name not in ("config", "preset")
        if asked_for or value is None or value == parameter.default:
            continue
        if isinstance(value, bool):
            words.append((parameter.opts if value else parameter.secondary_opts)[0])
        else:
            for one in value if isinstance(value, (list, tuple)) else (value,):
                words += [parameter.opts[0], str(one)]
    return words


def _tell(view: str | None = None) -> Callable[[object], None]:
    """Print alarm transitions as they come, one line each; of two planes with the view's name."""
    from monitor.result import AlertTransition

    def tell(transition: object) -> None:
        if isinstance(transition, AlertTransition):
            alert = transition.alert
            level = f"{alert.level}: " if alert.level else ""
            where = f"{view}: " if view else ""
            typer.echo(f"{transition.event:12} {alert.priority.name:6} {where}{level}{alert.message}")

    return tell
