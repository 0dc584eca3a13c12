"""What fuzzing has found, by its cause: each of these once was a traceback, a hang or gigabytes."""

from __future__ import annotations

import json
import os
import sqlite3
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import blosc2
import msgspec
import numpy as np
import pytest

from benchmarks.fuzzing import seeds
from benchmarks.fuzzing.readers import READERS, whole
from calibration.distortion import DistortionModel
from calibration.profile import read_profile
from monitor.config import read_config
from monitor.errors import (
    CalibrationError,
    CementWatchError,
    InputError,
    PlanError,
    RecordingError,
    SourceError,
    one_line,
)
from monitor.plan import MOST_POINTS, parse_plan, read_plan
from monitor.small_file import TooLargeError, read_small
from monitor.sources.bounded import Bounded
from monitor.sources.code_stream import stated_size
from monitor.sources.dicom import DicomFolderSource, DicomSource
from recordings.dose.read import read_dose
from recordings.log_reader import read_log
from recordings.memory_file import read_memory
from recordings.messages import decode
from recordings.recording import RecordingReader
from recordings.replay import RecordedSource
from recordings.resume import resume_session
from recordings.session import FRAMES, LOG, open_session
from tests.sources.makers import encapsulated, run, save, xa

IMAGES = run(4)
_NO_END = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"
_GIGABYTE = "SELECT hex(zeroblob(900000000)) AS message"


