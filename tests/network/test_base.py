"""What every DICOM service shares, against DCMTK and Orthanc."""

from __future__ import annotations

import contextlib
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from monitor.errors import InputError, NetworkError
from recordings.network.address import Allowed, Peer
from recordings.network.association import Patience, associated
from recordings.network.contexts import FINDS, IMAGE_SYNTAXES, MOVES, plain, received
from recordings.network.tls import TlsFiles, client_context, server_context
from tests import peers

_SHORT = Patience(connect_s=5, answer_s=5, silence_s=5)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("PACS@localhost:104", Peer("PACS", "localhost", 104)),
        ("A B@[::1]:11112", Peer("A B", "::1", 11112)),
        ("X@Y@pacs.example.org:4242", Peer("X@Y", "pacs.example.org", 4242)),
    ],
)
def test_an_address_is_read_and_written_again(text: str, made: Peer) -> None:
    assert Peer.parse(text, "--to") == made
    assert str(made) == text


@pytest.mark.parametrize(
    "text",
    ["", "PACS", "PACS@host", "@host:104", "PACS@:104", "PACS@host:0", "PACS@host:65536", "PACS@host:-1",
     "A\\B@host:104", "ABCDEFGHIJKLMNOPQ@host:104", "Ä@host:104", "PACS@ho st:104", "PACS@host:1_0"],
)  # fmt: skip
def test_what_is_no_address_is_told_with_its_option(text: str) -> None:
    with pytest.raises(InputError, match=r"^--to: "):
        Peer.parse(text, "--to")


def test_who_is_allowed_is_a_title_with_or_without_a_host() -> None:
    assert Allowed.parse("CARM") == Allowed("CARM", None)
    assert Allowed.parse("CARM@10.0.0.7") == Allowed("CARM", "10.0.0.7")
    with pytest.raises(InputError, match="--allow"):
        Allowed.parse("CARM@")


def test_every_syntax_that_is_offered_can_be_decoded() -> None:
    from pydicom.pixels.decoders.base import get_decoder

    assert all(get_decoder(syntax).is_available for syntax in IMAGE_SYNTAXES)
    assert len(received()) <= 128


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> peers.Certificates:
    return peers.certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def secured(certificates: peers.Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """DCMTK's storescp, which wants a client's certificate."""
    folder, port = tmp_path_factory.mktemp("storescp"), peers.free_port()
    with peers.server(
        "storescp", "--ignore", "+tls", certificates.server_key, certificates.server, "+cf",
        certificates.authority, "--require-peer-cert", "-aet", "SECURE", str(port), port=port, folder=folder,
    ):  # fmt: skip
        yield Peer("SECURE", "127.0.0.1", port)


def test_an_echo_over_mutual_tls(secured: Peer, certificates: peers.Certificates) -> None:
    ours = TlsFiles(certificates.client, certificates.client_key, certificates.authority)
    with associated(secured, "CEMENTWATCH", plain(Verification), tls=ours, patience=_SHORT) as association:
        assert association.send_c_echo().Status == 0x0000


@pytest.mark.parametrize("trusting", [False, True])
def test_without_the_right_certificates_there_is_no_association(
    secured: Peer, certificates: peers.Certificates, trusting: bool
) -> None:
    ours = TlsFiles(authority=certificates.authority) if trusting else TlsFiles()
    with (
        pytest.raises(NetworkError, match=str(secured) if trusting else "certificate"),
        associated(secured, "CEMENTWATCH", plain(Verification), tls=ours, patience=_SHORT),
    ):
        pass


def test_a_server_without_tls_is_told_apart(tmp_path: Path, certificates: peers.Certificates) -> None:
    port = peers.free_port()
    with (
        peers.server("storescp", "--ignore", str(port), port=port, folder=tmp_path),
        pytest.raises(NetworkError, match="no TLS with it"),
        associated(
            Peer("ANY", "127.0.0.1", port), "CEMENTWATCH", plain(Verification),
            tls=TlsFiles(authority=certificates.authority), patience=_SHORT,
        ),
    ):  # fmt: skip
        pass


def test_orthanc_answers_and_refuses_another_name(tmp_path: Path) -> None:
    with peers.orthanc(tmp_path) as pacs:
        peer = Peer.parse(pacs.address, "--to")
        with associated(peer, "CEMENTWATCH", plain(Verification, FINDS[0], MOVES[0])) as association:
            assert association.send_c_echo().Status == 0x0000
            assert len(association.accepted_contexts) == 3
        with (
            pytest.raises(NetworkError, match=r"refuses the association: called ae title not recognised"),
            associated(Peer("OTHER", peer.host, peer.port), "CEMENTWATCH", plain(Verification)),
        ):
            pass


def test_nobody_there(tmp_path: Path) -> None:
    peer = Peer("GONE", "127.0.0.1", peers.free_port())
    with (
        pytest.raises(NetworkError, match=r"GONE@127.0.0.1:\d+: no connection: connection refused"),
        associated(peer, "CEMENTWATCH", plain(Verification)),
    ):
        pass


def test_somebody_who_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        peer = Peer("SILENT", "127.0.0.1", silent.getsockname()[1])
        with (
            pytest.raises(NetworkError, match="closed the connection, or did not answer in time"),
            associated(peer, "US", plain(Verification), patience=Patience(1, 0.2, 0.2)),
        ):
            pass


def test_files_that_are_no_certificates_are_named(tmp_path: Path, certificates: peers.Certificates) -> None:
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("no certificate")
    with pytest.raises(InputError, match=r"nothing\.pem: no certificates"):
        client_context(TlsFiles(authority=nothing))
    with pytest.raises(InputError, match=r"missing\.pem: no certificates of an authority: no such file"):
        client_context(TlsFiles(authority=tmp_path / "missing.pem"))
    with pytest.raises(InputError, match=r"nothing\.pem.*no certificate and key"):
        server_context(TlsFiles(nothing, certificates.server_key))
    with pytest.raises(InputError, match="no certificate and key: key values mismatch"):
        server_context(TlsFiles(certificates.server, certificates.client_key))
    with pytest.raises(InputError, match="go together"):
        client_context(TlsFiles(certificate=certificates.client))
    with pytest.raises(InputError, match="a server needs"):
        server_context(TlsFiles())
    assert stat.S_ISREG(certificates.server.stat().st_mode)


def test_a_peer_of_a_single_connection_is_not_asked_twice() -> None:
    """Some take no more than one connection at a time: one that only looks would use it up."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(5)
        peer = Peer("SINGLE", "127.0.0.1", silent.getsockname()[1])
        with (
            pytest.raises(NetworkError, match="did not answer in time"),
            associated(peer, "US", plain(Verification), patience=Patience(1, 0.2, 0.2)),
        ):
            pass
        silent.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                taken.append(silent.accept()[0])
    for connection in taken:
        connection.close()
    assert len(taken) == 1
