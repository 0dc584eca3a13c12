"""The receiver beside DCMTK's, under kills, and beside a running monitor with a hundred peers at it.

    python -m benchmarks.receiving speed [--frames 600] [--size 1024] [--rounds 3]
    python -m benchmarks.receiving kills [--kills 50] [--seed 1]
    python -m benchmarks.receiving crowd [--peers 100] [--size 512] [--duration 20]

speed: one object of so many frames (16 bit) by storescu to us, to storescp, and to storescp that keeps bits
as they are (+B), alternating: frames per second, and the receiver's peak memory beyond what it has when idle.

kills: SIGKILL to the receiver at random moments while storescu or dcmsend send. What was answered with
success has to be there once and whole; after the next start nothing half-written is left.

crowd: `live dicom://` plays a run, alone and with so many peers that connect, ask, are refused and send what
is none, as fast as they can: superseded frames and the time of a step.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.uid import generate_uid

from recordings.multi_frame_file import MultiFrameFile
from recordings.receiving.identity import Announced, Refused, identify
from recordings.session import open_session
from tests.peers import free_port, program, run, server, wait_for_port
from tests.receiving.makers import data_set, run_object, written
from tests.receiving.raw import ACCEPTED, REJECTED, Raw, pdu, request

_COMMAND = "import sys; from ui.cli import run; sys.exit(run(sys.argv[1:]))"
_SENT = re.compile(r"Sending file: (.+)")


def started(*arguments: object, quiet: bool = True) -> subprocess.Popen[str]:
    """One of our commands."""
    out = subprocess.DEVNULL if quiet else None
    return subprocess.Popen(
        [sys.executable, "-c", _COMMAND, *map(str, arguments)], stdout=out, stderr=out, text=True
    )


@contextmanager
def receiver(out: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """`cementwatch receive`, ended in order."""
    process = started("receive", "--aet", "CW", "--port", port, "--out", out)
    try:
        wait_for_port(port)
        yield process
    finally:
        process.terminate()
        process.wait(20)


def storescp(out: Path, port: int, *options: str) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """DCMTK's receiver."""
    return server("storescp", *options, "-od", out, str(port), port=port, folder=out.parent)


def memory_mb(pid: int, which: str) -> float:
    """VmRSS or VmHWM of a process (MB)."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{which}:\s+(\d+) kB", text)[1]) / 1e3  # type: ignore[index]


def large_object(path: Path, frames: int, size: int) -> None:
    """An XA run of noise; every eighth frame is another."""
    ds = run_object(1, 1, 16)
    ds.Rows = ds.Columns = size
    ds.NumberOfFrames = frames
    del ds.PixelData
    noise = np.random.default_rng(1)
    some = [noise.integers(0, 4096, (size, size), dtype=np.uint16) for _ in range(8)]
    with MultiFrameFile(path, ds) as file:
        for number in range(frames):
            file.add(some[number % len(some)])


def speed(frames: int, size: int, rounds: int) -> dict[str, Any]:
    """Frames per second and memory, beside DCMTK's storescp."""
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        file = folder / "run.dcm"
        large_object(file, frames, size)
        ports = {"ours": free_port(), "storescp": free_port(), "storescp +B": free_port()}
        for name in ("a", "b"):
            (folder / name).mkdir()
        took: dict[str, list[float]] = {name: [] for name in ports}
        with (
            receiver(folder / "out", ports["ours"]) as process,
            storescp(folder / "a", ports["storescp"]),
            storescp(folder / "b", ports["storescp +B"], "+B"),
        ):  # fmt: skip
            run("echoscu", "-aec", "CW", "127.0.0.1", str(ports["ours"]))
            idle_mb = memory_mb(process.pid, "VmRSS")
            for _ in range(rounds):
                for name, port in ports.items():
                    for old in [*folder.glob("a/*"), *folder.glob("b/*"), *folder.glob("out/*/*/*.dcm")]:
                        old.unlink()
                    subprocess.run(["sync"], check=True)
                    begun_s = time.perf_counter()
                    run("storescu", "-aec", "CW", "127.0.0.1", str(port), file, timeout_s=600)
                    took[name].append(time.perf_counter() - begun_s)
                    print(f"{name:12} {took[name][-1]:6.2f} s", flush=True)
            peak_mb = memory_mb(process.pid, "VmHWM")
        rates = {name: frames / statistics.median(seconds) for name, seconds in took.items()}
        return {
            "object_mb": round(file.stat().st_size / 1e6), "frames": frames, "size": size,
            "frames_per_s": {name: round(rate, 1) for name, rate in rates.items()},
            "ratio": {name: round(rates["ours"] / rate, 2) for name, rate in rates.items() if name != "ours"},
            "idle_mb": round(idle_mb), "peak_mb": round(peak_mb), "beyond_idle_mb": round(peak_mb - idle_mb),
        }  # fmt: skip


