import json
from functools import lru_cache

import av
import numpy as np
import pydicom
import pytest

from monitor.errors import InputError, OutputError
from monitor.plan import read_plan
from recordings.simulated.marks import plan_of
from recordings.simulated.render import Renderer
from recordings.simulated.scene import build_scene
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.truth import Truth
from recordings.simulated.write import FILES, write_procedure

SETTINGS = SimulationSettings(
    size=97, mm_per_px=1.2, duration_s=3.0, injection_start_s=0.3, injection_ml_per_s=1.0
)
FRAMES = 45


@lru_cache(maxsize=1)
def _scene():
    return build_scene("canal", SETTINGS)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp("procedure") / "new" / "folder"
    told = []
    write_procedure("canal", SETTINGS, out, lambda done, total: told.append((done, total)))
    assert told == [(k + 1, FRAMES) for k in range(FRAMES)]
    assert sorted(p.name for p in out.iterdir()) == sorted(FILES)
    return out


def test_the_run_reads_back_bit_for_bit(written):
    ds = pydicom.dcmread(written / "run.dcm")
    renderer = Renderer(_scene())
    pixels = ds.pixel_array
    assert pixels.shape == (FRAMES, 97, 97)
    for frame in (0, 7, FRAMES - 1):
        assert np.array_equal(pixels[frame], renderer.pixels(frame))


def test_the_header_says_what_is_needed_to_read_it(written):
    ds = pydicom.dcmread(written / "run.dcm", stop_before_pixels=True)
    assert ds.SOPClassUID.name == "X-Ray Angiographic Image Storage"
    assert ds.PhotometricInterpretation == "MONOCHROME2"
    assert (ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation) == (16, 12, 11, 0)
    assert ds.PixelIntensityRelationship == "LIN"
    assert ds.PixelIntensityRelationshipSign == 1
    assert float(ds.FrameTime) == pytest.approx(1000 / 15)
    assert ds.FrameIncrementPointer == pydicom.tag.Tag("FrameTime")
    assert float(ds.KVP) == 80
    magnification = float(ds.DistanceSourceToDetector) / float(ds.DistanceSourceToPatient)
    assert magnification == pytest.approx(float(ds.EstimatedRadiographicMagnificationFactor), rel=1e-4)
    assert float(ds.ImagerPixelSpacing[0]) / magnification == pytest.approx(1.2, rel=1e-4)
    assert "Simulated" in str(ds.PatientName)


def test_the_plan_is_written(written):
    assert read_plan(written / "plan.json") == plan_of(_scene())


def test_the_truth_is_written(written):
    told = json.loads((written / "truth.json").read_text())
    truth = Truth(_scene())
    assert told["schema"] == "cementwatch.truth/1"
    assert told["name"] == "canal"
    assert told["settings"]["seed"] == 1
    assert told["settings"]["mm_per_px"] == 1.2
    assert [row["frame"] for row in told["frames"]] == list(range(FRAMES))
    (leak,) = told["leaks"]
    (known,) = truth.leaks()
    assert leak["leak_class"] == "canal"
    assert leak["first_present_frame"] == known.first_present_frame
    assert leak["first_present_s"] == pytest.approx(known.first_present_frame / 15)
    assert leak["final_ml"] > 0.05
    last = told["frames"][-1]["levels"][0]
    now = truth.truth_at(FRAMES - 1).levels[0]
    assert last["name"] == "L1"
    assert last["volume_ml"] == pytest.approx(now.volume_ml, abs=1e-5)
    assert last["distances_mm"]["posterior_wall"] == pytest.approx(
        now.distances_mm["posterior_wall"], abs=1e-5
    )
    assert told["frames"][0]["levels"][0]["distances_mm"]["posterior_wall"] is None


def test_the_masks_are_written(written):
    truth = Truth(_scene())
    with av.open(str(written / "truth_masks.mkv")) as container:
        assert container.streams.video[0].codec_context.name == "ffv1"
        masks = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert len(masks) == FRAMES
    for frame in (0, 20, FRAMES - 1):
        assert np.array_equal(masks[frame], truth.truth_at(frame).mask * np.uint8(255))
    assert masks[-1].any()


SHORT = SimulationSettings(size=64, duration_s=0.3)


def test_the_same_again_is_the_same_file(tmp_path):
    for folder in ("a", "b"):
        write_procedure("quiet", SHORT, tmp_path / folder)
    for name in ("run.dcm", "plan.json", "truth.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    (tmp_path / "run.dcm").write_bytes(b"older")
    (tmp_path / "mine.txt").write_text("kept")

    def give_up(done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_procedure("quiet", SHORT, tmp_path, give_up)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine.txt", "run.dcm"]
    assert (tmp_path / "run.dcm").read_bytes() == b"older"
    write_procedure("quiet", SHORT, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*FILES, "mine.txt"])
    assert (tmp_path / "mine.txt").read_text() == "kept"


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError, match="file"):
        write_procedure("quiet", SHORT, tmp_path / "file" / "out")


def test_an_unknown_procedure_writes_nothing(tmp_path):
    with pytest.raises(InputError, match="nosuch"):
        write_procedure("nosuch", SHORT, tmp_path / "out")
    assert not (tmp_path / "out").exists()
