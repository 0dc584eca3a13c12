"""Results of many kinds of sessions, held against programs of others; what they take in time and memory.

    python -m benchmarks.results valid [--only NAME ...] [--size 256] [--seconds 14]
    python -m benchmarks.results cost [--size 1024] [--frames 600]

``valid`` monitors a simulated procedure from each kind of source: DICOM of several forms and depths, video,
pictures; archived, cut, imported. It makes the results of each, and counts errors of dciodvfy, objects that
an Orthanc gives back otherwise, reports that dsrdump does not print, masks that highdicom reads otherwise
than they were computed, and figures of the report that are not those of the recording.

``cost`` makes each kind of object alone, in a process of its own: its time, size, and peak memory.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import cv2
import highdicom as hd
import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import ComputedRadiographyImageStorage, JPEGBaseline8Bit, generate_uid

from benchmarks.lock_step import steps_into
from monitor.config import Config, config_to_toml
from monitor.errors import EndOfStream
from monitor.frame import Frame
from monitor.plan import Plan, read_plan
from monitor.sources.base import FrameSource
from monitor.states import State
from monitor.stepping import Stepping
from recordings.archive import archive_session
from recordings.beginning import Beginning, keep_beginning, pipeline_with
from recordings.dicom_origin import note_origin, origins_in
from recordings.importing.run import Wanted, import_source
from recordings.open import open_source
from recordings.results import codes as ours
from recordings.results.write import Wish, WrittenObject, write_results
from recordings.retaken import as_live, every_frame
from recordings.session import Session, StoredSession, open_session, utc_now
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.write import write_procedure
from recordings.watching import reference_of, views_to_watch
from tests.peers import Orthanc, orthanc
from ui.replay.painted import open_painted

_LATE_NS = 12_000_000
_MEASURED = """
import sys
from ui.cli import run
status = run(sys.argv[1:])
peak = [line for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(peak[0].split()[1], file=sys.stderr)
sys.exit(status)
"""
"""Its own peak in kB: what `wait4` tells counts this process's memory before it became another."""
Make = Callable[[Path, Path], Path]
"""Given ``run.dcm`` of a simulated procedure and a folder, the source that is made of it."""


def monitor(spec: Path, plan: Plan, folder: Path, frames: int | None = None) -> StoredSession:
    """Monitor a source as if live, frame by frame, into a session."""
    source = open_source(str(spec), frame_rate_hz=15.0 if spec.is_dir() else None)
    with source:
        info = source.info
        view = views_to_watch(plan, None, info)[0]
    reference = reference_of(view, source, info)
    session = Session.create(
        folder, source_info=info, plan=plan, config_toml=config_to_toml(Config()), software_version="1.0"
    )
    anchor_ns = session.about.anchor_monotonic_ns
    begun = Beginning("1.0", (view.name,), {view.name: reference}, (), utc_now(), 0, anchor_ns)
    event = keep_beginning(folder, begun)
    session.recording.event(event.name, event.data, event.t_ns)
    for origin in origins_in(info):
        note_origin(session.log, origin, anchor_ns)
    stepping = Stepping(pipeline_with(begun, plan, info, Config(), None), steps_into(session.recording))
    with source:
        for frame in _frames(source, anchor_ns, frames):
            session.recording.append(frame)
            if frame.seq % 60 == 59:
                stepping.acknowledge()
            result = stepping.step(frame, frame.t_capture_ns + _LATE_NS)
            session.log.level_measurements(result)
            for transition in result.transitions:
                session.log.transition(transition)
    session.close()
    return open_session(folder)


def _frames(source: FrameSource, anchor_ns: int, most: int | None) -> Iterator[Frame]:
    seq = 0
    while most is None or seq < most:
        try:
            frame = source.read()
        except EndOfStream:
            return
        own_ns = frame.t_source_ns if frame.t_source_ns is not None else round(frame.seq * 1e9 / 15)
        yield replace(frame, t_capture_ns=anchor_ns + own_ns)
        seq += 1


# sources of all kinds


def _as_it_is(run: Path, folder: Path) -> Path:
    return shutil.copy(run, folder / "run.dcm")


def _changed(
    run: Path, path: Path, change: Callable[[Dataset, NDArray[np.uint16]], NDArray[np.unsignedinteger]]
) -> Path:
    header = dcmread(run)
    pixels = change(header, header.pixel_array)
    header.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
    header["PixelData"].VR = "OB" if pixels.itemsize == 1 else "OW"
    header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    header.save_as(path, enforce_file_format=True)
    return path


def _of_bits(bits: int) -> Make:
    def change(header: Dataset, pixels: NDArray[np.uint16]) -> NDArray[np.unsignedinteger]:
        stored = int(header.BitsStored)
        header.BitsStored, header.HighBit = bits, bits - 1
        header.BitsAllocated = 8 if bits == 8 else 16
        scaled = pixels >> (stored - bits) if bits < stored else pixels << (bits - stored)
        return scaled.astype(np.uint8 if bits == 8 else np.uint16)

    return lambda run, folder: _changed(run, folder / "run.dcm", change)


def _monochrome1(run: Path, folder: Path) -> Path:
    def change(header: Dataset, pixels: NDArray[np.uint16]) -> NDArray[np.unsignedinteger]:
        header.PhotometricInterpretation = "MONOCHROME1"
        header.PixelIntensityRelationshipSign = -1
        return ((1 << int(header.BitsStored)) - 1 - pixels).astype(np.uint16)

    return _changed(run, folder / "run.dcm", change)


def _without_geometry(run: Path, folder: Path) -> Path:
    def change(header: Dataset, pixels: NDArray[np.uint16]) -> NDArray[np.unsignedinteger]:
        for keyword in ("ImagerPixelSpacing", "DistanceSourceToPatient", "DistanceSourceToDetector"):
            delattr(header, keyword)
        del header.EstimatedRadiographicMagnificationFactor
        return pixels

    return _changed(run, folder / "run.dcm", change)


def _single_frames(run: Path, folder: Path) -> Path:
    """One file for each frame, of a class that holds no more."""
    header = dcmread(run)
    pixels = header.pixel_array
    out = folder / "series"
    out.mkdir()
    for keyword in ("NumberOfFrames", "FrameTime", "FrameIncrementPointer", "PixelData"):
        delattr(header, keyword)
    header.SOPClassUID = header.file_meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    header.Modality = "CR"
    for number, frame in enumerate(pixels, 1):
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        header.InstanceNumber = number
        header.PixelData = frame.tobytes()
        header["PixelData"].VR = "OW"
        header.save_as(out / f"{number:05d}.dcm", enforce_file_format=True)
    return out


def _video(codec: str, layout: str, bits: int, suffix: str) -> Make:
    def make(run: Path, folder: Path) -> Path:
        header = dcmread(run)
        path = folder / f"run{suffix}"
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=15)
            stream.width, stream.height, stream.pix_fmt = header.Columns, header.Rows, layout
            stream.codec_context.time_base = Fraction(1, 15)
            for number, pixels in enumerate(header.pixel_array):
                gray = (pixels >> (int(header.BitsStored) - bits)).astype(
                    np.uint8 if bits == 8 else np.uint16
                )
                frame = av.VideoFrame.from_ndarray(gray, format="gray" if bits == 8 else layout)
                frame.pts, frame.time_base = number, Fraction(1, 15)
                container.mux(stream.encode(frame.reformat(format=layout)))
            container.mux(stream.encode())
        return path

    return make


