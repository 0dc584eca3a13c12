"""Nothing is run that a file says, nothing listens, and a patient's data stay in the session folder."""

from __future__ import annotations

import ast
import json
import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread

from benchmarks.fuzzing.seeds import profile_tree
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.write import write_procedure
from tests.test_architecture import MODULES, ROOT, imported, name_of
from ui.cli import run as run_here

COMMAND = "import sys; from ui.cli import run; sys.exit(run(sys.argv[1:]))"
PATIENT = {
    "PatientName": "Zebrowski^Wilhelmina",
    "PatientID": "ZZ-424242-PID",
    "PatientBirthDate": "19010203",
}
SECRETS = (b"Zebrowski", b"Wilhelmina", b"424242", b"19010203")

RUNS_WHAT_A_FILE_SAYS = {"pickle", "cPickle", "dill", "shelve", "marshal", "torch", "joblib", "jsonpickle"}
DANGEROUS_CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.spawnv", "yaml.load",
    "torch.load", "tempfile.mktemp", "subprocess.getoutput", "subprocess.getstatusoutput",
}  # fmt: skip
LISTENS = {"listen", "bind", "create_server", "serve_forever", "start_server", "start_unix_server"}
LISTENING_MODULES = {"http.server", "socketserver", "xmlrpc.server", "asyncio", "socket"}
DICOM_SERVICES = {f"recordings/{name}" for name in ("network", "receiving", "fetching", "sending")}
"""Where alone there are sockets, and who listens where it is asked to."""


def problems(text: str) -> Iterator[str]:
    """What a module does that none of ours may."""
    tree = ast.parse(text)
    for name in imported(tree):
        if name.split(".")[0] in RUNS_WHAT_A_FILE_SAYS:
            yield f"imports {name}"
        if any(name == module or name.startswith(f"{module}.") for module in LISTENING_MODULES):
            yield f"imports {name}"
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called, options = (
            ast.unparse(node.func),
            {word.arg: ast.unparse(word.value) for word in node.keywords},
        )
        if called in DANGEROUS_CALLS:
            yield f"calls {called}"
        if options.get("shell", "False") != "False":
            yield f"{called} with a shell"
        if called.endswith("load") and options.get("allow_pickle", "False") != "False":
            yield f"{called} with pickles"
        if called.rpartition(".")[2] in LISTENS and isinstance(node.func, ast.Attribute):
            yield f"calls {called}"


@pytest.mark.parametrize(
    "text",
    [
        "import pickle", "from marshal import loads", "eval('1')", "exec(text)",
        "subprocess.run('x', shell=True)", "yaml.load(file)", "np.load(path, allow_pickle=True)",
        "torch.load(path)", "tempfile.mktemp()", "import socket", "server.listen(5)", "sock.bind(a)",
        "asyncio.start_server(f)", "os.system('x')",
    ],
)  # fmt: skip
def test_the_search_finds_what_it_looks_for(text: str) -> None:
    assert list(problems(text))


def test_no_module_runs_what_a_file_says_or_listens() -> None:
    found = [
        f"{name_of(path)}: {what}"
        for path in MODULES
        for what in problems(path.read_text("utf-8"))
        if not (name_of(path).rpartition("/")[0] in DICOM_SERVICES and of_the_network(what))
    ]
    assert len(MODULES) > 100
    assert found == []


def of_the_network(problem: str) -> bool:
    return (
        problem.startswith(("imports socket", "imports socketserver."))
        or problem.rpartition(".")[2] in LISTENS
    )


@pytest.fixture(scope="module")
def procedure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short simulated run whose header is a patient's."""
    folder = tmp_path_factory.mktemp("procedure")
    write_procedure("canal", SimulationSettings(size=128, duration_s=1.6), folder)
    header = dcmread(folder / "run.dcm")
    for keyword, value in PATIENT.items():
        setattr(header, keyword, value)
    header.save_as(folder / "run.dcm")
    assert all(secret in (folder / "run.dcm").read_bytes() for secret in SECRETS)
    return folder


