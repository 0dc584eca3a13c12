"""The capture devices that the system lists, each with what it can deliver or why that is not known."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from monitor.errors import one_line
from monitor.sources.capture_formats import Delivers, asked_of, why_not_known

#: Longest wait for all devices together: a driver may never answer.
_ASK_S = 3.0


@dataclass(frozen=True, slots=True)
class CaptureDevice:
    """A capture device that the system lists.

    Parameters
    ----------
    index : int
        The N of ``device:N``.
    name : str
        What the driver calls it.
    delivers : Delivers or None
        None where it is not known.
    unknown : str or None
        Why `delivers` is not known.
    """

    index: int
    name: str
    delivers: Delivers | None
    unknown: str | None


@dataclass(slots=True)
class _Asked:
    node: Path
    delivers: Delivers | None = None
    unknown: str | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        try:
            self.delivers = asked_of(self.node)
        except ImportError as error:
            self.unknown = f"{error.name or 'linuxpy'} is not installed"
        except OSError as error:
            self.unknown = why_not_known(self.node, error)
        except Exception as error:
            # Whatever a driver's answer makes of the library, the device is there and has to be listed.
            self.unknown = f"{self.node} gives an answer that is not understood ({type(error).__name__})"
        finally:
            self.done.set()


def capture_devices(
    listed: Path = Path("/sys/class/video4linux"), nodes: Path = Path("/dev"), timeout_s: float = _ASK_S
) -> tuple[CaptureDevice, ...]:
    """List the capture devices (Linux; elsewhere nothing is known and none are listed).

    Those that are known to deliver no pictures are left out. Each is asked on a thread of its own, which is
    left behind where the driver does not answer.

    Parameters
    ----------
    listed : Path
        Folder with a folder per device.
    nodes : Path
        Folder with the device nodes, under the same names.
    timeout_s : float
        Longest wait for all of them together (s).
    """
    names = {}
    for entry in listed.glob("video*"):
        number = entry.name.removeprefix("video")
        if number.isdecimal():
            names[int(number)] = _name_of(entry)
    if names:
        with suppress(ImportError):  # said of each device
            import linuxpy.video.device  # noqa: F401  no driver's doing: before the time runs
    asked = {index: _Asked(nodes / f"video{index}") for index in sorted(names)}
    for index, one in asked.items():
        threading.Thread(target=one.run, name=f"formats of device:{index}", daemon=True).start()
    end_s = time.monotonic() + timeout_s
    found = []
    for index, one in asked.items():
        if not one.done.wait(max(0.0, end_s - time.monotonic())):
            found.append(
                CaptureDevice(index, names[index], None, f"{one.node} did not answer within {timeout_s:g} s")
            )
        elif one.delivers is None or one.delivers.pictures:
            found.append(CaptureDevice(index, names[index], one.delivers, one.unknown))
    return tuple(found)


def _name_of(entry: Path) -> str:
    try:
        return one_line((entry / "name").read_text(errors="replace")) or entry.name
    except OSError:  # pulled out meanwhile
        return entry.name
