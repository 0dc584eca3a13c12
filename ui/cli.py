"""The command line: the composition root. Thin; everything heavy is imported where it is used."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import CementWatchError, ConfigError, InputError
from ui import calibrate
from ui.version import software_version

if TYPE_CHECKING:
    from collections.abc import Callable

    from calibration.profile import Profile
    from monitor.config import Config
    from ui.live import LiveRun

# typer carries a copy of click of its own: the base of its public error is the one that is raised
_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]

STANDING = "Research and training software. Not a medical device, not for clinical use."

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="Video file; DICOM file; folder of DICOM files or images; device:N; rtsp:// or tcp:// address; "
        "simulated:NAME; folder of a recorded session.",
    ),
]
PlanOption = Annotated[Path, typer.Option("--plan", metavar="PLAN.json", help="The anatomy to watch.")]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="TOML file; what it leaves out keeps its default."),
]
PresetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--preset",
        metavar="NAME",
        help="Preset for a frame rate or a dose, as pulses-7.5; may be repeated. --config wins over it.",
    ),
]
ViewOption = Annotated[
    str | None, typer.Option("--view", metavar="NAME", help="View of the plan that the source shows.")
]
PolarityOption = Annotated[
    str | None,
    typer.Option(
        "--polarity",
        metavar="cement-dark|cement-bright",
        help="How cement looks in the source's values, whatever the source says; ends doubts about it.",
    ),
]
ProfileOption = Annotated[
    Path | None,
    typer.Option(
        "--profile", metavar="PROFILE.json", help="Calibration of the room (cementwatch calibrate)."
    ),
]
RateOption = Annotated[
    float | None,
    typer.Option(
        "--frame-rate", metavar="HZ", help="Frame rate of a folder of images, which carries no times."
    ),
]

app = typer.Typer(
    name="cementwatch",
    help=f"Watches bone cement in fluoroscopy and warns before it leaves the vertebra.\n\n{STANDING}",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(calibrate.app)


def main() -> None:
    """Run the command line; exit with 0 done, 2 bad arguments or unreadable input, 1 anything else."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line with these arguments and return its exit status."""
    try:
        status = app(arguments, prog_name="cementwatch", standalone_mode=False, obj=arguments)
        return status if isinstance(status, int) else 0
    except InputError as error:
        _say(str(error))
        return 2
    except _USAGE_ERROR as error:
        say = getattr(error, "format_message", error.__str__)
        _say(f"{say()} (see: cementwatch --help)")
        return 2
    except (KeyboardInterrupt, typer.Abort):
        _say("interrupted")
        return 1
    except BrokenPipeError:
        return 1
    except CementWatchError as error:
        _say(str(error))
        return 1
    except OSError as error:
        _say(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        return 1


def _say(text: str) -> None:
    print(f"cementwatch: {' '.join(text.split())}", file=sys.stderr)  # noqa: T201


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cementwatch {software_version()}\n{STANDING}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


@app.command()
def demo(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the session and the pictures go.")
    ] = Path("demo-output"),
    name: Annotated[str, typer.Option("--name", help="Which simulated procedure.")] = "canal",
    seconds: Annotated[float | None, typer.Option("--seconds", help="Stop after so many seconds.")] = None,
) -> None:
    """Show a simulated procedure through the real loop, with the overlay.

    Without a display it runs the same way unseen, and leaves pictures of the overlay and the log.
    """
    _one_thread_per_sum()
    from ui.demo import run_demo

    run_demo(out, name, seconds)


@app.command()
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

        return Supervisor(context.obj, _say, shown=not headless).run()
    _one_thread_per_sum()
    from monitor.plan import read_plan
    from monitor.polarity import with_polarity
    from recordings.open import open_source
    from ui.biplane import biplane_run
    from ui.delays import delay_of
    from ui.live import live_run, run_headless

    if seconds is not None and not seconds > 0:
        raise InputError(f"--seconds must be above 0, is {seconds:g}")
    if second is None and second_view is not None:
        raise InputError("--second-view needs the --second source that shows it")
    if second is not None and profile is not None:
        raise InputError("--profile is of one plane: with --second each view keeps the scale of the plan")
    marked, settings = with_polarity(read_plan(plan), polarity), _config(config, preset)
    opened = open_source(source, frame_rate_hz=_rate(frame_rate))
    room = _profile(profile)
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
                other = open_source(second, frame_rate_hz=_rate(frame_rate))
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
                    runs, marked, seconds, full_screen=not windowed, sound=sound, distance_tone=distance_tone
                )
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


@app.command()
def analyse(
    source: SourceArgument,
    plan: PlanOption,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the results.")],
    masks: Annotated[
        bool, typer.Option("--masks", help="Write masks.mkv, the cement in every frame.")
    ] = False,
    config: ConfigOption = None,
    preset: PresetOption = None,
    view: ViewOption = None,
    frame_rate: RateOption = None,
    polarity: PolarityOption = None,
    profile: ProfileOption = None,
) -> None:
    """Take every frame of a source through the monitor, in lock-step, without a display.

    Writes frames.csv, alerts.csv and summary.json, with --masks also masks.mkv.
    """
    _one_thread_per_sum()
    from monitor.plan import read_plan
    from monitor.polarity import with_polarity
    from recordings.analysis import analyse as run_analysis
    from recordings.open import open_source

    marked, settings = with_polarity(read_plan(plan), polarity), _config(config, preset)
    opened = open_source(source, frame_rate_hz=_rate(frame_rate))
    with _progress("analysing") as advance:
        summary = run_analysis(
            opened, marked, out, settings, software_version=software_version(), plan_name=str(plan),
            view_name=view, masks=masks, profile=_profile(profile), progress=advance,
        )  # fmt: skip
    typer.echo(_describe(summary, out))