def start(*arguments: object, folder: Path) -> subprocess.Popen[bytes]:
    """The command line in a process of its own, under the laxest mask."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=folder,
        env=environment,
        umask=0o000,
    )


def holds_patient_data(*folders: Path) -> list[str]:
    return [
        str(path.relative_to(folder))
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and any(secret in path.read_bytes() for secret in SECRETS)
    ]


def listeners(pid: int) -> list[str]:
    """TCP sockets that the process listens on, UDP sockets that it has, as inodes."""
    held = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            held.add(str(link.readlink()))
        except OSError:  # closed since
            continue
    sockets = {name[8:-1] for name in held if name.startswith("socket:[")}
    found = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text("ascii").splitlines()[1:]:
            parts = line.split()
            if parts[9] in sockets and (table.startswith("udp") or parts[3] == "0A"):
                found.append(f"{table} {parts[1]}")
    return found


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc of Linux")
def test_a_live_run_listens_to_nobody_and_keeps_its_files_to_its_owner(
    procedure: Path, tmp_path: Path
) -> None:
    session, aside = tmp_path / "a" / "session", tmp_path / "aside"
    aside.mkdir()
    profile = aside / "room.json"
    profile.write_text(json.dumps(profile_tree() | {"distortion": None}))
    child = start(
        "live", procedure / "run.dcm", "--plan", procedure / "plan.json", "--session", session, "--headless",
        "--profile", profile, folder=aside,
    )  # fmt: skip
    try:
        seen: dict[str, int] = {}
        while child.poll() is None:
            try:
                assert listeners(child.pid) == []
                if session.is_dir():
                    seen |= modes(session)
            except (
                FileNotFoundError,
                PermissionError,
                ProcessLookupError,
            ):  # it has just ended, or renamed a file
                pass
            time.sleep(0.01)
        said = child.communicate()[0]
    finally:
        child.kill()
        child.wait()
    assert child.returncode == 0, said
    seen |= modes(session)
    assert {
        "frames.mcap",
        "log.sqlite",
        "log.sqlite-wal",
        "log.sqlite-shm",
        "plan.json",
        "config.toml",
    } <= set(seen)
    assert {"session.json", "profile.json"} <= set(seen)
    assert {name: oct(mode) for name, mode in seen.items() if mode != 0o600} == {}
    assert stat.S_IMODE(session.stat().st_mode) == 0o700
    assert stat.S_IMODE(session.parent.stat().st_mode) == 0o700
    assert not any(secret in said for secret in SECRETS)
    assert holds_patient_data(tmp_path) == []


def test_what_is_remembered_is_its_owners(tmp_path: Path) -> None:
    from benchmarks.fuzzing import seeds
    from recordings.memory_file import read_memory, write_memory

    (tmp_path / "held").write_bytes(seeds.memory())
    before = os.umask(0)
    try:
        write_memory(tmp_path / "memory.msgpack", read_memory(tmp_path / "held"))
    finally:
        os.umask(before)
    assert modes(tmp_path)["memory.msgpack"] == 0o600


def test_an_analysis_says_nothing_of_the_patient(procedure: Path, tmp_path: Path) -> None:
    child = start(
        "analyse", procedure / "run.dcm", "--plan", procedure / "plan.json", "--out", tmp_path / "out",
        "--masks", folder=tmp_path,
    )  # fmt: skip
    said = child.communicate(timeout=100)[0]
    assert child.returncode == 0, said
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {
        "frames.csv",
        "alerts.csv",
        "summary.json",
    }
    assert not any(secret in said for secret in SECRETS)
    assert holds_patient_data(tmp_path) == []


def test_a_damaged_file_is_refused_without_a_word_of_the_patient(
    procedure: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = (procedure / "run.dcm").read_bytes()
    name = data.index(b"Zebrowski")
    damaged = (
        data[: len(data) // 2],
        data[: name - 2] + b"\xff\xff" + data[name:],
        data[: name - 4] + b"US" + data[name - 2 :],
        data.replace(b"\x28\x00\x10\x00US\x02\x00\x80\x00", b"\x28\x00\x10\x00US\x02\x00\x00\x00"),
    )
    for number, held in enumerate(damaged):
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(held)
        status = run_here(
            ["analyse", str(path), "--plan", str(procedure / "plan.json"), "--out", str(tmp_path / "out")]
        )
        said = "".join(capsys.readouterr())
        if number in (0, 1, 3):
            assert status == 2, said
            assert said.count("\n") == 1
        assert not any(secret in said.encode() for secret in SECRETS)
