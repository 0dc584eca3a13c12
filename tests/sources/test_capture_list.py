"""Capture devices with what they offer, asked through linuxpy of a kernel played by real struct bytes.

No video device is at hand where tests run. `fcntl.ioctl` alone is replaced; request numbers and layouts are
those of <linux/videodev2.h>, packed here by hand.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from struct import pack, unpack_from

import pytest

from monitor.sources.capture_formats import CaptureSize, Rates, asked_of, fourcc_of, why_not_known
from monitor.sources.capture_list import CaptureDevice, capture_devices
from monitor.sources.live_options import LiveOptions, split_options
from ui import cli
from ui.capture_list import COLUMNS, device_lines

pytest.importorskip("linuxpy.video.device", reason="linuxpy, which is for Linux alone, is not installed")

QUERYCAP, ENUM_FMT, ENUM_FRAMESIZES, ENUM_FRAMEINTERVALS = 0x80685600, 0xC0405602, 0xC02C564A, 0xC034564B
CAPTURE, MPLANE, META, STREAMING, DEVICE_CAPS = 0x1, 0x1000, 0x800000, 0x4000000, 0x80000000
Interval = tuple[int, int]


@dataclass
class Node:
    """What a driver answers; sizes are bytes for a range, intervals bytes for a range."""

    caps: int = CAPTURE | STREAMING
    card: bytes = b"Grabber"
    kind: int = 1
    formats: list[tuple[bytes, bytes, int]] = field(default_factory=list)
    sizes: dict[bytes, list[tuple[int, int]] | bytes] = field(default_factory=dict)
    intervals: dict[tuple[int, int], list[Interval] | bytes] = field(default_factory=dict)
    fails: dict[int, int] = field(default_factory=dict)

    def answer(self, request: int, asked: bytes) -> bytes:
        if request in self.fails:
            raise OSError(self.fails[request], os.strerror(self.fails[request]))
        if request == QUERYCAP:
            caps = self.caps | DEVICE_CAPS | META  # of the whole device; this node's are behind
            return pack(
                "<16s32s32s3I12x", b"uvcvideo", self.card, b"usb-0000:00:14.0-2", 0x60100, caps, self.caps
            )
        index = unpack_from("<I", asked)[0]
        if request == ENUM_FMT:
            assert unpack_from("<I", asked, 4) == (self.kind,)
            code, description, flags = at(self.formats, index)
            return pack("<III32s4s16x", index, self.kind, flags, description, code)
        code = asked[4:8]
        if request == ENUM_FRAMESIZES:
            sizes = self.sizes.get(code, [])
            if isinstance(sizes, bytes):
                return pack("<I4sI", index, code, 3) + sizes + bytes(8)
            return pack("<I4sIII24x", index, code, 1, *at(sizes, index))
        assert request == ENUM_FRAMEINTERVALS
        size = unpack_from("<II", asked, 8)
        intervals = self.intervals.get(size, [])
        if isinstance(intervals, bytes):
            return pack("<I4sIII", index, code, *size, 3) + intervals + bytes(8)
        return pack("<I4sIIIII24x", index, code, *size, 1, *at(intervals, index))


def at(items: list, index: int) -> tuple:
    if index >= len(items):
        raise OSError(errno.EINVAL, "Invalid argument")
    return items[index]


WEBCAM = Node(
    formats=[(b"MJPG", b"Motion-JPEG", 1), (b"YUYV", b"YUYV 4:2:2", 2), (b"Y16 ", b"16-bit Greyscale", 0)],
    sizes={
        b"MJPG": [(1920, 1080), (1280, 720)],
        b"YUYV": [(640, 480)],
        b"Y16 ": pack("<6I", 64, 4096, 2, 32, 2160, 4),
    },
    intervals={
        (1920, 1080): [(1001, 30000), (1, 60), (1, 25)],
        (640, 480): [(1, 30), (0, 0), (2, 15)],
        (4096, 2160): pack("<6I", 1, 60, 2, 1, 1, 1),
    },
)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[CaptureDevice, ...]]:
    """Lists devices whose nodes are plain files, and answers for them as a kernel would."""
    nodes: dict[int, Node] = {}

    def ioctl(fd: int, request: int, struct: bytearray) -> int:
        name = Path(f"/proc/self/fd/{fd if isinstance(fd, int) else fd.fileno()}").readlink().name
        raw = memoryview(struct).cast("B")
        answer = nodes[int(name.removeprefix("video"))].answer(request & 0xFFFFFFFF, bytes(raw))
        assert len(answer) == len(raw) == (request >> 16) & 0x3FFF
        raw[:] = answer
        return 0

    def listing(given: dict[int, Node], timeout_s: float = 10.0) -> tuple[CaptureDevice, ...]:
        nodes.update(given)
        monkeypatch.setattr(fcntl, "ioctl", ioctl)
        for index, node in given.items():
            listed(tmp_path, index, node.card.decode())
        return capture_devices(tmp_path / "class", tmp_path / "dev", timeout_s)

    return listing


def listed(folder: Path, index: int, name: str, *, node: bool = True) -> None:
    (folder / "class" / f"video{index}").mkdir(parents=True)
    (folder / "class" / f"video{index}" / "name").write_text(name + "\n")
    (folder / "dev").mkdir(exist_ok=True)
    if node:
        (folder / "dev" / f"video{index}").touch()


def formats(device: CaptureDevice) -> dict[str, tuple[CaptureSize, ...] | None]:
    assert device.unknown is None
    assert device.delivers is not None
    assert device.delivers.formats is not None
    return {one.fourcc: one.sizes for one in device.delivers.formats}


def test_sizes_and_rates_of_each_format(machine: Callable) -> None:
    (device,) = machine({2: WEBCAM})
    assert (device.index, device.name) == (2, "Grabber")
    assert (device.delivers.driver, device.delivers.bus) == ("uvcvideo", "usb-0000:00:14.0-2")
    big, small, usual = (1920, 1080), (1280, 720), (640, 480)
    assert formats(device) == {
        "MJPG": (
            CaptureSize(big, big, (0, 0), Rates((60.0, 30000 / 1001, 25.0))),
            CaptureSize(small, small, (0, 0), None),
        ),
        "YUYV": (CaptureSize(usual, usual, (0, 0), Rates((30.0, 7.5))),),
        "Y16": (CaptureSize((64, 32), (4096, 2160), (2, 4), Rates(range_hz=(0.5, 60.0))),),
    }
    assert [one.compressed for one in device.delivers.formats] == [True, False, False]


def test_planar_and_unknown_formats_are_not_lost(machine: Callable) -> None:
    node = Node(caps=MPLANE, kind=9, formats=[(b"NM12", b"Y/UV 4:2:0", 0), (b"zz\x019", b"of its own", 0)])
    (device,) = machine({0: node})
    assert formats(device) == {"NM12": None, "zz\\x019": None}
    assert fourcc_of(int.from_bytes(b"Y16 ", "little") | 1 << 31) == "Y16-BE"


def test_nodes_of_metadata_are_not_listed(machine: Callable) -> None:
    found = machine({0: WEBCAM, 1: Node(caps=META | STREAMING), 10: WEBCAM})
    assert [device.index for device in found] == [0, 10]


@pytest.mark.parametrize(
    ("fails", "says"),
    [
        ({QUERYCAP: errno.EACCES}, "may not be opened: permission denied"),
        ({QUERYCAP: errno.EBUSY}, "is busy: another program uses it"),
        ({QUERYCAP: errno.ENODEV}, "is gone"),
        ({ENUM_FMT: errno.EBUSY}, "is busy: another program uses it"),
        ({ENUM_FRAMESIZES: errno.ENODEV}, "is gone"),
        ({ENUM_FRAMEINTERVALS: errno.ENODEV}, "is gone"),
        ({ENUM_FRAMEINTERVALS: errno.EIO}, f"cannot be asked: {os.strerror(errno.EIO)}"),
    ],
)
def test_a_device_that_fails_is_listed_with_the_reason(
    fails: dict[int, int], says: str, machine: Callable, tmp_path: Path
) -> None:
    broken = Node(formats=WEBCAM.formats, sizes=WEBCAM.sizes, intervals=WEBCAM.intervals, fails=fails)
    found = machine({0: broken, 1: WEBCAM})
    assert found[0] == CaptureDevice(0, "Grabber", None, f"{tmp_path / 'dev' / 'video0'} {says}")
    assert found[1].unknown is None


def test_a_driver_without_lists_is_no_driver_without_sizes(machine: Callable) -> None:
    (bare,) = machine({0: Node(fails={ENUM_FMT: errno.ENOTTY})})
    assert bare.delivers.formats is None
    assert device_lines((bare,))[1] == "    formats not known: the driver lists none"


def test_a_plain_file_and_a_missing_node_are_said_to_be_so(tmp_path: Path) -> None:
    """Here the true kernel answers."""
    listed(tmp_path, 0, "A file")
    listed(tmp_path, 1, "Pulled out", node=False)
    (tmp_path / "class" / "video3").mkdir()
    (tmp_path / "class" / "videocodec").mkdir()
    found = capture_devices(tmp_path / "class", tmp_path / "dev")
    node = tmp_path / "dev" / "video"
    assert [(device.name, device.unknown) for device in found] == [
        ("A file", f"{node}0 does not answer as a video device"),
        ("Pulled out", f"{node}1 is gone"),
        ("video3", f"{node}3 is gone"),
    ]


def test_a_node_that_may_not_be_opened(tmp_path: Path) -> None:
    node = tmp_path / "video0"
    node.touch(0)
    user = os.geteuid()
    try:
        if user == 0:  # who may open everything
            os.seteuid(65534)
        with pytest.raises(PermissionError) as raised:
            asked_of(node)
    finally:
        os.seteuid(user)
    assert why_not_known(node, raised.value) == f"{node} may not be opened: permission denied"


def test_a_driver_that_never_answers_holds_up_nothing(machine: Callable, tmp_path: Path) -> None:
    release = threading.Event()

    class Stuck(Node):
        def answer(self, request: int, asked: bytes) -> bytes:
            release.wait(60)
            return super().answer(request, asked)

    try:
        found = machine({0: Stuck(), 1: WEBCAM}, timeout_s=1.0)
    finally:
        release.set()
    assert found[0].unknown == f"{tmp_path / 'dev' / 'video0'} did not answer within 1 s"
    assert found[1].unknown is None


def test_what_is_printed_can_be_asked_for(machine: Callable) -> None:
    many = [(1, rate) for rate in range(1, 61)]
    long = Node(
        card=b"A name with \x1b[31mcolour",
        formats=[(b"YUYV", b"YUYV 4:2:2", 0)], sizes={b"YUYV": [(320, 240)]}, intervals={(320, 240): many},
    )  # fmt: skip
    busy = Node(fails={QUERYCAP: errno.EBUSY})
    lines = device_lines(machine({0: busy, 1: WEBCAM, 2: long}))
    assert max(map(len, lines)) <= COLUMNS
    assert all(line.isprintable() for line in lines)
    assert lines[0] == "device:0  Grabber"
    assert lines[1].startswith("    formats not known:")
    start = lines.index("device:1  Grabber  (uvcvideo, usb-0000:00:14.0-2)")
    assert lines[start + 1 : start + 8] == [
        "    MJPG  Motion-JPEG, compressed",
        "          1920x1080  60, 29.97, 25 Hz",
        "          1280x720   rates not known",
        "    YUYV  YUYV 4:2:2",
        "          640x480    30, 7.5 Hz",
        "    Y16   16-bit Greyscale",
        "          64x32 to 4096x2160, steps of 2x4  0.5 to 60 Hz at the largest",
    ]
    assert " 60, 59, 58," in "\n".join(lines)
    spec = lines[-1].split("'")[1]
    assert split_options(spec) == ("device:1", LiveOptions((640, 480), 30.0, "YUYV"))
    assert split_options("device:1#format=y16")[1].fourcc == "Y16 "


def test_the_command_prints_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["sources"]) == 0
    assert capsys.readouterr().out.splitlines() == device_lines(capture_devices())
    assert device_lines(()) == ["no capture devices found"]