def _answered(said: str, files: list[Path]) -> list[Path]:
    """Which files a sender was told success for, by what it printed."""
    done, current = [], None
    if "C-STORE Response" in said:  # dcmsend: names no files, and sends them in the order that it was given
        return files[: said.count("C-STORE Response (Success)")]
    for line in said.splitlines():
        if (found := _SENT.search(line)) is not None:
            current = Path(found[1].strip())
        elif "Received" in line and "Success" in line and current is not None:
            done.append(current)
            current = None
    assert set(done) <= set(files), "a sender spoke of files that it was not given"
    return done


def kills(count: int, seed: int) -> dict[str, Any]:
    """Kill the receiver while somebody sends."""
    chance, told = random.Random(seed), Counter[str]()
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        out, port = folder / "out", free_port()
        kept: dict[str, bytes] = {}
        for number in range(count):
            files = []
            for index in range(40):
                ds = run_object(1, 2, 512 if index % 8 == 0 else 64, seed=index)
                ds.SOPInstanceUID = generate_uid()
                ds.SeriesInstanceUID = f"1.2.826.0.1.3680043.10.999.1.{number + 1}"
                files.append(written(ds, folder / f"{index}.dcm"))
            told["half-written after a kill"] += len(list(out.glob(".incoming/*")))
            process = started("receive", "--aet", "CW", "--port", port, "--out", out)
            wait_for_port(port)
            # the wait for the port is a connection of its own; now the folder has been tidied
            half = list(out.glob(".incoming/*"))
            told["half-written after a start"] += len(half)
            name = ("storescu", "dcmsend")[number % 2]
            options = ("-v", "-nh") if name == "storescu" else ("-v", "--no-halt")
            sender = subprocess.Popen(
                [program(name), *options, "-aec", "CW", "127.0.0.1", str(port), *map(str, files)],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
            time.sleep(0.2 + chance.random() * 2.0)
            process.kill()
            process.wait()
            try:
                said = sender.communicate(timeout=60)[0]
            except subprocess.TimeoutExpired:
                sender.kill()
                said = sender.communicate()[0]
            answered = _answered(said, files)
            told["sent"] += len(files)
            told["answered with success"] += len(answered)
            told["killed while sending"] += len(answered) < len(files)
            for file in answered:
                kept[instance_of(file)] = data_set(file)
            print(f"{number + 1:3} {name:8} {len(answered):2} of {len(files)} answered", flush=True)
        with receiver(out, port):
            told["half-written after a start"] += len(list(out.glob(".incoming/*")))
        found = Counter(path.stem for path in out.rglob("*.dcm"))
        where = {path.stem: path for path in out.rglob("*.dcm")}
        told["of these missing"] = sum(uid not in found for uid in kept)
        told["there more than once"] = sum(number > 1 for number in found.values())
        told["not as sent"] = sum(data_set(where[uid]) != data for uid, data in kept.items() if uid in where)
        told["there and not answered for"] = sum(uid not in kept for uid in found)
        told["not whole"] = sum(not is_whole(path) for path in where.values())
    return dict(told)


def instance_of(file: Path) -> str:
    """SOPInstanceUID of a file."""
    from pydicom import dcmread

    return str(dcmread(file, specific_tags=["SOPInstanceUID"]).SOPInstanceUID)


def is_whole(path: Path) -> bool:
    """Whether a kept file is what it says."""
    from pydicom import dcmread

    meta = dcmread(path, stop_before_pixels=True).file_meta
    try:
        identify(path, Announced(meta.MediaStorageSOPClassUID, path.stem, meta.TransferSyntaxUID))
    except Refused:
        return False
    return True


def crowd(peers: int, size: int, duration_s: float) -> dict[str, Any]:
    """What a hundred peers cost a monitor that runs."""
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        assert started("simulate", "canal", "--out", folder / "sim", "--size", size, "--duration",
                       duration_s).wait() == 0  # fmt: skip
        found = {}
        for name, count in (("alone", 0), ("crowd", peers), ("alone again", 0), ("crowd again", peers)):
            found[name] = _played(folder, name.replace(" ", "-"), count)
            print(name, found[name], flush=True)
        return found


def _played(folder: Path, name: str, peers: int) -> dict[str, Any]:
    session, port = folder / name, free_port()
    source, plan = f"dicom://CW@127.0.0.1:{port}", folder / "sim" / "plan.json"
    live = started("live", source, "--plan", plan, "--session", session, "--headless", "--no-archive")
    wait_for_port(port)
    # who attacks is not of this machine: it must not cost it more than the network would
    attack = None
    if peers:
        ours = (sys.executable, "-m", "benchmarks.receiving", "attack")
        attack = subprocess.Popen(
            [*ours, "--port", str(port), "--peers", str(peers)],
            stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.nice(19),  # noqa: PLW1509
        )  # fmt: skip
    for _ in range(50):
        done = subprocess.run(
            [program("storescu"), "-aec", "CW", "127.0.0.1", str(port), str(folder / "sim" / "run.dcm")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode == 0 and not done.stderr:
            break
        time.sleep(0.1)
    else:
        print("the run could not be sent:", done.stderr[:200])
    while not any(row["name"] == "run_ended" for row in events_of(session)):
        time.sleep(0.2)
    tried = {}
    if attack is not None:
        attack.send_signal(signal.SIGINT)
        tried = json.loads(attack.communicate(timeout=30)[0])
    live.terminate()
    live.wait(30)
    stopped = json.loads(next(row["data"] for row in events_of(session) if row["name"] == "stopped"))
    delay = open_session(session).about.delay or {}
    return {
        "captured": stopped["captured"], "superseded": stopped["superseded"], "gaps": stopped["gaps"],
        **{key: delay.get(key) for key in ("processing_p50_ms", "processing_p95_ms")},
        "attacks": tried,
    }  # fmt: skip


def events_of(session: Path) -> list[Any]:
    """Events of a session that may not be there yet."""
    return list(open_session(session).log().events) if (session / "session.json").is_file() else []


def attack(port: int, peers: int) -> None:
    """So many peers at once, until they are stopped; what became of them."""
    came, stop = Counter[str](), threading.Event()
    lock = threading.Lock()
    signal.signal(signal.SIGINT, lambda *_: stop.set())

    def one(seed: int) -> None:
        chance = random.Random(seed)
        while not stop.is_set():
            what = "refused by the system"
            with suppress(OSError), Raw(port, 5.0) as peer:
                kind, _ = peer.associate()
                what = {ACCEPTED: "accepted", REJECTED: "rejected"}.get(kind, "closed")
                if kind == ACCEPTED:
                    peer.send(chance.choice([pdu(0x55, b"x" * 1000), pdu(4, b"x" * 100, 1 << 31), request()]))
                    peer.answer()
                elif kind == 0:
                    select.select([], [], [], 0.05)
            with lock:
                came[what] += 1

    threads = [threading.Thread(target=one, args=(number,), daemon=True) for number in range(peers)]
    for thread in threads:
        thread.start()
    while not stop.wait(0.5):
        pass
    with lock:
        print(json.dumps(dict(came)))
    sys.stdout.flush()
    os._exit(0)


def main() -> None:
    """Run one of them and print what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["speed", "kills", "crowd", "attack"])
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--size", type=int, default=None)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peers", type=int, default=100)
    parser.add_argument("--duration", type=float, default=20.0)
    parser.add_argument("--port", type=int, default=0)
    asked = parser.parse_args()
    if asked.what == "attack":
        attack(asked.port, asked.peers)
        return
    found = {
        "speed": lambda: speed(asked.frames, asked.size or 1024, asked.rounds),
        "kills": lambda: kills(asked.kills, asked.seed),
        "crowd": lambda: crowd(asked.peers, asked.size or 512, asked.duration),
    }[asked.what]()
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
