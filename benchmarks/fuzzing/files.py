"""Spoiled recordings, logs, configurations: files whose form has to be kept for the damage to get inside."""

from __future__ import annotations

import random
import sqlite3
import struct
import zlib
from dataclasses import replace
from io import BytesIO
from typing import Any

import msgspec
import tomlkit
from mcap.data_stream import ReadDataStream, RecordBuilder
from mcap.opcode import Opcode
from mcap.records import Metadata

from benchmarks.fuzzing import seeds
from benchmarks.fuzzing.mutate import NUMBERS, WORDS, hostile_value, spoiled_bytes, spoiled_tree
from recordings.archive_format import facts_of, facts_to_metadata
from recordings.log_schema import TABLE_NAMES
from recordings.session import TIMELINE, VIDEO

_HEAD = struct.Struct("<BQ")
_MESSAGE = struct.Struct("<HIQQ")
_MAGIC_BYTES = 8
_BLOSC_HEAD_BYTES = 32
_PRESETS = ("1", "[1]", "[[]]", '"x"', '["../x"]')


def msgpack_bytes(tree: Any, dice: random.Random) -> bytes:  # noqa: ANN401 - any plain value
    """MessagePack of a tree; what it cannot hold is made to fit."""
    try:
        return msgspec.msgpack.encode(tree)
    except (OverflowError, TypeError, UnicodeEncodeError, RecursionError):
        return b"\x81\xa1a" + b"\x91" * dice.choice((10, 1500, 100_000)) + b"\xc0"


def recording(dice: random.Random) -> bytes:
    """Bytes at large, records at large, or messages whose check sum is right again."""
    return _spoiled_mcap(seeds.recording(dice.random() < 0.6), dice)


def archive(dice: random.Random) -> dict[str, bytes]:
    """An archived session: its video or time line spoiled, or packets that only the decoder can refuse."""
    held = dict(seeds.archive())
    match dice.randrange(6):
        case 0:
            held[VIDEO] = spoiled_bytes(held[VIDEO], dice)
        case 1 | 2:
            held[TIMELINE] = _spoiled_mcap(held[TIMELINE], dice)
        case 3:
            held[VIDEO] = spoiled_bytes(held[VIDEO], dice, first=dice.choice((0, 300, 700)))
            del held[TIMELINE]
        case 4:
            held[TIMELINE] = _other_facts(held[TIMELINE], dice)
        case _:
            held[VIDEO], held[TIMELINE] = _believed(held[VIDEO], held[TIMELINE], dice)
    return held


def _believed(video: bytes, timeline: bytes, dice: random.Random) -> tuple[bytes, bytes]:
    """Packets that were changed, with checksums that are right again."""
    inside = bytearray(video)
    records = _records(timeline)
    for at, (opcode, body) in enumerate(records):
        tree = msgspec.msgpack.decode(body[_MESSAGE.size :]) if opcode == 5 else {}
        head = msgspec.msgpack.decode(tree["header"]) if tree else {}
        if head.get("type") != "video" or dice.random() < 0.3:
            continue
        start, end = head["offset"], head["offset"] + head["size"]
        for _ in range(dice.choice((1, 1, 3, 40))):
            inside[dice.randrange(start, end)] = dice.randrange(256)
        head["packet_crc32"] = zlib.crc32(inside[start:end])
        packed = msgspec.msgpack.encode(head)
        message = {"header": packed, "data": b"", "crc32": zlib.crc32(packed)}
        records[at] = (5, body[: _MESSAGE.size] + msgspec.msgpack.encode(message))
    return bytes(inside), _joined(timeline, records)


def _other_facts(timeline: bytes, dice: random.Random) -> bytes:
    """A time line that says something else of its video, and means it."""
    records = _records(timeline)
    at = next(k for k, (opcode, _) in enumerate(records) if opcode == Opcode.METADATA)
    metadata = Metadata.read(ReadDataStream(BytesIO(records[at][1]))).metadata
    facts = facts_of(metadata)
    assert facts is not None
    kind = facts.kind
    match dice.randrange(3):
        case 0:
            kind = replace(kind, extradata=spoiled_bytes(kind.extradata, dice))
        case 1:
            kind = replace(kind, rows=dice.choice((0, 1, 23, 65535)), columns=dice.choice((0, 33, 65535)))
        case _:
            kind = replace(kind, pixel_format=dice.choice(("gray", "gray16le", "yuv420p", "nonsense")))
    builder = RecordBuilder()
    Metadata("recording", metadata | facts_to_metadata(replace(facts, kind=kind))).write(builder)
    records[at] = (Opcode.METADATA, builder.end()[_HEAD.size :])
    return _joined(timeline, records)


