"""`cementwatch live`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import CementWatchError, InputError
from ui.options import (
    ConfigOption,
    PlanOption,
    PolarityOption,
    PresetOption,
    ProfileOption,
    RateOption,
    SourceArgument,
    ViewOption,
    config_of,
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
    source: SourceArgument,
    plan: PlanOption,
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
) -> int | None:
    """Monitor a source with the overlay; files play at their own rate.

    Alarms are printed as they come. With --session the frames, the log, the plan and the
    configuration are kept in that folder.
    """
    from ui.qt import display_available
    from ui.watchdog.heartbeat import Heartbeat

    heart = Heartbeat.from_environment()
    if not heart.watched and (watchdog if watchdog is not None else not headless and display_available()):
        from ui.watchdog.supervisor import Supervisor

        return Supervisor(context.obj, say, shown=not headless).run()
    one_thread_per_sum()
    from monitor.plan import read_plan
    from monitor.polarity import with_polarity
    from recordings.open import open_source
    from ui.biplane import biplane_run
    from ui.delays import delay_of
    from ui.keys import read_keys
    from ui.live import live_run, run_headless

    if seconds is not None and not seconds > 0:
        raise InputError(f"--seconds must be above 0, is {seconds:g}")
    if speech and not sound:
        raise InputError("--speech stands beside the tones, not in their place: not with --no-sound")
    if second is None and second_view is not None:
        raise InputError("--second-view needs the --second source that shows it")
    if second is not None and profile is not None:
        raise InputError("--profile is of one plane: with --second each view keeps the scale of the plan")
    marked, settings = with_polarity(read_plan(plan), polarity), config_of(config, preset)
    opened = open_source(source, frame_rate_hz=rate_of(frame_rate))
    room = profile_of(profile)
    does = read_keys(keys) if keys is not None or not headless else None
    try:
        with ExitStack() as stack:
            if second is None:
                runs: tuple[LiveRun, ...] = (
                    stack.enter_context(
                        live_run(
                            opened, marked, settings, session, view_name=view, profile=room, tell=_tell(),
                            resume=resume, heart=heart,
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
    if session is not None:
        typer.echo(f"session kept in {session}")
    return None


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
