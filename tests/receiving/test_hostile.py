"""What a peer does that nobody should: it ends its own association, and leaves nothing."""

from __future__ import annotations

import struct
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from recordings.receiving.limits import Limits
from tests.receiving.makers import (
    Told,
    announced,
    data_set,
    full_after,
    objects_in,
    receiving,
    run_object,
    written,
)
from tests.receiving.raw import (
    ABORTED,
    ACCEPTED,
    DATA,
    ECHO,
    REJECTED,
    XA,
    Raw,
    command,
    echo_command,
    pdu,
    pdv,
    request,
    store_command,
)

DS = run_object()
SAID = announced(DS)
SHORT = Limits(greeting_s=0.3, silence_s=0.4, pdu_s=0.6, association_s=0.8, object_bytes=40_000)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return data_set(written(DS, tmp_path_factory.mktemp("hostile") / "a.dcm"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path, Told]]:
    """One receiver for every peer of this module: none may hurt the next."""
    out = tmp_path_factory.mktemp("out")
    with receiving(out, limits=SHORT) as (receiver, told):
        receiver.keeper.most_bytes = SHORT.object_bytes
        yield receiver.port, out, told


def nothing_is_left(out: Path) -> bool:
    return all(path.suffix == ".dcm" for path in objects_in(out))


BAD_PDUS = {
    "garbage": b"GET / HTTP/1.1\r\nHost: example\r\n\r\n" * 20,
    "an unknown kind": pdu(0x55, b"abc"),
    "a data PDU larger than agreed on": pdu(DATA, b"x" * 64, 0xFFFFFFFF),
    "a release that is none": pdu(0x05, b"x" * 64, 64),
    "a PDV that is longer than its PDU": pdu(DATA, struct.pack(">LBB", 5000, XA, 3) + b"x" * 20),
    "a PDV of nothing": pdu(DATA, struct.pack(">L", 0)),
    "a PDV without a control header": pdu(DATA, struct.pack(">LB", 1, XA)),
    "a command that is none": pdu(DATA, pdv(XA, 3, b"\xff" * 40)),
    "a second request": request(),
    "a command within a data set": pdu(DATA, pdv(XA, 3, store_command(SAID)))
    + pdu(DATA, pdv(XA, 0, b"x" * 50))
    + pdu(DATA, pdv(XA, 3, echo_command())),
    "a command without end": b"".join(pdu(DATA, pdv(XA, 1, b"\0" * 8000)) for _ in range(4)),
    "a data set for an echo, without end": pdu(DATA, pdv(ECHO, 3, echo_command(data_set=True)))
    + b"".join(pdu(DATA, pdv(ECHO, 0, b"\0" * 30_000)) for _ in range(4)),
    "a context that was not agreed on": pdu(DATA, pdv(77, 3, store_command(SAID)))
    + pdu(DATA, pdv(77, 2, b"x")),
}


@pytest.mark.parametrize("sent", BAD_PDUS.values(), ids=BAD_PDUS.keys())
def test_what_is_none_is_answered_by_an_abort(sent: bytes, server: tuple[int, Path, Told]) -> None:
    port, out, _ = server
    with Raw(port) as peer:
        assert peer.associate()[0] == ACCEPTED
        peer.send(sent)
        assert peer.answer()[0] == ABORTED
        assert peer.answer()[0] == 0
    assert nothing_is_left(out)


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01" * 40, pdu(1, b"x" * 100, 1 << 30), pdu(1, b"x" * 100), pdu(4, b"")]
)
def test_what_asks_for_no_association_gets_none(sent: bytes, server: tuple[int, Path, Told]) -> None:
    with Raw(server[0]) as peer:
        peer.send(sent)
        assert peer.closed()


def test_a_pdu_that_is_cut_leaves_nothing(data: bytes, server: tuple[int, Path, Told]) -> None:
    port, out, told = server
    before = len(told.refused)
    with Raw(port) as peer:
        assert peer.associate()[0] == ACCEPTED
        peer.send(pdu(DATA, pdv(XA, 3, store_command(SAID))), pdu(DATA, pdv(XA, 0, data[:4000])))
        peer.send(pdu(DATA, pdv(XA, 0, data[4000:8000]))[:900])
    assert "a PDU that did not come to its end" in told.wait_for_refusals(before + 1)[before:]
    with Raw(port) as peer:
        assert peer.associate()[0] == ACCEPTED
        peer.store(SAID, [data[:100]])
        assert peer.status() == 0xC000
    assert nothing_is_left(out)


def test_whoever_falls_silent_is_ended(data: bytes, server: tuple[int, Path, Told]) -> None:
    port, out, _ = server
    with Raw(port) as nothing, Raw(port) as associated, Raw(port) as within_pdu, Raw(port) as within_object:
        for peer in (associated, within_pdu, within_object):
            assert peer.associate()[0] == ACCEPTED
        command = pdu(DATA, pdv(XA, 3, store_command(SAID)))
        within_pdu.send(command[:20])
        within_object.send(command, pdu(DATA, pdv(XA, 0, data[:4000])))
        for peer in (nothing, associated, within_pdu, within_object):
            assert peer.closed()
    assert nothing_is_left(out)


