"""The Storage SCP against DCMTK's senders."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import (
    MPEG2MPML,
    CTImageStorage,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    RLELossless,
    XRayAngiographicImageStorage,
)
from pynetdicom import AE

from monitor.errors import InputError
from monitor.sources import source_for
from recordings.network.address import Allowed
from recordings.network.tls import TlsFiles, client_context
from recordings.receiving.admission import Admission, is_loopback, plain_address
from recordings.receiving.limits import Limits, Pace
from tests import peers
from tests.receiving.makers import (
    NAME,
    SERIES,
    STUDY,
    announced,
    data_set,
    objects_in,
    receiving,
    run_object,
    written,
)
from tests.receiving.raw import ACCEPTED, REJECTED, Raw
from ui.cli import run


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three runs of one series, and the first as others compress it."""
    folder = tmp_path_factory.mktemp("objects")
    for number in (1, 2, 3):
        written(run_object(number, seed=number), folder / f"{number}.dcm")
    return folder


def said(port: int, *more: str | Path, called: str = "CW", status: int | None = 0) -> str:
    *options, file = more
    return peers.run(
        "storescu", "-v", "-aec", called, *options, "127.0.0.1", str(port), file, status=status
    )  # fmt: skip


def test_what_dcmtk_sends_is_kept_bit_for_bit(files: Path, tmp_path: Path) -> None:
    out, coded = tmp_path / "out", tmp_path / "coded"
    coded.mkdir()
    peers.run("dcmcjpeg", "+e1", "+ua", files / "1.dcm", coded / "4.dcm")
    peers.run("dcmcrle", "+un", files / "1.dcm", coded / "5.dcm")
    ds = dcmread(files / "1.dcm")
    ds.compress(JPEG2000Lossless, generate_instance_uid=False)
    written(ds, coded / "6.dcm")
    for path in coded.iterdir():
        ds = dcmread(path)
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{SERIES}.{path.stem}"
        written(ds, path)
    sent = sorted([*files.iterdir(), *coded.iterdir()], key=lambda path: path.name)
    with receiving(out) as (receiver, told):
        peers.run("echoscu", "-aec", "CW", "127.0.0.1", str(receiver.port))
        peers.run("storescu", "-aec", "CW", "+sd", "127.0.0.1", str(receiver.port), files)
        peers.run("dcmsend", "-aec", "CW", "127.0.0.1", str(receiver.port), *sorted(files.iterdir()))
        for option, name in (("-xs", "4.dcm"), ("-xr", "5.dcm"), ("-xv", "6.dcm")):
            said(receiver.port, option, coded / name)
    kept = [out / STUDY / SERIES / f"{SERIES}.{path.name}" for path in sent]
    assert objects_in(out) == kept
    assert [data_set(path) for path in kept[:3]] == [data_set(path) for path in sent[:3]]
    syntaxes = [dcmread(path).file_meta.TransferSyntaxUID for path in kept]
    assert syntaxes == [*[ExplicitVRLittleEndian] * 3, JPEGLosslessSV1, RLELossless, JPEG2000Lossless]
    assert Counter((one.new, caller.aet) for one, caller in told.kept) == {
        (True, "STORESCU"): 6, (False, "DCMSEND"): 3,
    }  # fmt: skip
    assert told.refused == []
    with source_for(str(files / "1.dcm")) as source:
        first = source.read().pixels
    for path in kept[3:]:
        with source_for(str(path)) as source:
            assert (source.read().pixels == first).all()


