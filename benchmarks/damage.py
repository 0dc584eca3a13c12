"""Containers cut at every byte of their end, and with single bytes changed: right, told, wrong, or a crash.

    python -m benchmarks.damage [--tail 65536] [--flips 1000] [--seed 1] [--container NAME ...] [--out FILE]

Sessions are recorded (frames of 16 bit, gaps, events) and archived: one of a few frames for frames.mcap and
frames.mkv, one of small ones with long events for timeline.mcap. Each container is cut at every byte of
its tail, and single bits of it are flipped at random places. Every result is opened as any reader opens it,
and every frame, gap and event that it gives is held against what was recorded:

- right: all of it is there, and the session says that it is whole (or what is gone holds no data);
- told: something is missing or damaged, and that is said;
- wrong: something is given that was not recorded, or something is missing and nothing says so;
- crash: anything but an error of our own.

A cut that is right is one that takes nothing: there is none but at the whole length.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from monitor.errors import CementWatchError
from monitor.frame import Frame, Intensity, PixelIntensityRelationship, SourceInfo, freeze_pixels
from recordings.archive import archive_session
from recordings.messages import Event, Gap
from recordings.session import FRAMES, TIMELINE, VIDEO, Session, open_session

CONTAINERS = (FRAMES, VIDEO, TIMELINE)


@dataclass(frozen=True, slots=True)
class Truth:
    """What was recorded."""

    frames: dict[int, Frame]
    gaps: tuple[Gap, ...]
    events: tuple[Event, ...]


def recorded(folder: Path, shape: tuple[int, int], count: int, event_bytes: int) -> Truth:
    """Record so many frames; a gap and an event of that size after every second one."""
    dice = np.random.default_rng(4)
    info = SourceInfo("noise", "device", *shape, Intensity(PixelIntensityRelationship.DISP, 12), live=True)
    session = Session.create(folder, source_info=info, plan=None, config_toml="", software_version="0")
    frames: dict[int, Frame] = {}
    gaps: list[Gap] = []
    events: list[Event] = []
    for number in range(count):
        seq = 2 * number
        t_ns = 10**10 + seq * 66_000_000
        pixels = np.clip(dice.normal(1500, 90, shape), 0, 4095).astype(np.uint16)
        frames[seq] = Frame(seq, t_ns, seq * 66_000_000, freeze_pixels(pixels, copy=True), "noise")
        session.recording.append(frames[seq])
        gaps.append(Gap(seq + 1, 1, t_ns + 1, "overflow"))
        session.recording.gap(gaps[-1])
        if number % 2:
            events.append(Event("note", t_ns + 2, {"text": "x" * event_bytes}))
            session.recording.event(events[-1].name, events[-1].data, events[-1].t_ns)
    session.close()
    return Truth(frames, tuple(gaps), tuple(events))


def outcome(folder: Path, truth: Truth) -> str:
    """Open a session, read all that it gives, and judge it."""
    try:
        with open_session(folder).frames() as reader:
            given = list(reader)
            check = reader.check(quick=True)
            gaps, events = reader.gaps, reader.events
            damaged = reader.damaged
    except CementWatchError as error:
        return "told" if str(folder) in str(error) else "crash"
    except Exception as error:
        return f"crash: {type(error).__name__}"
    for frame in given:
        was = truth.frames.get(frame.seq)
        if was is None or not _same(frame, was):
            return "wrong"
    if any(gap not in truth.gaps for gap in gaps) or any(event not in truth.events for event in events):
        return "wrong"
    all_there = (len(given), len(gaps), len(events)) == (
        len(truth.frames),
        len(truth.gaps),
        len(truth.events),
    )
    told = not check.complete or damaged > 0
    if all_there and check.complete:
        return "right"
    return "told" if told else "wrong"


def _same(frame: Frame, was: Frame) -> bool:
    return (
        (frame.t_capture_ns, frame.t_source_ns, frame.source_id)
        == (was.t_capture_ns, was.t_source_ns, was.source_id)
        and frame.pixels.dtype == was.pixels.dtype
        and np.array_equal(frame.pixels, was.pixels)
    )


def cuts(path: Path, tail: int) -> Iterator[int]:
    """Cut a file at every byte of its tail, from the end on; the length each time. It ends up short."""
    size = path.stat().st_size
    for length in range(size - 1, max(0, size - tail) - 1, -1):
        os.truncate(path, length)
        yield length


def flips(path: Path, count: int, seed: int) -> Iterator[int]:
    """Flip one bit at a random place, and back afterwards; the place each time."""
    dice = random.Random(seed)
    size = path.stat().st_size
    with path.open("r+b") as file:
        for _ in range(count):
            at = dice.randrange(size)
            file.seek(at)
            byte = file.read(1)[0]
            for value in (byte ^ (1 << dice.randrange(8)), byte):
                file.seek(at)
                file.write(bytes((value,)))
                file.flush()
                if value != byte:
                    yield at


def damage(
    container: str, folder: Path, truth: Truth, tail: int, count: int, seed: int
) -> dict[str, Counter[str]]:
    """Outcomes by kind of damage."""
    path = folder / container
    whole = path.read_bytes()
    flipped = Counter(outcome(folder, truth) for _ in flips(path, count, seed))
    cut = Counter(outcome(folder, truth) for _ in cuts(path, tail))
    path.write_bytes(whole)
    if outcome(folder, truth) != "right":
        raise SystemExit(f"{container}: the whole one is not right")
    return {"cuts": cut, "flips": flipped}


def folders(place: Path, tail: int) -> dict[str, tuple[Path, Truth]]:
    """By container: a session with it, larger than its tail, and what was recorded."""
    side = max(16, round((tail / 8) ** 0.5))  # six frames of 1.3 bytes a pixel
    few = recorded(place / "recorded", (side, side + 32), 6, 40)
    shutil.copytree(place / "recorded", place / "archived")
    archive_session(place / "archived", software_version="0")
    count = max(6, tail // 4000)
    many = recorded(place / "long", (4, 5), count, 2 * tail // count)
    archive_session(place / "long", software_version="0")
    return {
        FRAMES: (place / "recorded", few),
        VIDEO: (place / "archived", few),
        TIMELINE: (place / "long", many),
    }


def main() -> int:
    """Damage, and print what came of it; 1 where anything was wrong or crashed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tail", type=int, default=65536)
    parser.add_argument("--flips", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--container", choices=CONTAINERS, action="append")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    place = Path(tempfile.mkdtemp())
    told: dict[str, dict[str, Counter[str]]] = {}
    try:
        held = folders(place, options.tail)
        for container in options.container or CONTAINERS:
            folder, truth = held[container]
            started_s = time.monotonic()
            size = (folder / container).stat().st_size
            print(
                f"{container}: {size} bytes, {len(truth.frames)} frames, {len(truth.gaps)} gaps, "
                f"{len(truth.events)} events",
                flush=True,
            )
            told[container] = damage(container, folder, truth, options.tail, options.flips, options.seed)
            for kind, found in told[container].items():
                words = ", ".join(f"{what} {count}" for what, count in sorted(found.items()))
                print(f"  {found.total()} {kind}: {words}", flush=True)
            print(f"  {time.monotonic() - started_s:.0f} s", flush=True)
    finally:
        shutil.rmtree(place)
    if options.out is not None:
        options.out.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    bad = [what for kinds in told.values() for found in kinds.values() for what in found]
    return 1 if any(not what.startswith(("right", "told")) for what in bad) else 0


if __name__ == "__main__":
    raise SystemExit(main())
