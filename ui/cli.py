"""The command line: the composition root. Thin; everything heavy is imported where it is used."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from monitor.errors import CementWatchError, InputError
from ui import calibrate, registry_command
from ui.archive_command import archive
from ui.ct_command import ct
from ui.deidentify_command import deidentify
from ui.dose_command import dose
from ui.export_command import export
from ui.fetch_command import fetch
from ui.import_command import import_command
from ui.library_command import library
from ui.live_command import live
from ui.options import (
    BrandOption,
    ConfigOption,
    CropOption,
    LanguageOption,
    PlanOption,
    PolarityOption,
    PresetOption,
    ProfileOption,
    RateOption,
    SourceArgument,
    ViewOption,
    config_of,
    crop_of,
    one_thread_per_sum,
    profile_of,
    rate_of,
    say,
)
from ui.plan_command import plan as plan_command
from ui.progress import progress
from ui.qa_command import qa
from ui.receive_command import receive
from ui.replay_command import replay
from ui.results_command import results
from ui.send_command import send
from ui.train_command import train as train_command
from ui.verify_command import verify
from ui.version import software_version
from ui.worklist_command import worklist

# typer carries a copy of click of its own: the base of its public error is the one that is raised
_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]

_TYPER_INTERRUPTED = 130
"""What typer makes of a KeyboardInterrupt; no command of ours ends so."""
STANDING = "Research and training software. Not a medical device, not for clinical use."

app = typer.Typer(
    name="cementwatch",
    help=f"Watches bone cement in fluoroscopy and warns before it leaves the vertebra.\n\n{STANDING}",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(calibrate.app)
app.add_typer(registry_command.app)


def main() -> None:
    """Run the command line; exit with 0 done, 2 bad arguments or unreadable input, 1 anything else."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line with these arguments and return its exit status."""
    try:
        status = app(arguments, prog_name="cementwatch", standalone_mode=False, obj=arguments)
        if status == _TYPER_INTERRUPTED:
            raise KeyboardInterrupt
        return status if isinstance(status, int) else 0
    except InputError as error:
        say(str(error))
        return 2
    except _USAGE_ERROR as error:
        words = getattr(error, "format_message", error.__str__)
        say(f"{words()} (see: cementwatch --help)")
        return 2
    except (KeyboardInterrupt, typer.Abort):
        say("interrupted")
        return 1
    except BrokenPipeError:
        return 1
    except CementWatchError as error:
        say(str(error))
        return 1
    except OSError as error:
        say(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
        return 1


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
    language: LanguageOption = None,
) -> None:
    """Show a simulated procedure through the real loop, with the overlay.

    Without a display it runs the same way unseen, and leaves pictures of the overlay and the log.
    """
    one_thread_per_sum()
    from ui.demo import run_demo

    run_demo(out, name, seconds)


app.command()(live)
app.command("plan")(plan_command)
app.command()(replay)
app.command()(archive)
app.command()(verify)
app.command("import")(import_command)
app.command()(deidentify)
app.command()(dose)
app.command()(export)
app.command()(results)
app.command()(qa)
app.command("train")(train_command)
app.command()(library)
app.command()(receive)
app.command()(send)
app.command()(fetch)
app.command()(worklist)
app.command()(ct)


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
    crop: CropOption = None,
    brand: BrandOption = None,
) -> None:
    """Take every frame of a source through the monitor, in lock-step, without a display.

    Writes frames.csv, alerts.csv and summary.json, with --masks also masks.mkv.
    """
    one_thread_per_sum()
    from monitor.clock import with_brand
    from monitor.plan import read_plan
    from monitor.polarity import with_polarity
    from monitor.sources.cropped import cropped
    from recordings.analysis import analyse as run_analysis
    from recordings.open import open_source

    marked = with_brand(with_polarity(read_plan(plan), polarity), brand)
    settings, part = config_of(config, preset), crop_of(crop)
    opened = cropped(open_source(source, frame_rate_hz=rate_of(frame_rate)), part)
    with progress("analysing") as advance:
        summary = run_analysis(
            opened, marked, out, settings, software_version=software_version(), plan_name=str(plan),
            view_name=view, masks=masks, profile=profile_of(profile), progress=advance,
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
    with progress("simulating") as advance:
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