def test_dcmtk_is_told_why_it_is_refused(files: Path, tmp_path: Path) -> None:
    allowed = (Allowed("CARM", "127.0.0.1"), Allowed("AWAY", "192.0.2.7"))
    with receiving(tmp_path / "out", allowed=allowed) as (receiver, told):
        port, one = receiver.port, files / "1.dcm"
        assert "Called AE Title Not Recognized" in said(
            port, "-aet", "CARM", one, called="OTHER", status=None
        )
        assert "Calling AE Title Not Recognized" in said(port, "-aet", "AWAY", one, status=None)
        # MPEG-2 is nothing that the monitor decodes
        mpeg = said(port, "-aet", "CARM", "--propose-mpeg2", "-R", one, status=None)
        assert "No Acceptable Presentation Contexts" in mpeg
        receiver.keeper.most_bytes = 9000
        assert "Refused: OutOfResources" in said(port, "-aet", "CARM", one, status=None)
    assert told.kept == []
    assert [(refusal.caller.aet, refusal.status) for refusal in told.refused] == [
        ("CARM", None), ("AWAY", None), ("CARM", 0xA700),
    ]  # fmt: skip
    assert objects_in(tmp_path / "out") == []


def test_nothing_is_agreed_on_that_is_not_taken(tmp_path: Path) -> None:
    ae = AE("SCU")
    ae.add_requested_context(CTImageStorage)
    ae.add_requested_context(XRayAngiographicImageStorage, MPEG2MPML)
    with receiving(tmp_path / "out") as (receiver, _):
        association = ae.associate("127.0.0.1", receiver.port, ae_title="CW")
        results = {context.abstract_syntax: context.result for context in association.rejected_contexts}
        association.abort()
    # PS3.8 table 9-18: abstract syntax, transfer syntaxes not supported
    assert results == {CTImageStorage: 3, XRayAngiographicImageStorage: 4}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> peers.Certificates:
    return peers.certificates(tmp_path_factory.mktemp("pem"))


def test_tls_with_certificates(files: Path, tmp_path: Path, made: peers.Certificates) -> None:
    one = files / "1.dcm"
    anonymous = ("+tla", "+cf", made.authority)
    own = ("+tls", made.client_key, made.client, "+cf", made.authority)
    with receiving(tmp_path / "a", tls=TlsFiles(made.server, made.server_key)) as (receiver, told):
        said(receiver.port, *anonymous, one)
        assert len(told.kept) == 1
        said(receiver.port, one, status=1)
        told.wait_for_refusals(1)
    mutual = TlsFiles(made.server, made.server_key, made.authority)
    with receiving(tmp_path / "b", tls=mutual) as (receiver, told):
        said(receiver.port, *own, one)
        assert len(told.kept) == 1
        said(receiver.port, *anonymous, one, status=1)
        told.wait_for_refusals(1)
    assert len(told.kept) == 1


def test_a_handshake_that_does_not_end_is_in_nobodys_way(tmp_path: Path, made: peers.Certificates) -> None:
    context = client_context(TlsFiles(authority=made.authority))
    tls, limits = TlsFiles(made.server, made.server_key), Limits(greeting_s=0.3)
    with receiving(tmp_path / "out", tls=tls, limits=limits) as (receiver, told), ExitStack() as stack:
        address = ("127.0.0.1", receiver.port)
        for _ in range(5):
            stack.enter_context(socket.create_connection(address))
        plain = stack.enter_context(socket.create_connection(address, 5))
        secured = stack.enter_context(context.wrap_socket(plain, server_hostname="127.0.0.1"))
        assert secured.version() is not None
        assert told.wait_for_refusals(5)[:5] == ["no TLS"] * 5