@app.command()
def simulate(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which procedure; a wrong name lists them.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for the run, its plan and its truth.")
    ],
    seed: Annotated[int, typer.Option("--seed", min=0, help="Everything random follows from it.")] = 1,
    size: Annotated[int, typer.Option("--size", min=64, max=4096, help="Rows and columns (px).")] = 512,
    fps: Annotated[float, typer.Option("--fps", help="Frames per second.")] = 15.0,
    duration: Annotated[float | None, typer.Option("--duration", help="Length (s).")] = None,
    dose: Annotated[
        float | None, typer.Option("--dose", help="Air kerma per frame at the detector (nGy).")
    ] = None,
    kvp: Annotated[float, typer.Option("--kvp", help="Tube voltage (kV).")] = 80.0,
    cement: Annotated[str, typer.Option("--cement", help="Radiopacifier, as '20% BaSO4'.")] = "20% BaSO4",
    projection: Annotated[str, typer.Option("--projection", help="lateral or ap.")] = "lateral",
    breathing: Annotated[float | None, typer.Option("--breathing", help="Peak to peak (mm).")] = None,
) -> None:
    """Write a simulated procedure with known truth: run.dcm, plan.json, truth.json, truth_masks.mkv."""
    from recordings.simulated.settings import SimulationSettings
    from recordings.simulated.write import write_procedure

    settings = SimulationSettings(
        seed=seed, size=size, frame_rate_hz=fps, duration_s=duration, dose_ngy=dose, kvp=kvp, cement=cement,
        projection=projection, breathing_mm=breathing,  # type: ignore[arg-type]  # checked by the settings
    )  # fmt: skip
    with _progress("simulating") as advance:
        write_procedure(name, settings, out, advance)
    typer.echo(f"{out / 'run.dcm'}, plan.json, truth.json, truth_masks.mkv")


@app.command()
def sources() -> None:
    """List the capture devices of this machine, with the formats, sizes and rates that they offer."""
    from monitor.sources.capture_list import capture_devices
    from ui.capture_list import device_lines

    for line in device_lines(capture_devices()):
        typer.echo(line)


@app.command("config")
def config_command() -> None:
    """Print the whole configuration as TOML: every key with its meaning, unit, default, range and source."""
    from monitor.config import Config, config_to_toml

    typer.echo(config_to_toml(Config()))


def _one_thread_per_sum() -> None:
    """One thread for OpenCV and BLAS: the windows are small, a second thread costs more than it gives.

    It would also compete with capture, recording and painting.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when NumPy is imported

    import cv2

    cv2.setNumThreads(1)


def _config(path: Path | None, presets: list[str] | None) -> Config:
    from monitor.config import parse_config, read_config

    return parse_config("", "--preset", presets or ()) if path is None else read_config(path, presets or ())


def _profile(path: Path | None) -> Profile | None:
    from calibration.profile import read_profile

    return None if path is None else read_profile(path)


def _rate(value: float | None) -> float | None:
    if value is not None and not 0.1 <= value <= 1000:
        raise ConfigError(f"--frame-rate must be from 0.1 to 1000 Hz, is {value:g}")
    return value


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


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int | None], None]]:
    """A progress bar on standard error; silent where that is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, whole: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, whole: bar.update(task, completed=done, total=whole)


def _describe(summary: dict[str, object], out: Path) -> str:
    """A few lines that say what was found."""
    lines = []
    levels = summary["levels"]
    if isinstance(levels, dict):
        for name, level in levels.items():
            leaks = ", ".join(f"{leak['class']} at {leak['onset_s']:.1f} s" for leak in level["leaks"])
            volume = "volume not calibrated"
            if level["volume_ml"] is not None:
                volume = f"{level['volume_ml']:.1f} ± {level['volume_sd_ml']:.1f} mL"
            lines.append(f"{name}: {volume}; leaks: {leaks or 'none detected'}")
            if (rho := level["noise_correlation"]) is not None:
                lines.append(f"{name}: correlation of the noise from pulse to pulse {rho:.2f}")
    fraction = summary["monitored_time_fraction"]
    if isinstance(fraction, float):
        lines.append(f"monitored for {100 * fraction:.0f} % of {summary['duration_s']} s")
    reasons = summary["not_monitoring_reasons"]
    if isinstance(reasons, dict) and reasons:
        lines.append(f"not monitoring: {max(reasons, key=lambda r: reasons[r])}")
    ratio = summary["scale_disagreement_ratio"]
    if isinstance(ratio, float):
        lines.append(f"warning: the plan's scale is {ratio:.2f} times that of the image's header")
    lines.append(f"results in {out}")
    return "\n".join(lines)
