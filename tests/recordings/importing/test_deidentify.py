"""Nothing that names a person, a place or a date goes into a de-identified session, in no file of it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from calibration.conditions import Conditions
from calibration.profile import Profile, ScalePart, Stamp, read_profile
from monitor.errors import InputError
from monitor.frame import Frame, Intensity, PixelIntensityRelationship, SourceInfo, freeze_pixels
from monitor.plan import Cement, LevelIntent, Plan, Risk, Vein
from monitor.plan_image import encode_reference, reference_in
from monitor.sources.dicom_header import _ATTRIBUTES
from recordings.importing.deidentify import ALLOWED, attributes_without_names, plan_without_names
from recordings.importing.regions import Region, black_value, parse_region
from recordings.importing.run import Wanted, import_source
from recordings.importing.text_scan import text_in
from recordings.session import PROFILE, open_session
from tests.monitor.scripted import SIZE, plan, scene
from tests.sources.makers import run, save, write_images, xa

SECRETS = (
    "Secret", "SECRET-7", "19400101", "Roentgen", "Hospital", "StationX", "20251224", "2025-12-24",
    "1.2.826.0.1.3680043", "Room 3", "smith", "hiddenfolder",
)  # fmt: skip


def named_plan() -> Plan:
    drawn = plan(veins=(Vein(((170.0, 120.0), (150.0, 120.0)), "vein of Mrs Secret"),))
    view = structs.replace(
        drawn.views[0],
        name="Secret lateral",
        scale=structs.replace(drawn.views[0].scale, method="ruler of Hospital"),
        levels=(structs.replace(drawn.views[0].levels[0], name="smith L1"),),
        reference_png=encode_reference(scene()),
    )
    intent = LevelIntent(4.0, Risk(True, "osteolytic metastasis of Mrs Secret"))
    return structs.replace(
        drawn, views=(view,), levels={"smith L1": intent}, cement=Cement(-60, "Roentgen cement")
    )


def named_profile() -> Profile:
    stamp = Stamp(datetime(2026, 1, 2, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC), "test", "Dr. Roentgen")
    seen = Conditions(SIZE, SIZE, "LIN", 12)
    scale = ScalePart(stamp, seen, 0.4, 0.02, "ruler", ("measured by Roentgen at Hospital",))
    return Profile(room="Room 3", c_arm="StationX", scale=scale)


def named_run(folder: Path, **more: object) -> Path:
    folder.mkdir()
    images = np.stack([scene(noise=np.random.default_rng(k)) for k in range(4)])
    values: dict[str, object] = {
        "InstitutionName": "Hospital", "StationName": "StationX", "OperatorsName": "Roentgen^R",
        "StudyDate": "20251224", "AcquisitionDate": "20251224", "AcquisitionTime": "101112",
        "StudyDescription": "Secret study", "Manufacturer": "Hospital workshop",
        "ManufacturerModelName": "Roentgen 3",
        "PixelSpacingCalibrationDescription": "by Roentgen", "CollimatorShape": "SMITH",
        "ExposureTime": "7",
    }  # fmt: skip
    return save(xa(images, **(values | more)), folder / "Secret_Person_20251224.dcm")


def test_no_file_of_the_session_names_anybody(tmp_path: Path) -> None:
    source = named_run(tmp_path / "hiddenfolder")
    folder = tmp_path / "s"
    wanted = Wanted(str(source), folder, named_plan(), named_profile(), deidentify=True)
    import_source(wanted, software_version="test")
    session = open_session(folder)
    about = session.about
    assert about.complete
    assert (about.procedure, about.acquired, about.source.source_id) == (None, None, "de-identified")
    assert about.source.attributes["ExposureTime"] == "7"
    assert about.source.geometry.imager_pixel_spacing_mm == (0.2, 0.25)
    with session.frames() as reader:
        held = [str(reader.metadata)]
        for frame in reader:
            held.append(frame.source_id)
    for path in folder.rglob("*"):
        held += [path.name, path.read_bytes().decode("latin-1")]
    text = "\n".join(held)
    text = re.sub(r'"reference_png": "[^"]*"', "", text)
    for secret in SECRETS:
        assert secret.lower() not in text.lower(), secret
    assert read_profile(folder / PROFILE).scale is not None

    kept = session.plan()
    assert kept is not None
    level = kept.views[0].levels[0]
    assert (kept.views[0].name, level.name, level.veins[0].name) == ("view 1", "level 1", "vein")
    # a lytic lesion stays one: rules go by it
    assert kept.levels["level 1"].risk == Risk(True, "metastasis")
    assert kept.levels["level 1"].planned_volume_ml == 4.0
    assert level.body == named_plan().views[0].levels[0].body


def test_every_attribute_of_a_dicom_source_is_decided_upon() -> None:
    dropped = {"Manufacturer", "ManufacturerModelName", "RescaleType"}
    assert set(_ATTRIBUTES) - set(ALLOWED) == dropped


@given(
    st.dictionaries(
        st.sampled_from([*_ATTRIBUTES, "Anything"]), st.text("abSMITH 0123456789.^-", max_size=20)
    )
)
def test_what_stays_of_attributes_holds_no_name(attributes: dict[str, str]) -> None:
    for name, value in attributes_without_names(attributes).items():
        assert attributes[name] == value
        assert not re.search("[a-z^]|SMITH", value), (name, value)


def lettered(count: int = 5) -> np.ndarray:
    """Noisy pictures with a name in white at the top left, and one at the bottom."""
    images = run(count, rows=256, columns=256, bits=8)
    images[:] = np.random.default_rng(1).normal(110, 4, images.shape).clip(0, 255).astype(np.uint8)
    for image in images:
        cv2.putText(image, "SECRET PERSON", (10, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1, cv2.LINE_AA)
        cv2.putText(image, "24.12.2025", (150, 240), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1, cv2.LINE_AA)
    return images


def test_text_in_the_frames_stops_it_until_it_is_blanked_or_kept(tmp_path: Path) -> None:
    images = lettered()
    source = str(write_images(tmp_path / "pictures", images))
    wanted = Wanted(source, tmp_path / "s", deidentify=True)
    with pytest.raises(InputError, match="the frames show text") as told:
        import_source(wanted, software_version="test")
    assert not (tmp_path / "s").exists()

    # the places that it names are where the text is
    places = [parse_region(text) for text in re.findall(r"--black ([\d,]+)", str(told.value))]
    with pytest.raises(InputError, match="the frames show text"):
        import_source(replace(wanted, black=tuple(places[:1])), software_version="test")
    import_source(replace(wanted, black=tuple(places)), software_version="test")
    with open_session(tmp_path / "s").frames() as reader:
        for frame, image in zip(reader, images, strict=True):
            expected = image.copy()
            for place in places:
                expected[place.part] = 0
            np.testing.assert_array_equal(frame.pixels, expected)
            assert frame.pixels.max() < 200, "no white stroke is left"

    import_source(replace(wanted, folder=tmp_path / "kept", keep_text=True), software_version="test")
    with open_session(tmp_path / "kept").frames() as reader:
        np.testing.assert_array_equal(reader.read(0).pixels, images[0])


@pytest.mark.parametrize("gray", [0, 60, 180])
def test_gray_and_black_text_is_found_by_its_standing_still(gray: int) -> None:
    plain = np.random.default_rng(3).normal(110, 4, (6, 256, 256)).clip(0, 255).astype(np.uint8)
    written = plain.copy()
    for image in written:
        cv2.putText(image, "SECRET PERSON", (20, 200), cv2.FONT_HERSHEY_SIMPLEX, 0.6, gray, 1, cv2.LINE_8)
    about = SourceInfo("x", "images", 256, 256, Intensity(PixelIntensityRelationship.DISP, 8))

    def found(images: np.ndarray) -> tuple[Region, ...]:
        frames = (Frame(k, 0, k, freeze_pixels(image, copy=True), "x") for k, image in enumerate(images))
        return text_in(about, frames)

    assert found(plain) == ()
    (place,) = found(written)
    ys, xs = np.nonzero((written != plain).any(axis=0))
    assert place.x <= xs.min()
    assert place.x + place.columns > xs.max()
    assert place.y <= ys.min()
    assert place.y + place.rows > ys.max()
    # a held image has no noise that would tell them apart
    assert found(np.repeat(plain[:1], 6, axis=0)) == ()


def test_without_text_nothing_has_to_be_said(tmp_path: Path) -> None:
    images = lettered()
    images[:, :60] = images[:, 100:160]
    images[:, 200:] = images[:, 100:156]
    done = import_source(
        Wanted(str(write_images(tmp_path / "p", images)), tmp_path / "s", deidentify=True),
        software_version="x",
    )
    assert done.frames == len(images)


def test_a_header_that_says_burned_in_is_believed(tmp_path: Path) -> None:
    source = named_run(tmp_path / "x", BurnedInAnnotation="YES")
    wanted = Wanted(str(source), tmp_path / "s", deidentify=True)
    with pytest.raises(InputError, match="the header says that text is burned in"):
        import_source(wanted, software_version="test")
    assert not (tmp_path / "s").exists()
    import_source(replace(wanted, black=(Region(0, 0, 40, 10),)), software_version="test")
    assert open_session(tmp_path / "s").about.complete


def test_blanked_is_no_x_ray_whichever_way_the_image_is_turned() -> None:
    dark = Intensity(PixelIntensityRelationship.LIN, 12, bright_is_radiolucent=True)
    assert black_value(dark) == 0
    assert black_value(replace(dark, bright_is_radiolucent=False)) == 4095


def test_the_picture_in_a_plan_is_blanked_as_the_frames_are() -> None:
    region = Region(5, 6, 30, 12)
    intensity = Intensity(PixelIntensityRelationship.LIN, 12)
    picture = reference_in(plan_without_names(named_plan(), [region], intensity).views[0])
    assert picture is not None
    expected = scene()
    expected[region.part] = 0
    np.testing.assert_array_equal(picture, expected)
