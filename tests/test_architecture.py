"""The rules of the house that a program can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("monitor", "calibration", "recordings", "ui")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
LONG_MODULE_LINES, LONGEST_MODULE_LINES = 350, 450

# Written so that this file does not match them.
NOT_FOR_THE_REPOSITORY = {
    "a path of one machine": re.compile(r"(?<![\w.$}*~])/(?:[w]ork|[r]oot|[h]ome|[t]mp|[o]pt)/"),
    "the address of a package registry": re.compile(r"[p]ypi\.org|[p]ythonhosted|[-_]index[-_][u]rl", re.I),
}


def was_made(path: Path) -> bool:
    """Whether a file is the work of a tool."""
    return any(
        part in {"build", "dist", "demo-output", "__pycache__"}
        or part.endswith(".egg-info")
        or (part.startswith(".") and part not in {".ci", ".gitignore"})
        for part in path.relative_to(ROOT).parts
    )


def repository_files() -> list[Path]:
    """Files that git tracks or would track; all but what was made here where there is no git."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        listed = "\0".join(
            path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if not was_made(path)
        )
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_layers_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 kept, 0 broken" in done.stdout


def test_qt_is_in_ui_alone() -> None:
    guilty = [
        name_of(path)
        for path in MODULES
        if path.relative_to(ROOT).parts[0] != "ui"
        and any(
            name.split(".")[0].startswith("PyQt") for name in imported(ast.parse(path.read_text("utf-8")))
        )
    ]
    assert guilty == []


PLAIN = {"str", "int", "float", "bool"}
OBJECTS_IN_SIGNALS = {
    "ui/start/picture.py: drawn",  # a crop: four numbers
    "ui/wizard/source_bar.py: opened",  # a still picture, opened once by hand
    "ui/wizard/worker.py: _done",
}


def signals(tree: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """Each Qt signal that is declared, and the types that it carries."""
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else []
        call = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] == "pyqtSignal":
            carried = {ast.unparse(arg).strip("'\"") for arg in call.args}
            yield ast.unparse(targets[0]), carried


def test_no_image_travels_in_a_qt_signal() -> None:
    """A queue of frames would grow where painting is slow; windows pull what is newest."""
    found = {
        f"{name_of(path)}: {name}": carried
        for path in (ROOT / "ui").rglob("*.py")
        for name, carried in signals(ast.parse(path.read_text("utf-8")))
    }
    assert "ui/overlay/window.py: _woken" in found
    assert {name for name, carried in found.items() if carried - PLAIN} == OBJECTS_IN_SIGNALS
    declared = "shown = pyqtSignal(QImage)\nseen: pyqtBoundSignal = QtCore.pyqtSignal('PyQt_PyObject', int)"
    assert dict(signals(ast.parse(declared))) == {"shown": {"QImage"}, "seen": {"PyQt_PyObject", "int"}}


def test_stages_are_given_the_time() -> None:
    """No wall clock in monitor/, and no waiting outside its sources and its loop."""
    guilty = []
    for path in (ROOT / "monitor").rglob("*.py"):
        waits = "sources" in path.parts or path.name == "loop.py"
        banned = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today"}
        banned |= set() if waits else {"time.sleep"}
        tree = ast.parse(path.read_text("utf-8"))
        used = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        guilty += [f"{name_of(path)}: {name}" for name in sorted((used | set(imported(tree))) & banned)]
    assert guilty == []


@pytest.mark.filterwarnings("default")
def test_modules_are_small() -> None:
    lines = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in MODULES}
    for name, count in lines.items():
        if LONG_MODULE_LINES < count <= LONGEST_MODULE_LINES:
            warnings.warn(f"{name} has {count} lines; split it before it grows", stacklevel=1)
    assert {name: count for name, count in lines.items() if count > LONGEST_MODULE_LINES} == {}


def test_every_package_is_installed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    there = {
        path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for path in MODULES
        if path.name == "__init__.py"
    }
    assert there == set(settings["tool"]["setuptools"]["packages"])


def test_nothing_of_one_machine_is_in_the_repository() -> None:
    found = []
    files = repository_files()
    assert {ROOT / "pyproject.toml", ROOT / "Makefile", Path(__file__).resolve()} <= set(files)
    for path in files:
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            found += [
                f"{name_of(path)}:{number}: {what}"
                for what, pattern in NOT_FOR_THE_REPOSITORY.items()
                if pattern.search(line)
            ]
    assert found == []


def test_every_dependency_is_pinned_to_a_version_that_is_allowed() -> None:
    pins = {}
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            assert re.fullmatch(r"[\w.-]+==[\w.]+", line), line
            name, _, version = line.partition("==")
            pins[canonicalize_name(name)] = version
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for text in project["dependencies"] + project["optional-dependencies"]["dev"]:
        requirement = Requirement(text)
        pin = pins.get(canonicalize_name(requirement.name))
        assert pin is not None, f"{requirement.name} is not pinned: make constraints"
        assert requirement.specifier.contains(pin), f"{text} does not allow the pinned {pin}"