def _pictures(run: Path, folder: Path) -> Path:
    header = dcmread(run)
    out = folder / "pictures"
    out.mkdir()
    for number, pixels in enumerate(header.pixel_array):
        cv2.imwrite(str(out / f"{number:05d}.png"), (pixels << 4).astype(np.uint16))
    return out


KINDS: dict[str, tuple[str, Make]] = {
    "XA, 12 bit": ("canal", _as_it_is),
    "XA, 8 bit": ("canal", _of_bits(8)),
    "XA, 10 bit": ("canal", _of_bits(10)),
    "XA, 16 bit": ("canal", _of_bits(16)),
    "XA, MONOCHROME1": ("canal", _monochrome1),
    "XA, no scale in the header": ("canal", _without_geometry),
    "XA, two levels": ("twolevels", _as_it_is),
    "XA, no leak": ("clean", _as_it_is),
    "XA, no cement": ("quiet", _as_it_is),
    "CR, one file a frame": ("canal", _single_frames),
    "video, H.264, 8 bit": ("canal", _video("libx264", "yuv420p", 8, ".mp4")),
    "video, FFV1, 10 bit": ("canal", _video("ffv1", "gray10le", 10, ".mkv")),
    "pictures, 16 bit": ("canal", _pictures),
}


def variants(name: str, session: StoredSession) -> Iterator[tuple[str, StoredSession, Wish]]:
    """The session itself, and for the first kind what may have become of it."""
    wish = Wish(run=name == "XA, 12 bit")
    yield name, session, wish
    if name not in ("XA, 12 bit", "video, FFV1, 10 bit"):
        return
    folder = session.folder
    archived = shutil.copytree(folder, folder.with_name("archived"))
    archive_session(archived, software_version="1.0")
    yield f"{name}, archived", open_session(archived), wish
    cut = shutil.copytree(folder, folder.with_name("cut"))
    about = json.loads((cut / "session.json").read_text())
    (cut / "session.json").write_text(json.dumps(about | {"complete": False}))
    os.truncate(cut / "frames.mcap", (cut / "frames.mcap").stat().st_size * 9 // 10)
    yield f"{name}, cut", open_session(cut), wish


def problems(
    objects: tuple[WrittenObject, ...], session: StoredSession, wish: Wish, server: Orthanc, folder: Path
) -> list[str]:
    """Everything that is not as it should be."""
    wrong = []
    for one in objects:
        said = subprocess.run(["dciodvfy", one.path], capture_output=True, text=True, check=False).stderr
        wrong += [f"{one.kind}: {line}" for line in said.splitlines() if line.startswith("Error")]
        answer = server.post("/instances", one.path.read_bytes())
        held = folder / "held.dcm"
        held.write_bytes(server.raw(f"/instances/{answer['ID']}/file"))
        if dcmread(held) != dcmread(one.path):
            wrong.append(f"{one.kind}: Orthanc gives back something else")
        server_delete(server, answer["ID"])
        if one.kind == "sr":
            done = subprocess.run(["dsrdump", one.path], capture_output=True, check=False)
            if done.returncode or b"Imaging Measurement Report" not in done.stdout:
                wrong.append("sr: dsrdump does not print it")
            wrong += list(other_figures(one.path, session, wish))
        if one.kind == "seg":
            wrong += list(other_masks(one.path, session, wish))
        if one.kind == "gsps":
            hd.pr.GrayscaleSoftcopyPresentationState  # noqa: B018  read by pydicom: it has no reader
            state = dcmread(one.path)
            if not state.GraphicAnnotationSequence:
                wrong.append("gsps: empty")
        if one.kind in ("key", "run", "frames"):
            ds = dcmread(one.path)
            plain = one.path
            if ds.file_meta.TransferSyntaxUID == JPEGBaseline8Bit:
                plain = folder / "plain.dcm"
                subprocess.run(["dcmdjpeg", one.path, plain], check=True)
            if len(dcmread(plain).pixel_array.reshape(ds.NumberOfFrames, -1)) != ds.NumberOfFrames:
                wrong.append(f"{one.kind}: frames are missing")
    return wrong


def server_delete(server: Orthanc, instance: str) -> None:
    """Have the server forget an instance, so that its disk does not grow."""
    import urllib.request

    request = urllib.request.Request(
        f"http://127.0.0.1:{server.http_port}/instances/{instance}", method="DELETE"
    )
    urllib.request.urlopen(request, timeout=30).read()


def other_figures(path: Path, session: StoredSession, wish: Wish) -> Iterator[str]:
    """Figures of levels that are not those of the recorded steps."""
    report = hd.sr.srread(path)
    groups = {group.tracking_identifier: group for group in report.content.get_image_measurement_groups()}
    last: dict[str, float] = {}
    closest: dict[tuple[str, str], float] = {}
    raised = 0
    with session.frames() as reader:
        steps = (
            (one.now for one in every_frame(session, reader))
            if wish.mode == "every frame"
            else (reader.step(place) for place in range(reader.step_count))
        )
        for step in steps:
            if step is None or step.findings is None:
                continue
            raised += sum(told.event == "raised" for told in step.findings.transitions)
            for level in step.findings.levels:
                if level.state > State.DEGRADED:
                    continue
                name = f"{level.name} ({step.findings.view})"
                if level.area_mm2 is not None:
                    last[name] = level.area_mm2
                for structure, distance in (level.distances or {}).items():
                    key = name, structure
                    closest[key] = min(closest.get(key, np.inf), distance.value_mm)
    for name, area_mm2 in last.items():
        told = [one.value for one in groups[name].get_measurements(name=ours.AREA)]
        if told != [area_mm2]:
            yield f"sr: area of {name} is {told}, was {area_mm2}"
    for (name, structure), value_mm in closest.items():
        told = [
            one.value
            for one in groups[name].get_measurements(name=ours.DISTANCE)
            if one.finding_sites[0].value == ours.STRUCTURES[structure]
        ]
        if told != [value_mm]:
            yield f"sr: {structure} of {name} is {told}, was {value_mm}"
    if raised != sum(name.startswith("alarm ") for name in groups):
        yield f"sr: {raised} alarms were raised"


def other_masks(path: Path, session: StoredSession, wish: Wish) -> Iterator[str]:
    """Masks that are not those that come out when the steps are taken again."""
    seg = hd.seg.segread(path)
    labels = [seg.get_segment_description(k + 1).segment_label for k in range(seg.number_of_segments)]
    places: dict[tuple[str, int | None], dict[int, int]] = {}
    for number, group in enumerate(seg.PerFrameFunctionalGroupsSequence):
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        segment = int(group.SegmentIdentificationSequence[0].ReferencedSegmentNumber)
        key = str(source.ReferencedSOPInstanceUID), source.get("ReferencedFrameNumber")
        places.setdefault(key, {})[segment] = number
    read = seg.pixel_array.reshape(seg.NumberOfFrames, seg.Rows, seg.Columns)
    held = 0
    with session.frames() as reader:
        steps = every_frame if wish.mode == "every frame" else as_live
        computed = [one for one in steps(session, reader, masks=True) if one.masks_px]
    sums = {
        (label, int((mask == part).sum()))
        for one in computed
        for name, mask in (one.masks_px or {}).items()
        for part, label in ((1, f"{name}: cement within the body"), (2, f"{name}: cement outside the body"))
    }
    for segments in places.values():
        for segment, number in segments.items():
            held += 1
            if (labels[segment - 1], int(read[number].sum())) not in sums:
                yield f"seg: mask {number} is none that was computed"
    if held != seg.NumberOfFrames:
        yield "seg: two masks of one frame and segment"


def valid(only: list[str], size: int, seconds: float) -> int:
    """Print a line for each kind of session; how many things were wrong."""
    count = 0
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        runs: dict[str, Path] = {}
        with orthanc(root / "orthanc") as server:
            for kind, (procedure, make) in KINDS.items():
                if only and kind not in only:
                    continue
                if procedure not in runs:
                    runs[procedure] = root / procedure
                    write_procedure(
                        procedure, SimulationSettings(size=size, duration_s=seconds, seed=7), runs[procedure]
                    )
                plan = read_plan(runs[procedure] / "plan.json")
                folder = root / kind.replace(" ", "-").replace(",", "")
                folder.mkdir()
                session = monitor(make(runs[procedure] / "run.dcm", folder), plan, folder / "session")
                cases = [*variants(kind, session)]
                if kind == "XA, 12 bit":
                    import_source(
                        Wanted(str(folder / "run.dcm"), folder / "imported", plan), software_version="1.0"
                    )
                    cases.append(
                        (
                            f"{kind}, imported",
                            open_session(folder / "imported"),
                            Wish(run=False, mode="every frame"),
                        )
                    )
                for number, (words, stored, wish) in enumerate(cases):
                    out = folder / f"results-{number}"
                    objects = write_results(
                        stored, out, software_version="2.0", paint=open_painted, wish=wish
                    )
                    wrong = problems(objects, stored, wish, server, folder)
                    count += len(wrong)
                    said = " ".join(one.kind for one in objects)
                    print(
                        f"{words:34}  {said:32}  {len(wrong)} wrong",
                        *wrong[:5],
                        sep="\n    " if wrong else "  ",
                    )
                    sys.stdout.flush()
                    shutil.rmtree(out)
                shutil.rmtree(folder)
    return count


def cost(size: int, frames: int) -> None:
    """Print time, size and peak memory of each kind of object."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write_procedure("canal", SimulationSettings(size=size, duration_s=frames / 15, seed=7), root / "run")
        plan = read_plan(root / "run" / "plan.json")
        wide = _of_bits(16)(root / "run" / "run.dcm", root)
        sessions = {
            "DICOM source": monitor(wide, plan, root / "of-dicom", frames),
            "no DICOM source": monitor(
                _pictures(root / "run" / "run.dcm", root), plan, root / "of-pictures", frames
            ),
        }
        for words, session in sessions.items():
            kinds = [["sr"], ["gsps"], ["seg"], ["sc", "--no-run"], ["sc"]]
            for kind, *more in kinds if words == "DICOM source" else [["sr"]]:
                out = root / "out"
                arguments = ["results", str(session.folder), "--out", str(out), "--only", kind, *more]
                began = time.monotonic()
                done = subprocess.run(
                    [sys.executable, "-c", _MEASURED, *arguments], capture_output=True, text=True, check=True
                )
                taken_s, peak_mb = time.monotonic() - began, int(done.stderr.split()[-1]) / 1024
                sizes = {path.name: path.stat().st_size / 1e6 for path in out.glob("*.dcm")}
                told = ", ".join(f"{path} {mb:.1f} MB" for path, mb in sorted(sizes.items()))
                asked = " ".join([kind, *more])
                print(
                    f"{words:16} {asked:12} {taken_s:6.1f} s  peak {peak_mb:6.0f} MB  {told}",
                    flush=True,
                )
                shutil.rmtree(out, ignore_errors=True)


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("valid", "cost"))
    parser.add_argument("--only", nargs="+", default=[], choices=list(KINDS))
    parser.add_argument("--size", type=int)
    parser.add_argument("--seconds", type=float, default=14.0)
    parser.add_argument("--frames", type=int, default=600)
    options = parser.parse_args()
    if options.what == "cost":
        cost(options.size or 1024, options.frames)
        return 0
    return 1 if valid(options.only, options.size or 256, options.seconds) else 0


if __name__ == "__main__":
    raise SystemExit(main())
