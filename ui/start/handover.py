"""What goes into the start window's process, and what comes back. Nothing heavy is imported here."""

from __future__ import annotations

import msgspec


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was typed already, by the names of the options of ``live``; None: nothing."""

    source: str | None = None
    plan: str | None = None
    session: str | None = None
    config: str | None = None
    preset: list[str] | None = None
    frame_rate: float | None = None
    polarity: str | None = None
    profile: str | None = None
    crop: str | None = None
    brand: str | None = None
    worklist: str | None = None
    accession: str | None = None
    step: str | None = None


class Begun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was chosen, as command lines.

    Parameters
    ----------
    live : list of str
        Arguments of ``live``.
    mark : list of str or None
        A command that marks the levels first, and writes the plan that `live` names.
    procedure : str
        What `recordings.procedure.procedure_to_json` wrote; empty: nothing. Not for a command line.
    notes : list of str
        What else is to be told, a line each.
    problem : str
        Why there was no window; empty: there was.
    """

    live: list[str]
    mark: list[str] | None = None
    procedure: str = ""
    notes: list[str] = []
    problem: str = ""
