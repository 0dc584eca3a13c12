"""Sending: what peers answer, and what becomes of each object then. No time passes: the clock is given."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.uid import ImplicitVRLittleEndian, RLELossless, SecondaryCaptureImageStorage
from pynetdicom import AE, build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    CTImageStorage,
    StorageCommitmentPushModel,
)

from recordings.network.address import Peer
from recordings.network.association import Patience
from recordings.network.tls import TlsFiles, client_context
from recordings.sending.backoff import Backoff, Policy
from recordings.sending.entry import Entry, Route, Stage
from recordings.sending.queue import SendQueue, open_queue
from recordings.sending.sender import Sender, sending
from tests import peers
from tests.network.objects import write_object
from tests.network.scripted_pacs import AET as SCRIPTED
from tests.network.scripted_pacs import ScriptedPacs, scripted_pacs

AET = "CEMENTWATCH"
POLICY = Policy(failed=Backoff(10, 100), unanswered=Backoff(60, 600), hold_s=5)
PATIENCE = Patience(connect_s=5, answer_s=5, silence_s=5)


@dataclass
class Bench:
    """A queue, a clock that stands still unless it is set, and what was told."""

    folder: Path
    queue: SendQueue
    now_s: float = 1_000_000.0
    told: list[str] = field(default_factory=list)
    patience: Patience = PATIENCE

    def add(self, route: Route, count: int = 1, **how: Any) -> list[str]:
        """Queue objects; their SOP instance UIDs."""
        paths = [self.folder / f"{number}.dcm" for number in range(count)]
        uids = [write_object(path, seed=number, **how) for number, path in enumerate(paths)]
        self.queue.add(paths, route, self.now_s)
        return uids

    def round(self, after_s: float = 0.0, then: Callable[[Sender], None] = lambda sender: None) -> None:
        """One round of a sender of its own, as after a restart, and what is to happen while it is there."""
        self.now_s += after_s
        with sending(
            self.queue,
            clock_s=lambda: self.now_s,
            policy=POLICY,
            patience=self.patience,
            tell=self.told.append,
        ) as sender:
            assert sender is not None
            sender.round()
            then(sender)

    def entry(self, uid: str) -> Entry | None:
        """The object of that UID; None where it has left the queue."""
        return {entry.object.sop_instance: entry for entry in self.queue.entries()}.get(uid)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_queue(tmp_path / "queue") as queue:
        yield Bench(tmp_path, queue)


@pytest.fixture
def pacs() -> Iterator[ScriptedPacs]:
    with scripted_pacs() as running:
        yield running


def reported(sender: Sender) -> None:
    assert sender.reports.came.wait(10), "no report came"


def test_each_answer_decides_over_its_own_object_alone(bench: Bench, pacs: ScriptedPacs) -> None:
    codes = [0xC123, 0xA700, 0xB000, 0x0111, 0xA900, 0x0122, 0x0000]
    uids = bench.add(Route(pacs.peer, AET), len(codes))
    pacs.statuses = dict(zip(uids, codes, strict=True))
    bench.round()
    assert pacs.received == uids
    entries = [bench.entry(uid) for uid in uids]
    assert [entry is None for entry in entries] == [False, False, True, True, False, False, True]
    for number in (0, 4, 5):
        entry = entries[number]
        assert entry is not None
        assert entry.given_up
        assert f"(0x{codes[number]:04X})" in str(entry.reason)
    assert entries[1] is not None
    assert (entries[1].stage, entries[1].next_try_s) == (Stage.QUEUED, bench.now_s + 10)
    assert sum("coerced (0xB000)" in line for line in bench.told) == 1
    assert sum("has this object already" in line for line in bench.told) == 1


def test_what_failed_is_tried_again_when_it_is_due_over_restarts(bench: Bench, pacs: ScriptedPacs) -> None:
    (uid,) = bench.add(Route(pacs.peer, AET))
    pacs.statuses[uid] = 0xA701
    for wait_s in (0, 10, 20, 40):
        bench.round(wait_s - 0.5 if wait_s else 0)
        bench.round(0.5 if wait_s else 0)
    assert len(pacs.received) == 4, "neither before it was due nor twice"
    del pacs.statuses[uid]
    bench.round(80)
    assert bench.entry(uid) is None
    assert pacs.received == [uid] * 5


def test_a_clock_that_was_set_back_holds_up_nothing(bench: Bench, pacs: ScriptedPacs) -> None:
    (uid,) = bench.add(Route(pacs.peer, AET))
    bench.round(-86_400)
    assert pacs.received == [uid]


def test_what_was_given_up_is_sent_once_somebody_asks_for_it(bench: Bench, pacs: ScriptedPacs) -> None:
    (uid,) = bench.add(Route(pacs.peer, AET))
    pacs.statuses[uid] = 0xC000
    bench.round()
    del pacs.statuses[uid]
    bench.round(10**6)
    entry = bench.entry(uid)
    assert entry is not None
    bench.queue.retry([entry.name], bench.now_s)
    bench.round()
    assert bench.entry(uid) is None


def test_a_peer_that_ends_the_association_over_an_object_gets_the_others(
    bench: Bench, pacs: ScriptedPacs
) -> None:
    uids = bench.add(Route(pacs.peer, AET), 3)
    pacs.aborts = {uids[0]}
    bench.round()
    assert [bench.entry(uid) is None for uid in uids] == [False, True, True]
    entry = bench.entry(uids[0])
    assert entry is not None
    assert "association ended" in str(entry.reason)
    assert entry.next_try_s == bench.now_s + 10


def test_a_peer_that_is_not_there_holds_up_no_other(bench: Bench, pacs: ScriptedPacs) -> None:
    (away,) = bench.add(Route(Peer("AWAY", "127.0.0.1", peers.free_port()), AET))
    (there,) = bench.add(Route(pacs.peer, AET))
    bench.round()
    entry = bench.entry(away)
    assert entry is not None
    assert "no connection" in str(entry.reason)
    assert entry.next_try_s == bench.now_s + 10
    assert bench.entry(there) is None


def test_a_certificate_that_is_gone_holds_up_no_other(bench: Bench, pacs: ScriptedPacs) -> None:
    (secured,) = bench.add(Route(pacs.peer, AET, tls=TlsFiles(authority=bench.folder / "gone.pem")))
    (plain,) = bench.add(Route(pacs.peer, AET))
    bench.round()
    entry = bench.entry(secured)
    assert entry is not None
    assert "gone.pem" in str(entry.reason)
    assert bench.entry(plain) is None


@pytest.mark.parametrize(
    ("slow", "side_px", "why"),
    [("answers_when", 64, "no answer within 0.2 s"), ("reads_when", 1700, "the association ended")],
)
def test_a_peer_that_stops_answering_or_reading_is_left_for_later(
    bench: Bench, pacs: ScriptedPacs, slow: str, side_px: int, why: str
) -> None:
    (first,) = bench.add(Route(pacs.peer, AET), side_px=side_px)
    (second,) = bench.add(Route(pacs.peer, AET))
    setattr(pacs, slow, go_on := threading.Event())
    bench.patience = Patience(connect_s=5, answer_s=0.2, silence_s=0.2)
    bench.round()
    go_on.set()
    entry, other = bench.entry(first), bench.entry(second)
    assert entry is not None
    assert other is not None
    assert why in str(entry.reason)
    assert entry.next_try_s == other.next_try_s == bench.now_s + 10
    bench.patience = PATIENCE
    bench.round(10)
    assert bench.queue.entries() == ()


def test_a_title_that_is_not_known_is_told_once_and_waits_for_somebody(
    bench: Bench, pacs: ScriptedPacs
) -> None:
    uids = bench.add(Route(replace(pacs.peer, aet="WRONG"), AET), 2)
    bench.round()
    for uid in uids:
        entry = bench.entry(uid)
        assert entry is not None
        assert entry.given_up
        assert "called ae title not recognised" in str(entry.reason)
    assert len(bench.told) == 1


def test_a_peer_that_has_no_room_now_is_asked_again(bench: Bench) -> None:
    with scripted_pacs(change=lambda ae: setattr(ae, "maximum_associations", 1)) as pacs:
        (uid,) = bench.add(Route(pacs.peer, AET))
        with socket.create_connection(("127.0.0.1", pacs.port)):
            bench.round()
        entry = bench.entry(uid)
    assert entry is not None
    assert "local limit exceeded" in str(entry.reason)
    assert entry.next_try_s == bench.now_s + 10


# ---- storage commitment


def committing(pacs: ScriptedPacs, port: int | None = None) -> Route:
    return Route(pacs.peer, AET, True, listen_port=port)


def test_a_report_on_the_same_association_lets_an_object_go(bench: Bench, pacs: ScriptedPacs) -> None:
    pacs.reports_on_same = True
    uids = bench.add(committing(pacs), 2)
    bench.round(then=reported)
    assert bench.queue.entries() == ()
    assert [item.ReferencedSOPInstanceUID for item in pacs.requests[0].ReferencedSOPSequence] == uids
    assert pacs.settled() == [0x0000]
    assert list((bench.queue.folder / "spool").iterdir()) == []


def test_who_reports_is_answered_before_the_association_ends(bench: Bench, pacs: ScriptedPacs) -> None:
    pacs.reports_on_same = True
    bench.add(committing(pacs))
    done = threading.Event()

    def slow(line: str) -> None:
        if "committed by" in line:  # on the association's thread; the queue is empty by now
            assert done.wait(10)
            threading.Event().wait(0.2)  # as long as the association would need to end

    with sending(
        bench.queue, clock_s=time.time, policy=POLICY, patience=PATIENCE, tell=slow
    ) as sender:  # fmt: skip
        assert sender is not None
        sender.run(None, 10)
        assert bench.queue.entries() == ()
        done.set()
    assert pacs.settled() == [0x0000]


def test_a_report_may_come_after_a_restart_on_an_association_of_the_peer(
    bench: Bench, pacs: ScriptedPacs
) -> None:
    us = Peer(AET, "127.0.0.1", peers.free_port())
    (uid,) = bench.add(committing(pacs, us.port))
    bench.round()
    entry = bench.entry(uid)
    assert entry is not None
    assert entry.stage is Stage.ASKED
    bench.round(then=lambda sender: pacs.answers.append(pacs.report(us)))
    assert pacs.answers == [0x0000]
    assert bench.entry(uid) is None
    assert pacs.received == [uid]
    assert len(pacs.requests) == 1


def test_nobody_else_can_report_and_an_unknown_request_is_refused(bench: Bench, pacs: ScriptedPacs) -> None:
    us = Peer(AET, "127.0.0.1", peers.free_port())
    (uid,) = bench.add(committing(pacs, us.port))
    bench.add(Route(Peer("OTHER", "127.0.0.1", peers.free_port()), AET, True, listen_port=us.port))

    def report(sender: Sender) -> None:
        assert pacs.report(us, aet="STRANGER") is None, "no association"
        assert pacs.report(us, aet="OTHER") == 0x0115, "it was not asked"
        assert pacs.report(replace(us, aet="NOBODY")) is None
        assert pacs.report(us, transaction="1.2.3.4") == 0x0115

    bench.round(then=report)
    entry = bench.entry(uid)
    assert entry is not None
    assert entry.stage is Stage.ASKED


def test_a_caller_that_announces_too_much_is_hung_up_on(bench: Bench, pacs: ScriptedPacs) -> None:
    us = Peer(AET, "127.0.0.1", peers.free_port())
    (uid,) = bench.add(committing(pacs, us.port))

    def call(sender: Sender) -> None:
        with socket.create_connection((us.host, us.port), 5) as hostile:
            hostile.sendall(b"\x01\x00\xff\xff\xff\xff" + bytes(100))
            with suppress(ConnectionResetError):
                assert hostile.recv(1) == b""
        assert pacs.report(us) == 0x0000

    bench.round(then=call)
    assert bench.entry(uid) is None


def test_what_the_peer_does_not_keep_is_sent_again(bench: Bench, pacs: ScriptedPacs) -> None:
    pacs.reports_on_same = True
    kept, gone, never = bench.add(committing(pacs), 3)
    pacs.failures = {gone: 0x0112, never: 0x0122}
    bench.round(then=reported)
    assert bench.entry(kept) is None
    again, given_up = bench.entry(gone), bench.entry(never)
    assert again is not None
    assert given_up is not None
    assert (again.stage, again.next_try_s) == (Stage.QUEUED, bench.now_s + 10)
    assert again.reason == "not committed: no such object there (0x0112)"
    assert given_up.given_up
    pacs.failures = {}
    bench.round(10, then=reported)
    assert bench.entry(gone) is None
    assert pacs.received == [kept, gone, never, gone]
    transactions = {request.TransactionUID for request in pacs.requests}
    assert len(transactions) == 2, "each request has a UID of its own"


def test_what_fails_to_be_kept_over_and_over_is_sent_ever_more_rarely(
    bench: Bench, pacs: ScriptedPacs
) -> None:
    pacs.reports_on_same = True
    (uid,) = bench.add(committing(pacs))
    pacs.failures = {uid: 0x0112}
    for wait_s in (10, 20, 40):
        bench.round(wait_s / 2, then=reported)
        entry = bench.entry(uid)
        assert entry is not None
        assert entry.next_try_s == bench.now_s + wait_s
        bench.now_s += wait_s / 2


def test_a_commitment_that_never_comes_is_asked_for_again_and_an_old_report_counts(
    bench: Bench, pacs: ScriptedPacs
) -> None:
    us = Peer(AET, "127.0.0.1", peers.free_port())
    (uid,) = bench.add(committing(pacs, us.port))
    bench.round()
    bench.round(59)
    assert len(pacs.requests) == 1
    bench.round(1)
    assert len(pacs.requests) == 2
    bench.round(119)
    assert len(pacs.requests) == 2
    pacs.failures = {uid: 0x0112}
    bench.round(then=lambda sender: pacs.answers.append(pacs.report(us, request=0)))
    entry = bench.entry(uid)
    assert entry is not None
    assert entry.stage is Stage.ASKED, "an old failure says nothing of the newest request"
    pacs.failures = {}
    bench.round(then=lambda sender: pacs.answers.append(pacs.report(us, request=0)))
    assert pacs.answers == [0x0000, 0x0000]
    assert bench.entry(uid) is None
    assert pacs.received == [uid]


def test_an_old_report_does_not_count_once_the_peer_has_said_that_it_has_nothing(
    bench: Bench, pacs: ScriptedPacs
) -> None:
    us = Peer(AET, "127.0.0.1", peers.free_port())
    (uid,) = bench.add(committing(pacs, us.port))
    bench.round()
    bench.round(60)
    pacs.failures = {uid: 0x0112}
    bench.round(then=lambda sender: pacs.answers.append(pacs.report(us)))
    pacs.failures = {}
    for request in (0, 1):
        bench.round(then=lambda sender, n=request: pacs.answers.append(pacs.report(us, request=n)))
        entry = bench.entry(uid)
        assert entry is not None, "let go although the peer said last that it has no such object"
        assert entry.stage is Stage.QUEUED
    assert pacs.answers == [0x0000, 0x0115, 0x0115]


def test_an_object_that_leaves_the_queue_while_others_are_sent_holds_up_none(
    bench: Bench, pacs: ScriptedPacs
) -> None:
    uids = bench.add(Route(pacs.peer, AET), 3)
    gone = bench.entry(uids[1])
    assert gone is not None

    def drop(line: str) -> None:
        bench.told.append(line)
        if len(bench.told) == 1:
            bench.queue.drop(gone.name)

    with sending(bench.queue, clock_s=lambda: bench.now_s, policy=POLICY, patience=PATIENCE, tell=drop) as it:
        assert it is not None
        it.round()
    assert bench.queue.entries() == ()
    assert pacs.received == [uids[0], uids[2]]


def test_a_request_that_is_not_taken_is_repeated_without_sending(bench: Bench, pacs: ScriptedPacs) -> None:
    pacs.action_status = 0x0213
    (uid,) = bench.add(committing(pacs))
    bench.round()
    entry = bench.entry(uid)
    assert entry is not None
    assert (entry.stage, entry.next_try_s) == (Stage.SENT, bench.now_s + 10)
    assert "out of resources (0x0213)" in str(entry.reason)
    pacs.action_status, pacs.reports_on_same = 0x0000, True
    bench.round(10, then=reported)
    assert bench.entry(uid) is None
    assert pacs.received == [uid]


def test_a_peer_without_storage_commitment_is_told(bench: Bench) -> None:
    with scripted_pacs(commitment=False) as pacs:
        (uid,) = bench.add(committing(pacs))
        bench.round()
    entry = bench.entry(uid)
    assert entry is not None
    assert (entry.stage, entry.given_up) == (Stage.SENT, True)
    assert entry.reason == "the peer does not offer storage commitment"
    assert bench.queue.spool.problem(entry.object) is None, "it is kept"


def test_a_port_that_is_taken_is_told_and_the_rest_goes_on(bench: Bench, pacs: ScriptedPacs) -> None:
    pacs.reports_on_same = True
    bench.add(committing(pacs, pacs.port))
    bench.round(then=reported)
    assert bench.queue.entries() == ()
    assert sum("cannot listen" in line for line in bench.told) == 1


# ---- foreign peers


def test_orthanc_commits_on_an_association_of_its_own(bench: Bench) -> None:
    port = peers.free_port()
    us = {"AET": AET, "Host": "127.0.0.1", "Port": port, "AllowStorageCommitment": True}
    with peers.orthanc(bench.folder / "orthanc", modalities={"us": us}) as orthanc:
        peer = Peer.parse(orthanc.address, "--to")
        uids = bench.add(Route(peer, AET, True, listen_port=port), 2)
        sent = {
            entry.object.sop_instance: bench.queue.spool.path(entry.name) for entry in bench.queue.entries()
        }
        pixels = {uid: dcmread(path).PixelData for uid, path in sent.items()}
        bench.round(then=reported)
        assert bench.queue.entries() == ()
        assert orthanc.instance_uids() == sorted(uids)
        for instance in orthanc.get("/instances"):
            (bench.folder / "back.dcm").write_bytes(orthanc.raw(f"/instances/{instance}/file"))
            back = dcmread(bench.folder / "back.dcm")
            assert back.PixelData == pixels[str(back.SOPInstanceUID)]
        (uid,) = bench.add(Route(replace(peer, aet="WRONG"), AET))
        bench.round()
        entry = bench.entry(uid)
        assert entry is not None
        assert entry.given_up


@pytest.mark.parametrize("during", [True, False])
def test_a_storescp_that_dies_over_an_object(bench: Bench, during: bool) -> None:
    port, folder = peers.free_port(), bench.folder
    (folder / "got").mkdir()
    how = "--abort-during" if during else "--abort-after"
    with peers.server("storescp", how, "-od", folder / "got", str(port), port=port, folder=folder):
        uids = bench.add(Route(Peer("ANY-SCP", "127.0.0.1", port), AET), 2)
        bench.round()
    assert [bench.entry(uid) is not None for uid in uids] == [True, True]
    with peers.server("storescp", "-od", folder / "got", str(port), port=port, folder=folder):
        bench.round(10)
    assert bench.queue.entries() == ()
    assert sorted(str(dcmread(path).SOPInstanceUID) for path in (folder / "got").iterdir()) == sorted(uids)


def test_a_syntax_that_is_not_taken_is_said_and_never_transcoded(bench: Bench) -> None:
    port, folder = peers.free_port(), bench.folder
    (folder / "got").mkdir()
    route = Route(Peer("ANY-SCP", "127.0.0.1", port), AET)
    with peers.server("storescp", "+xi", "-od", folder / "got", str(port), port=port, folder=folder):
        (compressed,) = bench.add(route, syntax=RLELossless)
        (plain,) = bench.add(route)
        pixels = dcmread(folder / "0.dcm").PixelData
        bench.round()
    entry = bench.entry(compressed)
    assert entry is not None
    assert entry.given_up
    assert "does not take Secondary Capture Image Storage in RLE Lossless" in str(entry.reason)
    assert bench.entry(plain) is None
    assert sum("written anew in Implicit VR Little Endian" in line for line in bench.told) == 1
    (got,) = (folder / "got").iterdir()
    back = dcmread(got)
    assert (back.file_meta.TransferSyntaxUID, back.SOPInstanceUID) == (ImplicitVRLittleEndian, plain)
    assert back.PixelData == pixels


def test_a_class_that_is_not_taken_is_said_where_nothing_else_is_offered(
    bench: Bench, pacs: ScriptedPacs
) -> None:
    (uid,) = bench.add(Route(pacs.peer, AET), sop_class=CTImageStorage)
    bench.round()
    entry = bench.entry(uid)
    assert entry is not None
    assert (entry.given_up, entry.reason) == (True, "the peer does not take CT Image Storage")
    (other,) = bench.add(Route(pacs.peer, AET), sop_class=SecondaryCaptureImageStorage)
    bench.round()
    assert bench.entry(other) is None


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> peers.Certificates:
    return peers.certificates(tmp_path_factory.mktemp("certificates"))


@pytest.mark.parametrize("known", [True, False])
def test_tls_with_and_without_the_certificate_that_is_asked_for(
    bench: Bench, certificates: peers.Certificates, known: bool
) -> None:
    made, port = certificates, peers.free_port()
    ours = TlsFiles(authority=made.authority)
    if known:
        ours = TlsFiles(made.client, made.client_key, made.authority)
    with peers.server(
        "storescp", "--ignore", "+tls", made.server_key, made.server, "+cf", made.authority,
        "--require-peer-cert", str(port), port=port, folder=bench.folder,
    ):  # fmt: skip
        (uid,) = bench.add(Route(Peer("ANY-SCP", "127.0.0.1", port), AET, tls=ours))
        bench.round()
    entry = bench.entry(uid)
    assert (entry is None) == known
    assert entry is None or not entry.given_up


def test_a_report_that_is_to_come_over_tls_is_not_taken_without_it_for_anothers_sake(
    bench: Bench, certificates: peers.Certificates, pacs: ScriptedPacs
) -> None:
    us = Peer(AET, "127.0.0.1", peers.free_port())
    plain = Route(Peer("PLAIN", "127.0.0.1", peers.free_port()), AET, True, listen_port=us.port)
    made = certificates
    secured = TlsFiles(made.server, made.server_key, made.authority)
    bench.add(plain)
    bench.queue.add([bench.folder / "0.dcm"], replace(committing(pacs, us.port), tls=secured), bench.now_s)
    bench.round(then=lambda sender: pacs.answers.append(_associates(us)))
    assert pacs.answers == [False], "the peer of the TLS route got through in the clear"


def _associates(us: Peer) -> bool:
    association = AE(ae_title=SCRIPTED).associate(
        us.host, us.port, [build_context(StorageCommitmentPushModel)], ae_title=us.aet
    )
    established = bool(association.is_established)
    if established:
        association.release()
    return established


def test_reports_are_taken_over_tls_and_from_nobody_without_it(
    bench: Bench, certificates: peers.Certificates, pacs: ScriptedPacs
) -> None:
    us = Peer(AET, "127.0.0.1", peers.free_port())
    (uid,) = bench.add(committing(pacs, us.port))
    bench.round()
    (entry,) = bench.queue.entries()
    made = certificates
    route = replace(entry.route, tls=TlsFiles(made.server, made.server_key, made.authority))
    bench.queue.add([bench.folder / "0.dcm"], route, bench.now_s + 60)
    ours = client_context(TlsFiles(made.client, made.client_key, made.authority))

    def report(sender: Sender) -> None:
        with socket.create_connection((us.host, us.port)):  # who says nothing holds up nobody
            assert pacs.report(us) is None
            assert pacs.report(us, secured=ours) == 0x0000

    bench.round(then=report)
    assert bench.entry(uid) is None
