"""Setting up says plainly what is missing, and changes nothing it may not change."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("sh", "dirname", "cat", "head", "cksum", "rm", "env")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The files that set-up reads, in a folder with a space, and a PATH of few programs."""
    clone = tmp_path / "a clone"
    (clone / ".ci").mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "setup", clone / ".ci" / "setup")
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, clone / name)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / "bin" / tool).symlink_to(found)
    program(clone, "python3", f'exec "{sys.executable}" "$@"')
    program(clone, "id", "echo 1000")
    program(clone, "sudo", "exit 1")
    program(clone, "apt-get", "echo apt-get was called; exit 100")
    return clone


def program(clone: Path, name: str, script: str) -> None:
    path = clone.parent / "bin" / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def installed_but(clone: Path, pattern: str) -> None:
    """Let every package be installed but those whose names match a pattern of the shell."""
    script = f"for name; do :; done\ncase $name in {pattern}) exit 1 ;; esac\necho installed"
    program(clone, "dpkg-query", script)


def set_up(clone: Path, purpose: str = "demo") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [clone / ".ci" / "setup", purpose],
        env={"PATH": str(clone.parent / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_missing_libraries_are_named_where_they_may_not_be_installed(clone: Path) -> None:
    installed_but(clone, "libegl1 | libegl1t64 | libxcb-cursor0*")
    done = set_up(clone)
    assert done.returncode == 1
    assert done.stdout == ""
    line = done.stderr.splitlines()[-1].strip()
    assert line.endswith("install -y --no-install-recommends libegl1 libxcb-cursor0")
    assert not (clone / ".venv").exists()


def test_a_library_renamed_by_a_newer_release_counts(clone: Path) -> None:
    installed_but(clone, "libglib2.0-0 | libgl1 | libgl1t64")
    done = set_up(clone)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("--no-install-recommends libgl1")


def test_an_old_python_is_named(clone: Path) -> None:
    program(clone, "python3", 'case "$1" in --version) echo Python 3.9.2 ;; *) exit 1 ;; esac')
    done = set_up(clone)
    assert done.returncode == 1
    assert done.stderr == "setup: Python 3.11 or newer is needed, found: Python 3.9.2\n"


def test_a_failing_installation_stops_and_names_the_line(clone: Path) -> None:
    program(clone, "id", "echo 0")
    program(clone, "dpkg-query", "exit 1")
    done = set_up(clone)
    assert done.returncode == 1
    assert "run: apt-get update && apt-get install -y libgl1 libegl1" in done.stderr
    assert not (clone / ".venv").exists()