def _joined(held: bytes, records: list[tuple[int, bytes]]) -> bytes:
    body = b"".join(_HEAD.pack(code, len(body)) + body for code, body in records)
    return held[:_MAGIC_BYTES] + body + held[:_MAGIC_BYTES]


def _spoiled_mcap(held: bytes, dice: random.Random) -> bytes:
    if dice.random() < 0.3:
        return spoiled_bytes(held, dice, first=_MAGIC_BYTES if dice.random() < 0.9 else 0)
    records = _records(held)
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(records))
        opcode, body = records[at]
        match dice.randrange(6):
            case 0:
                records[at] = (
                    dice.choice((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 128, 255)),
                    body,
                )
            case 1:
                records[at] = (opcode, spoiled_bytes(body, dice) if body else body)
            case 2:
                records[at:at] = [records[at]] * dice.choice((1, 2, 500))
            case 3:
                records[at:at] = [(dice.choice((0, 5, 12, 77)), b"")] * dice.choice((1, 2000))
            case _:
                at = dice.choice([k for k, (code, _) in enumerate(records) if code == 5] or [at])
                opcode, body = records[at]
                if opcode == 5 and len(body) > _MESSAGE.size:
                    records[at] = (5, body[: _MESSAGE.size] + _message(body[_MESSAGE.size :], dice))
    whole = held[:_MAGIC_BYTES] + b"".join(_HEAD.pack(code, len(body)) + body for code, body in records)
    return whole + dice.choice((held[:_MAGIC_BYTES], b"", b"\0" * 4096))


def _records(held: bytes) -> list[tuple[int, bytes]]:
    found, at = [], _MAGIC_BYTES
    while at + _HEAD.size <= len(held) - _MAGIC_BYTES:
        code, length = _HEAD.unpack_from(held, at)
        at += _HEAD.size
        found.append((code, held[at : at + length]))
        at += length
    return found


def _message(encoded: bytes, dice: random.Random) -> bytes:
    try:
        tree = msgspec.msgpack.decode(encoded)
        head, data = msgspec.msgpack.decode(tree["header"]), tree["data"]
    except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError, RecursionError):
        return spoiled_bytes(encoded, dice) if encoded else b"\xc0"
    if not isinstance(head, dict) or not isinstance(data, bytes):
        return spoiled_bytes(encoded, dice)
    match dice.randrange(5):
        case 0 if data:  # the first bytes of a compressed buffer state its sizes
            inside = bytearray(data)
            at = dice.randrange(min(_BLOSC_HEAD_BYTES, len(inside)))
            inside[at : at + 1] = bytes([dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))])
            data = bytes(inside)
        case 1 if data:
            data = spoiled_bytes(data, dice)
        case 2:
            head["rows"], head["columns"] = dice.choice((1, 24, 65535)), dice.choice((1, 32, 768, 65535))
            if len(data) > 8 and dice.random() < 0.7:
                size = (head["rows"] * head["columns"] * 2) & 0x7FFFFFFF
                data = data[:4] + struct.pack("<I", size) + data[8:]
        case 3:
            head = spoiled_tree(head, dice)
        case _:
            head[dice.choice(list(head) or ["type"])] = hostile_value(dice)
    packed = msgpack_bytes(head, dice)
    return msgspec.msgpack.encode(
        {"header": packed, "data": data, "crc32": zlib.crc32(data, zlib.crc32(packed))}
    )


def log(dice: random.Random) -> bytes:
    """Bytes at large, or another schema, or values that the schema forbids."""
    held = seeds.log()
    if dice.random() < 0.5:
        return spoiled_bytes(held, dice, most=6, first=dice.choice((0, 16, 100)))
    base = sqlite3.connect(":memory:", isolation_level=None)
    base.deserialize(held)
    for _ in range(dice.randint(1, 3)):
        try:
            _meddle(base, dice)
        except (sqlite3.Error, OverflowError, UnicodeEncodeError):
            continue
    held = base.serialize()
    base.close()
    if dice.random() < 0.1:  # says that there is a log ahead of it
        held = held[:18] + b"\2\2" + held[20:]
    return held


