"""Programs of others on the other side of a protocol: DCMTK's, an Orthanc server; certificates for TLS."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_START_S = 30.0
_POLL_S = 0.02
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")


def program(name: str) -> str:
    """Path of a foreign program; the test is skipped where it is not installed, and fails in CI."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed: .ci/setup installs it")
        pytest.skip(f"{name} is not installed (see .ci/setup)")
    return found


def run(name: str, *arguments: str | Path, status: int | None = 0, timeout_s: float = 60) -> str:
    """Run a foreign program to its end; what it printed. `status` None: whatever it ends with."""
    done = subprocess.run(
        [program(name), *map(str, arguments)], capture_output=True, text=True, timeout=timeout_s, check=False,
        errors="replace",
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert status is None or done.returncode == status, f"{name} ended with {done.returncode}:\n{said}"
    return said


def free_port() -> int:
    """A port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_port(port: int, process: subprocess.Popen[bytes] | None = None) -> None:
    """Wait until somebody listens; fails where the process ends before, or nobody does in time."""
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        assert process is None or process.poll() is None, "the server ended before it listened"
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(_POLL_S)  # nothing tells when a foreign server listens
    raise AssertionError(f"nobody listens on port {port}")


@contextmanager
def server(name: str, *arguments: str | Path, port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A foreign server that listens on `port`; ended behind the block. Its words are in ``NAME.log``."""
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [program(name), *map(str, arguments)], stdout=log, stderr=subprocess.STDOUT, cwd=folder
        )
    try:
        wait_for_port(port, process)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass
class Orthanc:
    """A running Orthanc: its DICOM port and its REST interface."""

    port: int
    http_port: int
    folder: Path
    aet: str = "ORTHANC"
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """As our commands take it."""
        return f"{self.aet}@127.0.0.1:{self.port}"

    def get(self, path: str) -> Any:
        """What a resource says (JSON)."""
        return json.loads(self.raw(path))

    def raw(self, path: str) -> bytes:
        """A resource as it is."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=30) as answer:
            return bytes(answer.read())

    def post(self, path: str, body: bytes | dict[str, Any] | str = b"") -> Any:
        """Post bytes (a DICOM file to ``/instances``), text or JSON."""
        sent = (
            body
            if isinstance(body, bytes)
            else (body if isinstance(body, str) else json.dumps(body)).encode()
        )
        request = urllib.request.Request(f"http://127.0.0.1:{self.http_port}{path}", data=sent, method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def instance_uids(self) -> list[str]:
        """SOPInstanceUID of everything that it holds."""
        held = self.get("/instances?expand")
        return sorted(one["MainDicomTags"]["SOPInstanceUID"] for one in held)


@contextmanager
def orthanc(
    folder: Path,
    *,
    modalities: dict[str, dict[str, Any]] | None = None,
    settings: dict[str, Any] | None = None,
) -> Iterator[Orthanc]:
    """An Orthanc of its own in `folder`, on the loopback.

    Parameters
    ----------
    folder : Path
        Kept from one start to the next: another start has the same objects.
    modalities : dict
        Its ``DicomModalities``: peers by name, each ``{"AET": ..., "Host": ..., "Port": ...,
        "AllowStorageCommitment": true}`` and so on; only these may query it, or be sent to.
    settings : dict
        More of its configuration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = Orthanc(free_port(), free_port(), folder)
    known = {"us": {"AET": "CEMENTWATCH", "Host": "127.0.0.1", "Port": 1}, **(modalities or {})}
    configuration = {
        "Name": "test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "DicomAet": made.aet,
        "DicomPort": made.port,
        "DicomCheckCalledAet": True,
        "DicomModalities": known,
        "HttpServerEnabled": True,
        "HttpPort": made.http_port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "Plugins": [],
        "SaveJobs": False,
        **(settings or {}),
    }
    made.port, made.http_port = configuration["DicomPort"], configuration["HttpPort"]
    path = folder / "orthanc.json"
    path.write_text(json.dumps(configuration))
    with server("Orthanc", path, port=made.http_port, folder=folder) as process:
        wait_for_port(made.port, process)
        made.process = process
        yield made
        process.kill()  # it takes 4 s to end in order


@dataclass(frozen=True)
class Certificates:
    """PEM files: an authority, a server's pair for 127.0.0.1 and localhost, a client's pair."""

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path


def certificates(folder: Path) -> Certificates:
    """Certificates made by OpenSSL's program, valid for a day."""
    folder.mkdir(parents=True, exist_ok=True)
    _openssl(
        folder, "req", "-x509", "-nodes", *KEY, "-days", "1", "-subj", "/CN=test authority",
        "-keyout", "authority.key", "-out", "authority.pem",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    )  # fmt: skip
    for name in ("server", "client"):
        (folder / f"{name}.ext").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
        _openssl(
            folder, "req", "-nodes", "-newkey", "rsa:2048", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
            "-out", f"{name}.csr",
        )  # fmt: skip
        _openssl(
            folder, "x509", "-req", "-in", f"{name}.csr", "-CA", "authority.pem", "-CAkey", "authority.key",
            "-CAcreateserial", "-days", "1", "-extfile", f"{name}.ext", "-out", f"{name}.pem",
        )  # fmt: skip
    return Certificates(
        folder / "authority.pem",
        folder / "server.pem",
        folder / "server.key",
        folder / "client.pem",
        folder / "client.key",
    )


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run([program("openssl"), *arguments], cwd=folder, check=True, capture_output=True, timeout=60)