def test_the_command_receives_until_it_is_told_to_stop(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, port, failed = tmp_path / "out", peers.free_port(), []

    def send() -> None:
        try:
            peers.wait_for_port(port)
            with Raw(port) as peer:
                assert peer.associate("OTHER")[0] == REJECTED
            with Raw(port) as peer:
                assert peer.associate()[0] == ACCEPTED
                peer.store(announced(run_object(1, seed=1)), [data_set(files / "1.dcm")])
                assert peer.status() == 0
                os.kill(os.getpid(), signal.SIGTERM)
                assert peer.closed(), "whoever is still there is told"
        except BaseException as error:
            failed.append(error)
            os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=send)
    thread.start()
    assert run(["receive", "--aet", "CW", "--port", str(port), "--out", str(out)]) == 0
    thread.join()
    assert failed == []
    said, err = capsys.readouterr()
    assert err == ""
    name = f"{STUDY}/{SERIES}/{SERIES}.1.dcm"
    assert said.splitlines() == [
        f"CW listens on 127.0.0.1 port {port}; objects are kept in {out}",
        "refused: RAW@127.0.0.1: called AE title not recognized",
        f"kept: {name}: 2 frames from RAW@127.0.0.1",
    ]
    assert [path.relative_to(out).as_posix() for path in objects_in(out)] == [name, "received.jsonl"]
    text = (out / "received.jsonl").read_text()
    assert NAME.split("^", maxsplit=1)[0] not in text
    refused, kept = map(json.loads, text.splitlines())
    assert (kept["event"], kept["file"], kept["aet"], kept["frames"]) == ("kept", name, "RAW", 2)
    assert (refused["event"], refused["reason"]) == ("refused", "called AE title not recognized")


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (("--aet", "A" * 17), "--aet"),
        (("--allow", "CARM@"), "--allow"),
        (("--tls",), "--tls-certificate"),
        (("--tls-key", "key.pem"), "--tls-key"),
        (("--host", "192.0.2.1"), "192.0.2.1"),
    ],
)
def test_bad_arguments_are_told_and_leave_nothing(
    more: tuple[str, ...], named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(["receive", "--port", "0", "--out", str(out), *more]) == 2
    out_words, err = capsys.readouterr()
    assert out_words == ""
    assert named in err.splitlines()[-1]
    assert not objects_in(tmp_path)


def test_who_is_admitted_is_counted_by_address() -> None:
    limits = Limits(associations=3, associations_of_a_peer=2, connections=3, connections_of_a_peer=2)
    admission = Admission("CW", [], limits)
    context = "1.2.840.10008.3.1.1.1"

    def ask(host: str):
        rejection = admission.ask("A", "CW ", host, context)
        return None if rejection is None else (rejection.result, rejection.source, rejection.reason)

    assert [ask("10.0.0.1"), ask("::ffff:10.0.0.1"), ask("10.0.0.1")] == [None, None, (2, 3, 2)]
    assert [ask("10.0.0.2"), ask("10.0.0.3")] == [None, (2, 3, 2)]
    admission.leave("10.0.0.1")
    assert ask("10.0.0.3") is None
    other = admission.ask("A", "CW", "10.0.0.1", "1.2.3")
    assert other is not None
    assert (other.result, other.source, other.reason) == (1, 1, 2)
    one, other = "10.0.0.1", "10.0.0.2"
    came = [admission.connected(host) for host in (one, f"::ffff:{one}", one, other, other)]
    assert came == [True, True, False, True, False], "one that keeps connecting leaves room for others"
    admission.disconnected(one)
    assert admission.connected(other)


def test_addresses_are_compared_as_such() -> None:
    assert plain_address("::ffff:127.0.0.1") == "127.0.0.1"
    assert plain_address("fe80::1%eth0") == "fe80::1"
    assert [is_loopback(host) for host in ("127.0.0.9", "::1", "localhost", "0.0.0.0", "10.1.2.3")] == [
        True, True, True, False, False,
    ]  # fmt: skip
    with pytest.raises(InputError, match=r"--allow A@nowhere\.invalid"):
        Admission("CW", [Allowed("A", "nowhere.invalid")], Limits())


def test_a_rate_is_kept_on_the_mean() -> None:
    now = [0.0]
    pace = Pace(100.0, lambda: now[0])
    assert pace.take(100) == 0
    assert pace.take(50) == pytest.approx(0.5)
    now[0] = 1.0
    assert pace.take(50) == 0


def test_what_is_left_out_above_a_rate_is_no_debt() -> None:
    """Else nothing more is told for hours after a flood of refusals."""
    now = [0.0]
    pace = Pace(20.0, lambda: now[0])
    assert sum(pace.may(1) for _ in range(10_000)) == 20
    now[0] = 1.0
    assert pace.may(1)