def _meddle(base: sqlite3.Connection, dice: random.Random) -> None:
    table = dice.choice(TABLE_NAMES)
    columns = [row[1] for row in base.execute(f"PRAGMA table_info({table})")]
    if not columns:
        return  # dropped by an earlier step
    value = dice.choice((*NUMBERS, *WORDS, None, b"\xff\xfe", b"x" * 100_000))
    match dice.randrange(9):
        case 0:
            base.execute(f"DROP TABLE {table}")
            base.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
            base.execute(
                f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", [value] * len(columns)
            )
        case 1:
            base.execute(f"DROP TABLE {table}")
        case 2:
            base.execute(f"DROP TABLE {table}")
            base.execute(
                f"CREATE VIEW {table} AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) "
                "SELECT x FROM c"
            )
        case 3:
            base.execute(f"DROP TABLE {table}")
            base.execute(f"CREATE VIEW {table} AS SELECT hex(zeroblob(900000000)) AS message")
        case 4:
            base.execute(f"ALTER TABLE {table} RENAME COLUMN {dice.choice(columns)} TO other")
        case 5:
            base.execute(f"PRAGMA user_version={dice.choice((0, 1, 2, -1, 99))}")
        case 6:  # what STRICT would refuse: taken without it, then declared again
            base.execute("PRAGMA writable_schema=ON")
            (sql,) = base.execute("SELECT sql FROM sqlite_schema WHERE name=?", (table,)).fetchone()
            loose = sql.replace("STRICT", "").replace(" NOT NULL", "")
            for kind in ("TEXT", "INTEGER", "REAL"):
                loose = loose.replace(f" {kind}", "")
            base.execute("UPDATE sqlite_schema SET sql=? WHERE name=?", (loose, table))
            again = sqlite3.connect(":memory:", isolation_level=None)
            again.deserialize(base.serialize())
            again.execute(f"UPDATE {table} SET {dice.choice(columns)}=?", (value,))
            again.execute("PRAGMA writable_schema=ON")
            again.execute("UPDATE sqlite_schema SET sql=? WHERE name=?", (sql, table))
            base.deserialize(again.serialize())
            again.close()
        case 7:
            base.execute(f"UPDATE {table} SET {dice.choice(columns)}=?", (value,))
        case _:
            base.execute(
                f"CREATE TRIGGER t AFTER INSERT ON {table} BEGIN SELECT load_extension('x'); END"
                if dice.random() < 0.5
                else f"CREATE INDEX i{dice.randrange(99)} ON {table} ({dice.choice(columns)})"
            )


def toml(dice: random.Random) -> bytes:
    """A configuration: of a spoiled tree, or of spoiled lines and bytes."""
    text = seeds.config_toml() if dice.random() < 0.2 else tomlkit.dumps(_small_config())
    if dice.random() < 0.4:
        tree = spoiled_tree(_small_config(), dice)
        try:
            text = tomlkit.dumps(tree)
        except Exception:  # tomlkit has no words for everything that a tree may hold
            text = repr(tree)
    lines = text.split("\n")
    for _ in range(dice.choice((0, 1, 1, 2))):
        at = dice.randrange(len(lines))
        key = lines[at].partition("=")[0]
        match dice.randrange(10):
            case 0 | 1 | 2:
                lines[at] = f"{key}= {dice.choice(NUMBERS)}"
            case 3:
                lines[at:at] = [lines[at]]
            case 4:
                lines[at] = f"{key}= {'9' * dice.choice((30, 5000))}"
            case 5:
                lines[at] = f"{key}= {dice.choice(('[', '{a=')) * dice.choice((5, 2000, 50_000))}"
            case 6:
                lines[at] = ".".join("a" * dice.choice((3, 90, 3000, 200_000))) + " = 1"
            case 7:
                lines[at] = f"preset = {dice.choice(_PRESETS)}"
            case 8:
                lines[at] = (
                    f"[{dice.choice(('brands', 'alarm', 'brands.x', '[alarm]', 'a.b.c', chr(34) * 2))}]"
                )
            case _:
                lines[at] = f'{key}= """{dice.choice(WORDS)}'
    data = "\n".join(lines).encode("utf-8", "surrogatepass")
    return spoiled_bytes(data, dice) if dice.random() < 0.3 else data


def _small_config() -> dict[str, Any]:
    return {
        "preset": ["pulses-7.5"],
        "alarm": {"stop_fraction": 0.25, "most_levels": 3, "on_delay_s": 0.2},
        "learning": {"shortest_s": 2.0},
        "brands": {"any": {"early_until_s": 100.0, "late_after_s": 300.0}},
        "clock": {"early_until_s": 100.0, "late_after_s": 300.0},
    }