def test_a_connection_that_asks_for_nothing_and_goes_is_not_counted_any_more(tmp_path: Path) -> None:
    limits = Limits(connections=4, connections_per_s=1e4)
    with receiving(tmp_path / "out", limits=limits) as (receiver, _):
        for _ in range(4):
            Raw(receiver.port).socket.close()
        until_s = time.monotonic() + limits.greeting_s / 2
        kind = 0
        while kind != ACCEPTED and time.monotonic() < until_s:
            with Raw(receiver.port) as peer:
                kind, _ = peer.associate()
        assert kind == ACCEPTED


def test_an_association_without_end_is_ended(server: tuple[int, Path, Told]) -> None:
    with Raw(server[0]) as peer:
        assert peer.associate()[0] == ACCEPTED
        answers = 0
        for number in range(100_000):
            peer.send(pdu(DATA, pdv(ECHO, 3, echo_command(number % 60_000))))
            kind, _ = peer.answer()
            if kind != DATA:
                break
            answers += 1
        assert kind == ABORTED
        assert answers > 10
    assert "an association without end" in [refusal.words for refusal in server[2].refused]


def test_an_object_too_large_gets_its_status_and_one_without_end_an_abort(
    data: bytes, server: tuple[int, Path, Told]
) -> None:
    port, out, told = server
    with Raw(port) as peer:
        assert peer.associate()[0] == ACCEPTED
        peer.store(SAID, [data] * 4)
        assert peer.status() == 0xA700
        assert told.refused[-1].words == "larger than 0 MB"
        peer.send(pdu(DATA, pdv(XA, 3, store_command(SAID))))
        for _ in range(20):
            peer.send(pdu(DATA, pdv(XA, 0, data)))
        assert peer.closed()
    assert nothing_is_left(out)


def test_objects_sent_ahead_of_their_answers_have_an_end(data: bytes, server: tuple[int, Path, Told]) -> None:
    port, out, _ = server
    one = pdu(DATA, pdv(XA, 3, store_command(SAID))) + pdu(DATA, pdv(XA, 2, data))
    with Raw(port) as peer:
        assert peer.associate()[0] == ACCEPTED
        peer.send(one * 60)
        kinds = Counter[int]()
        while (kind := peer.answer()[0]) != 0:
            kinds[kind] += 1
    assert kinds[ABORTED] == 1 or kinds[DATA] == 60
    assert nothing_is_left(out)


def test_a_disk_that_is_full_in_mid_object_is_told(
    data: bytes, server: tuple[int, Path, Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, out, _ = server
    fresh = run_object(7, seed=7)
    with Raw(port) as peer:
        assert peer.associate()[0] == ACCEPTED
        with monkeypatch.context() as patch:
            full_after(6000, patch)
            peer.store(announced(fresh), [data[i : i + 4000] for i in range(0, len(data), 4000)])
            assert peer.status() == 0xA700
        assert nothing_is_left(out)
        peer.store(SAID, [data])
        assert peer.status() == 0x0000, "the association goes on"


def test_of_a_hundred_at_once_some_are_served_and_the_rest_are_told(tmp_path: Path, data: bytes) -> None:
    limits = Limits(associations=6, associations_of_a_peer=6, connections=40, connections_per_s=1e4)
    with receiving(tmp_path / "out", limits=limits) as (receiver, told), ExitStack() as stack:
        many = [stack.enter_context(Raw(receiver.port)) for _ in range(100)]
        for peer in many:
            peer.send(request())
        answers = [peer.answer() for peer in many]
        kinds = Counter(kind for kind, _ in answers)
        assert kinds[ACCEPTED] == 6
        assert kinds[REJECTED] >= 1
        assert kinds.total() == 100
        assert set(kinds) <= {0, ACCEPTED, REJECTED}, "the rest is closed unanswered"
        assert {body[1:] for kind, body in answers if kind == REJECTED} == {bytes([2, 3, 2])}
        served = next(peer for peer, (kind, _) in zip(many, answers, strict=True) if kind == ACCEPTED)
        served.store(SAID, [data])
        assert served.status() == 0x0000
    assert len(told.kept) == 1
    assert len(objects_in(tmp_path / "out")) == 1


def test_a_request_without_a_data_set_is_not_answered_for_the_next_one(tmp_path: Path) -> None:
    bare = run_object(1, 1, size=8)
    with receiving(tmp_path / "in") as (receiver, told), Raw(receiver.port) as peer:
        assert peer.associate()[0] == ACCEPTED
        for number in range(10):
            ds = run_object(100 + number, 1, size=8)
            store = command(
                AffectedSOPClassUID=bare.SOPClassUID, CommandField=0x0001, MessageID=1, Priority=0,
                CommandDataSetType=0x0101, AffectedSOPInstanceUID=bare.SOPInstanceUID,
            )  # fmt: skip
            peer.send(  # all at once: while the first ones are answered the last has come
                *[pdu(DATA, pdv(ECHO, 3, echo_command()))] * 2,
                pdu(DATA, pdv(XA, 3, store)),
                pdu(DATA, pdv(XA, 3, store_command(announced(ds), 2))),
                pdu(DATA, pdv(XA, 2, data_set(written(ds, tmp_path / "sent.dcm")))),
            )
            assert [peer.status() for _ in range(4)] == [0, 0, 0xC000, 0]
    assert len(told.kept) == 10
