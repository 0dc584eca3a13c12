"""Ways to spoil bytes, and trees of plain values; everything follows from the random generator handed in."""

from __future__ import annotations

import json
import random
import struct
from typing import Any

NUMBERS = (
    0, -1, 1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**53,
    2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), 10**30, 10**400, 0.0, -0.0, 0.5, 1e-320, 1e15, 1e38, 1e300,
    1.7e308, -1e300, float("nan"), float("inf"), float("-inf"),
)  # fmt: skip
WORDS = (
    "", " ", "\x00", "a\nb", "\ud800", "\u202e", "é" * 50, "x" * 5000, "../../etc/passwd", "/etc/passwd",
    "%s%n", "'; DROP TABLE session; --", "nan", "Infinity", "1e999", "T12", "9" * 400,
    "2026-13-40T99:99:99Z", "null",
)  # fmt: skip
_BYTES = (0, 1, 0x20, 0x7F, 0x80, 0xFE, 0xFF)
_LENGTHS = (0, 1, 2, 7, 8, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF, 2**63 - 1)
_LENGTHS += (2**64 - 1,)


def spoiled_bytes(data: bytes, dice: random.Random, most: int = 4, first: int = 0) -> bytes:
    """Flip, cut, insert, repeat, splice and overwrite lengths, up to `most` times, behind byte `first`."""
    held = bytearray(data)
    for _ in range(dice.randint(1, most)):
        if len(held) <= first + 1:
            break
        at = dice.randrange(first, len(held))
        run = min(len(held) - at, 1 << dice.randrange(0, 9))
        match dice.randrange(9):
            case 0:
                held[at] ^= 1 << dice.randrange(8)
            case 1:
                held[at] = dice.choice(_BYTES)
            case 2:
                held[at] = dice.randrange(256)
            case 3:
                size, order = dice.choice((2, 4, 8)), dice.choice("<>")
                number = dice.choice(_LENGTHS) & (2 ** (8 * size) - 1)
                held[at : at + size] = struct.pack(f"{order}Q", number)[:: 1 if order == "<" else -1][:size][
                    :: 1 if order == "<" else -1
                ]
            case 4 if dice.random() < 0.3:
                del held[at:]
            case 5:
                del held[at : at + run]
            case 6:
                held[at:at] = held[at : at + run] * dice.choice((1, 1, 2, 40))
            case 7:
                other = dice.randrange(first, len(held))
                held[at : at + run] = held[other : other + run]
            case _:
                held[at:at] = (
                    dice.randbytes(run) if dice.random() < 0.5 else bytes([dice.choice(_BYTES)]) * run
                )
    return bytes(held)


def hostile_value(dice: random.Random) -> Any:  # noqa: ANN401 - any plain value
    """Something that does not belong where it is put."""
    match dice.randrange(9):
        case 0 | 1 | 2:
            return dice.choice(NUMBERS)
        case 3 | 4:
            return dice.choice(WORDS)
        case 5:
            return dice.choice((None, True, False, [], {}, [[]], [None], {"": {}}))
        case 6:
            return nested(dice.choice((3, 40, 300)), dice)
        case 7:
            return [dice.choice(NUMBERS)] * dice.choice((1, 2, 3, 500))
        case _:
            return {dice.choice(WORDS): dice.choice(NUMBERS) for _ in range(dice.randint(1, 5))}


def nested(depth: int, dice: random.Random) -> Any:  # noqa: ANN401 - any plain value
    """Lists or dicts in one another."""
    value: Any = 0
    for _ in range(depth):
        value = [value] if dice.random() < 0.5 else {"a": value}
    return value


def spoiled_tree(tree: Any, dice: random.Random, most: int = 3) -> Any:  # noqa: ANN401 - any plain value
    """A copy of lists and dicts with up to `most` places replaced, dropped, doubled, renamed or nudged."""
    held = [_copy(tree)]
    for _ in range(dice.randint(1, most)):
        places = list(_places(held))
        parent, key = dice.choice(places)
        match dice.randrange(8):
            case 0 | 1 | 2:
                parent[key] = hostile_value(dice)
            case 3 if parent is not held:
                del parent[key]
            case 4 if isinstance(parent, dict):
                parent[dice.choice(WORDS)] = parent[key]
            case 4 if parent is not held:
                parent[key:key] = [_copy(parent[key])] * dice.choice((1, 1, 3, 300))
            case 5:
                other, its = dice.choice(places)
                parent[key] = _copy(other[its]) if its in other or isinstance(other, list) else None
            case 6:
                parent[key] = dice.choice(([parent[key]], {"a": parent[key]}, str(parent[key])[:200]))
            case _:
                parent[key] = _nudged(parent[key], dice)
    return held[0]


def _nudged(value: Any, dice: random.Random) -> Any:  # noqa: ANN401 - any plain value
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int | float) and abs(value) < 1e300:
        return value * dice.choice((-1, 0, 0.5, 2, 10, 1000, 1e-6)) + dice.choice((0, 1, -1))
    if isinstance(value, str | bytes):
        return value[: dice.randrange(len(value) + 1)] * dice.choice((0, 1, 2, 3))
    return value


def _places(tree: Any) -> Any:  # noqa: ANN401 - pairs of a container and a key or position in it
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            yield node, key
            if isinstance(node[key], dict | list):
                waiting.append(node[key])


def _copy(tree: Any) -> Any:  # noqa: ANN401 - any plain value
    if isinstance(tree, dict):
        return {key: _copy(value) for key, value in tree.items()}
    return [_copy(value) for value in tree] if isinstance(tree, list) else tree


def json_bytes(tree: Any, dice: random.Random) -> bytes:  # noqa: ANN401 - any plain value
    """JSON, now and then in a way that only some parsers take: doubled keys, long numbers."""
    try:
        text = json.dumps(tree, ensure_ascii=dice.random() < 0.7)
    except RecursionError:
        text = "[" * 2000
    match dice.randrange(40):
        case 0:
            text = text.replace(":", f":{'9' * dice.choice((20, 400, 5000))},", 1)
        case 1:
            text = text.replace("1", "9" * dice.choice((20, 400, 5000)), 1)
        case 2:
            text = text.replace("{", '{"schema": 1, "schema": 2, ', dice.randint(1, 3))
        case 3:
            text = text.replace("0", "[" * dice.choice((10, 1200, 100_000)), 1)
        case 4:
            text = text.replace(" ", dice.choice(("\ufeff", "\x0b", "\t" * 9999, "\u2028")), 1)
        case 5:
            return text.encode(dice.choice(("utf-16", "utf-32", "utf-8-sig")), "replace")
        case 6:
            text = text.replace(": ", dice.choice((": -", ": 0", ": +", ": 1e", ": 0x")), dice.randint(1, 3))
        case _:
            pass
    data = text.encode("utf-8", "surrogatepass")
    return spoiled_bytes(data, dice) if dice.random() < 0.25 else data
