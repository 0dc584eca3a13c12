"""`cementwatch train`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.errors import InputError
from ui.options import LanguageOption, one_thread_per_sum
from ui.version import software_version

if TYPE_CHECKING:
    from recordings.training.attempt import Attempt
    from recordings.training.history import History

NOTICE = "simulated procedures and recordings; scores are not validated against clinical skill"


def train(
    list_: Annotated[bool, typer.Option("--list", help="List the exercises and stop.")] = False,
    exercise: Annotated[
        str | None, typer.Option("--exercise", metavar="NAME", help="Begin with this exercise.")
    ] = None,
    recording: Annotated[
        Path | None,
        typer.Option(
            "--recording",
            metavar="DIR",
            help="An exercise on a session, or on what simulate wrote: let go where it has to stop.",
        ),
    ] = None,
    onset: Annotated[
        float | None,
        typer.Option(
            "--onset", metavar="S", help="When --recording begins to leak, whatever it says itself."
        ),
    ] = None,
    trainee: Annotated[
        str | None, typer.Option("--trainee", metavar="NAME", help="Whose attempt it is.")
    ] = None,
    history: Annotated[
        str | None, typer.Option("--history", metavar="NAME", help="A trainee's attempts, and stop.")
    ] = None,
    with_help: Annotated[
        bool,
        typer.Option(
            "--with-help/--without-help", help="The monitor's overlay and alarms, or the bare image."
        ),
    ] = True,
    hints: Annotated[bool, typer.Option("--hints", help="Say what to look at.")] = False,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, help="Which patient; without it another one at each attempt."),
    ] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="No window and no waiting; needs --pedal.")
    ] = False,
    pedal: Annotated[
        Path | None,
        typer.Option("--pedal", metavar="FILE.json", help="When the pedal is held, for --headless."),
    ] = None,
    records: Annotated[
        Path | None,
        typer.Option(
            "--records", metavar="DIR", help="Where histories are; else ~/.local/share/cementwatch/training."
        ),
    ] = None,
    session: Annotated[
        Path | None, typer.Option("--session", metavar="DIR", help="Keep each attempt as a session below.")
    ] = None,
    scoring: Annotated[
        Path | None,
        typer.Option("--scoring", metavar="FILE.toml", help="Other limits and weights (docs/training.md)."),
    ] = None,
    sound: Annotated[bool, typer.Option("--sound/--no-sound", help="Alarms can be heard.")] = True,
    language: LanguageOption = None,
) -> int | None:
    """Practise stopping in time: hold the pedal (space bar) to inject, and let go before cement leaks.

    Simulated procedures and recordings. Scores are not validated against clinical skill.
    """
    from recordings.training.exercises import exercise_of
    from recordings.training.history import data_folder, read_history, trainee_name
    from recordings.training.scoring import read_scoring

    folder = data_folder() if records is None else records
    if list_:
        _list()
        return None
    if history is not None:
        _tell_history(read_history(folder, history))
        return None
    limits = read_scoring(scoring)
    if onset is not None and recording is None:
        raise InputError("--onset is of a --recording")
    if exercise is not None and recording is not None:
        raise InputError("--exercise and --recording: one of both")
    chosen = None if exercise is None else exercise_of(exercise)
    name = None if trainee is None else trainee_name(trainee)
    if pedal is not None and not headless:
        raise InputError("--pedal needs --headless: in the window a foot or a finger does it")
    if recording is not None and name is None:
        raise InputError("--recording needs the --trainee whose attempt it is")
    if not headless:
        from ui.training.run import Wish, run_training

        one_thread_per_sum()
        wish = Wish(exercise, recording, onset, name, with_help, hints, seed)
        run_training(wish, folder, limits, session=session, sound=sound)
        return None
    if chosen is None or pedal is None or name is None:
        raise InputError("train --headless needs --exercise, --trainee and --pedal")
    if session is not None:
        raise InputError("--session needs the window: nothing is recorded in virtual time")
    one_thread_per_sum()
    from monitor.config import Config
    from recordings.training.attempt import attempt_of
    from recordings.training.history import add_attempt
    from recordings.training.interactive import prepare
    from recordings.training.scripted import by_script, read_pedal, run_scripted

    presses = read_pedal(pedal)
    seed = 1 if seed is None else seed
    started = datetime.now(UTC).isoformat(timespec="seconds")
    outcome = run_scripted(prepare(chosen, seed), by_script(presses), Config(), limits)
    attempt = attempt_of(
        outcome, started_utc=started, exercise=chosen.name, difficulty=chosen.difficulty, seed=seed,
        with_help=with_help, hints=hints, software_version=software_version(), scripted=True,
    )  # fmt: skip
    path = add_attempt(folder, name, attempt)
    _tell_attempt(attempt)
    typer.echo(f"kept in {path}")
    return None


def _list() -> None:
    from recordings.training.exercises import DIFFICULTIES, EXERCISES

    for one in EXERCISES.values():
        about = f"{one.difficulty} ({DIFFICULTIES[one.difficulty]})"
        typer.echo(f"{one.name:14} {about:16} up to {one.longest_s:3.0f} s   {one.title}: {one.goal}")
    typer.echo(f"\n{NOTICE}")


def _tell_attempt(attempt: Attempt) -> None:
    from recordings.training.verdict import reaction_words, verdict

    total = attempt.score.total
    typer.echo(f"score: {'none' if total is None else f'{total:.0f} of 100'}")
    for words in (*verdict(attempt.score), reaction_words(attempt.score)):
        if words:
            typer.echo(words)


def _tell_history(history: History) -> None:
    from recordings.training.benefit import MEASURES, benefit_of
    from recordings.training.verdict import verdict

    typer.echo(f"{history.trainee}: {len(history.attempts)} attempts")
    if history.damaged:
        typer.echo(f"{history.damaged} lines of the history cannot be read and are left out", err=True)
    for attempt in history.attempts:
        total = attempt.score.total
        said = "-" if total is None else f"{total:.0f}"
        help_ = "with help" if attempt.help else "without  "
        when = attempt.started_utc[:16].replace("T", " ")
        scripted = " (scripted)" if attempt.scripted else ""
        typer.echo(f"{when}  {attempt.exercise:16} {help_}  {said:>3}  {verdict(attempt.score)[0]}{scripted}")
    typer.echo("with help less without:")
    for name, measure in MEASURES.items():
        typer.echo(f"  {measure.words:30} {benefit_of([history], name).words}")
    typer.echo(NOTICE)