def refuses(read: Callable[[Path], object], path: Path, says: str) -> None:
    with pytest.raises(CementWatchError, match=says) as raised:
        read(path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def written(path: Path, data: bytes | str) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_messages_are_short_and_cannot_steer_a_terminal() -> None:
    assert one_line("a\n b\x1b[2J\ud800é") == "a b\\x1b[2J\\ud800é"
    assert len(str(InputError("x" * 100_000))) < 700
    assert "\n" not in str(RecordingError("a\nb"))


@pytest.mark.parametrize("read", [read_plan, read_config, read_profile, read_memory])
def test_pipes_and_devices_are_not_waited_for(read: Callable[[Path], object], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    refuses(read, tmp_path / "pipe", "regular file")
    refuses(read, Path("/dev/zero"), "regular file")


def test_no_more_of_a_file_is_read_than_it_may_hold(tmp_path: Path) -> None:
    path = written(tmp_path / "f", b"12345")
    assert read_small(path, 5) == b"12345"
    with pytest.raises(TooLargeError):
        read_small(path, 4)


@pytest.mark.parametrize("digits", [400, 5000])
def test_long_numbers(digits: int, tmp_path: Path) -> None:
    plan = json.dumps(seeds.plan_tree()).replace('"reference_frame": 0', f'"reference_frame": {"9" * digits}')
    refuses(read_plan, written(tmp_path / "plan.json", plan), "frame|digits")
    refuses(read_config, written(tmp_path / "c.toml", f"[alarm]\nmost_levels = {'9' * digits}\n"), "c.toml")


def test_half_a_character_in_a_plan() -> None:
    with pytest.raises(PlanError, match="half a character"):
        parse_plan(json.dumps(seeds.plan_tree()).replace("basivertebral", "\\ud800"), "plan.json")


def test_a_plan_of_very_many_levels_or_points() -> None:
    tree = json.loads(json.dumps(seeds.plan_tree()))
    level = tree["views"][0]["levels"][0]
    tree["views"][0]["levels"] = [level | {"name": str(k)} for k in range(MOST_POINTS // 10)]
    with pytest.raises(PlanError, match="too many for a plan"):
        parse_plan(json.dumps(tree), "plan.json")


def test_keys_of_very_many_parts(tmp_path: Path) -> None:
    """Two hundred thousand parts once took all memory of a machine."""
    refuses(read_config, written(tmp_path / "c.toml", ".".join("a" * 200_000) + " = 1\n"), "line 1 .* dots")


def test_what_is_nested_deeply(tmp_path: Path) -> None:
    deep = b"\x91" * 100_000 + b"\xc0"
    refuses(read_memory, written(tmp_path / "memory.msgpack", b"\x81\xa1z" + deep), "recursion")
    with pytest.raises(RecordingError, match="recursion"):
        decode(sealed_head(b"\x84\xa4type\xa5event\xa4name\xa1a\xa4t_ns\0\xa4data\x81\xa1a" + deep))
    whole("session", tmp_path / "s")
    written(tmp_path / "s" / "session.json", b'{"z":' + b"[" * 100_000)
    refuses(open_session, tmp_path / "s", "recursion")


@pytest.mark.parametrize("drift", [[float("nan"), 0.0], [0.0, float("inf")], [1e30, 0.0]])
def test_a_remembered_place_that_is_none(drift: list[float], tmp_path: Path) -> None:
    tree = msgspec.msgpack.decode(seeds.memory())
    tree["levels"][0]["drift_px"] = drift
    refuses(read_memory, written(tmp_path / "memory.msgpack", msgspec.msgpack.encode(tree)), "drift_px")


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_a_profile_made_at_no_distance(value: float, tmp_path: Path) -> None:
    tree = json.loads(json.dumps(seeds.profile_tree()))
    tree["scale"]["conditions"]["distance_source_to_detector_mm"] = value
    refuses(read_profile, written(tmp_path / "profile.json", json.dumps(tree)), "scale.conditions")


def test_a_distortion_with_two_corners_in_one_place() -> None:
    model = json.loads(json.dumps(seeds.profile_tree()["distortion"]["model"]))
    model["hull_px"][1] = model["hull_px"][0]
    with pytest.raises(CalibrationError, match="two corners in one place"):
        DistortionModel.from_dict(model)


def sealed_head(packed: bytes, data: bytes = b"") -> bytes:
    return msgspec.msgpack.encode(
        {"header": packed, "data": data, "crc32": zlib.crc32(data, zlib.crc32(packed))}
    )


def test_a_frame_that_unpacks_to_gigabytes() -> None:
    data = blosc2.compress2(np.zeros(1 << 20, np.uint8))
    data = data[:4] + (30_000 * 60_000).to_bytes(4, "little") + data[8:]
    head = {
        "type": "frame", "seq": 0, "t_capture_ns": 0, "t_source_ns": None, "source_id": "s", "rows": 30_000,
        "columns": 60_000, "bits_allocated": 8, "codec": "blosc2",
    }  # fmt: skip
    tracemalloc.start()
    with pytest.raises(RecordingError, match="60000 x 30000 px are too many"):
        decode(sealed_head(msgspec.msgpack.encode(head), data))
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


def test_blocks_that_a_power_cut_left_empty(tmp_path: Path) -> None:
    path = written(tmp_path / FRAMES, seeds.recording(False) + bytes(2_000_000))
    with RecordingReader(path) as reader:
        assert (len(reader), reader.damaged, reader.ended) == (4, 0, False)
        assert reader.whole().end == len(seeds.recording(False))
    refuses(RecordingReader, written(path, seeds.recording(False) + (b"\x7f" + bytes(8)) * 2000), "recording")


def test_a_session_with_frames_of_another_size_or_depth(tmp_path: Path) -> None:
    for key, value, says in (("rows", seeds.ROWS + 1, "the session says 32 x 25"), ("bits", 6, "more bits")):
        folder = tmp_path / key
        whole("session", folder)
        tree = json.loads(json.dumps(seeds.session_tree()))
        (tree["source"] if key == "rows" else tree["source"]["intensity"])[
            "rows" if key == "rows" else "bits_stored"
        ] = value
        written(folder / "session.json", json.dumps(tree))
        with RecordedSource(folder) as source, pytest.raises(SourceError, match=says):
            source.read()


def test_a_damaged_frame_of_a_session_is_an_error_of_the_source(tmp_path: Path) -> None:
    whole("session", tmp_path / "s")
    held = bytearray(seeds.recording(False))
    held[-500] ^= 1
    for at in range(900, 2500):
        held[at] ^= 0xFF
    written(tmp_path / "s" / FRAMES, bytes(held))
    with RecordedSource(tmp_path / "s") as source, pytest.raises(SourceError, match="damaged"):
        [source.read() for _ in range(4)]


def test_sources_that_cannot_be(tmp_path: Path) -> None:
    for key, value in (("rows", 0), ("columns", 10**9), ("frame_period_s", -1.0), ("kvp", -80.0)):
        folder = tmp_path / key
        whole("session", folder)
        tree = json.loads(json.dumps(seeds.session_tree()))
        tree["source"][key] = value
        written(folder / "session.json", json.dumps(tree))
        refuses(open_session, folder, "source: ")


@pytest.mark.parametrize(
    ("statements", "says"),
    [
        (["DROP TABLE volume", f"CREATE VIEW volume AS {_NO_END}"], "its tables are others"),
        (["DROP TABLE event", f"CREATE VIEW event AS {_GIGABYTE}"], "its tables are others"),
        (["CREATE TRIGGER t AFTER INSERT ON event BEGIN SELECT load_extension('x'); END"], "are others"),
        (["ALTER TABLE alarm RENAME COLUMN kind TO other"], "tables are others"),
        (["UPDATE alarm SET kind = 'x'"], "alarm.kind is 'x'"),
        (["UPDATE alarm SET priority = ''"], "alarm.priority"),
        (["UPDATE alarm SET state = 'x'"], "alarm.state"),
        (["UPDATE volume SET volume_ml = 9e999"], "volume_ml is not finite"),
    ],
)  # fmt: skip
def test_a_log_that_is_none(statements: list[str], says: str, tmp_path: Path) -> None:
    """A view that never ends; one of a gigabyte; words that no alarm has."""
    path = written(tmp_path / LOG, seeds.log())
    base = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        base.execute(statement)
    base.close()
    refuses(read_log, path, says)
    whole("session", tmp_path / "s")
    written(tmp_path / "s" / LOG, path.read_bytes())
    before = (tmp_path / "s" / FRAMES).read_bytes()
    with pytest.raises(InputError, match=says):
        resume_session(
            tmp_path / "s", source_info=seeds.source(), plan=seeds.plan(), config_toml=seeds.config_toml(),
            now_ns=1, this_boot=seeds.BOOT,
        )  # fmt: skip
    assert (tmp_path / "s" / FRAMES).read_bytes() == before


def leaf_cells(database: bytes) -> list[int]:
    """Where the rows of an SQLite file begin (its format, 1.6: leaf pages of tables have type 13)."""
    size, found = int.from_bytes(database[16:18], "big"), []
    for page in range(0, len(database), size):
        head = page + (100 if page == 0 else 0)
        if database[head] == 13:
            count = int.from_bytes(database[head + 3 : head + 5], "big")
            places = database[head + 8 : head + 8 + 2 * count]
            found += [page + int.from_bytes(places[i : i + 2], "big") for i in range(0, len(places), 2)]
    return found


def test_rows_of_a_log_that_claim_more_than_there_is_memory(tmp_path: Path) -> None:
    whole("log", tmp_path)
    sound = (tmp_path / LOG).read_bytes()
    cells = leaf_cells(sound)
    assert len(cells) > 10
    for at in cells:
        spoiled = sound[:at] + b"\xff" * 7 + b"\x7f" + sound[at + 8 :]
        refuses(read_log, written(tmp_path / LOG, spoiled), "cannot read the log|not a log|damaged")


@pytest.mark.parametrize(
    "values",
    [
        {"FrameTime": "1e308"},
        {"FrameTime": "1e-320"},
        {"FrameIncrementPointer": 0x00181065, "FrameTimeVector": ["0", "1e308", "1e308", "1e308"]},
    ],
)
def test_frame_times_that_no_clock_holds(values: dict[str, Any], tmp_path: Path) -> None:
    with DicomSource(save(xa(IMAGES, **values), tmp_path / "run.dcm")) as source:
        for _ in range(4):
            moment_ns = source.read().t_source_ns
            assert moment_ns is None or moment_ns < 2**63


def test_a_length_of_gigabytes_in_a_small_file(tmp_path: Path) -> None:
    data = bytearray(save(xa(IMAGES), tmp_path / "run.dcm").read_bytes())
    at = data.index(b"\x08\x00\x70\x00LO")  # Manufacturer becomes 2 GB of unknown bytes
    data[at + 4 : at + 12] = b"UN\0\0" + (0x7FFFFFF0).to_bytes(4, "little")
    path = written(tmp_path / "run.dcm", bytes(data))
    tracemalloc.start()
    refuses(lambda path: DicomSource(path).open(), path, "run.dcm")
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


def test_a_stream_gives_no_more_than_a_header_may_take(tmp_path: Path) -> None:
    path = written(tmp_path / "f", bytes(100))
    with Bounded(path.open("rb"), 150) as stream:
        assert len(stream.read(2**40)) == 100
        with pytest.raises(ValueError, match="not read whole"):
            stream.read()
        stream.seek(0)
        with pytest.raises(ValueError, match="too large"):
            stream.read(100)
    with Bounded(path.open("rb"), most_reads=3) as stream, pytest.raises(ValueError, match="too large"):
        [stream.read(1) for _ in range(4)]


def test_a_code_stream_that_states_another_size(tmp_path: Path) -> None:
    """A decoder sets memory aside for what the stream states: 60000 x 60000 px would be 7 GB."""
    from pydicom.encaps import encapsulate, generate_frames
    from pydicom.uid import JPEG2000Lossless

    header = encapsulated(IMAGES, JPEG2000Lossless)
    coded = [bytearray(frame) for frame in generate_frames(header.PixelData, number_of_frames=4)]
    assert stated_size(bytes(coded[0])) == (*IMAGES.shape[1:], 1)
    at = coded[0].index(b"\xff\x4f\xff\x51") + 8
    coded[0][at : at + 8] = (60_000).to_bytes(4, "big") * 2
    header.PixelData = encapsulate([bytes(frame) for frame in coded])
    path = save(header, tmp_path / "run.dcm")
    refuses(lambda path: DicomSource(path).open(), path, "the code stream states 60000 x 60000 px in 1 comp")


def test_a_deflated_bomb(tmp_path: Path) -> None:
    from benchmarks.fuzzing import dicom

    held = dicom.objects()["deflated"]
    start = 144 + int.from_bytes(held[140:144], "little")
    coder = zlib.compressobj(1, zlib.DEFLATED, -15)
    inner = zlib.decompress(held[start:], -15)
    coded = coder.compress(b"\x08\0\1\0UN\0\0" + (100 << 20).to_bytes(4, "little") + bytes(100 << 20))
    path = written(tmp_path / "run.dcm", held[:start] + coded + coder.compress(inner) + coder.flush())
    tracemalloc.start()
    for source in (DicomSource(path), DicomFolderSource(tmp_path)):
        with pytest.raises(SourceError, match=r"run\.dcm.*too large"):
            source.open()
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


def test_a_uid_as_long_as_a_book(tmp_path: Path) -> None:
    from benchmarks.fuzzing import dicom

    data = dicom.objects()["native"]
    at = data.index(b"\x08\0\x16\0UI")
    length = int.from_bytes(data[at + 6 : at + 8], "little")
    held = data[: at + 6] + (60_000).to_bytes(2, "little") + b"A" * 60_000 + data[at + 8 + length :]
    with DicomSource(written(tmp_path / "run.dcm", held)) as source:
        assert max(len(value) for value in source.info.attributes.values()) <= 80


def test_colour_of_a_form_that_is_not_turned_to_gray(tmp_path: Path) -> None:
    colour = np.zeros((4, 8, 8), np.int16)
    header = xa(colour, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0)
    header.NumberOfFrames, header.PixelData = 1, bytes(3 * 2 * 64)
    path = save(header, tmp_path / "run.dcm")
    refuses(lambda path: DicomSource(path).open(), path, "frame 0 cannot be decoded")


@pytest.mark.parametrize("read", [lambda path: DicomSource(path).open(), read_dose])
def test_a_flood_of_empty_items(read: Callable[[Path], object], tmp_path: Path) -> None:
    path = save(xa(run(frames=2)), tmp_path / "run.dcm")
    held = path.read_bytes()
    at = held.index(b"\x08\0\x16\0UI")
    sequence = b"\x08\0\x15\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\0\xe0\0\0\0\0" * 100_000
    path.write_bytes(held[:at] + sequence + b"\xfe\xff\xdd\xe0\0\0\0\0" + held[at:])
    refuses(read, path, "100000 items")


def test_every_reader_of_files_is_fuzzed() -> None:
    assert set(READERS) >= {"plan", "config", "session", "recording", "log", "memory", "profile", "dicom"}
    assert set(READERS) >= {"dose", "deidentify"}
