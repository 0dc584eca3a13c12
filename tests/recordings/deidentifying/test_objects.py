"""Objects from which names were taken: nothing identifies in any byte, all else is as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

from monitor.errors import InputError
from recordings.deidentifying.looking import Look
from recordings.deidentifying.remains import Remain
from recordings.deidentifying.run import Outcome, Wanted, deidentify
from recordings.deidentifying.secret import Secret, secret_of
from recordings.deidentifying.values import is_fit, shifted_date, shifted_date_time
from recordings.importing.regions import Region
from tests import peers
from tests.recordings.deidentifying.corpus import (
    INSTANCE,
    SECRETS,
    compressed,
    loaded,
    pictures,
    report,
    save,
)

SECRET = Secret(b"k" * 32)
OTHER = Secret(b"o" * 32)
BOX = Region(0, 4, 96, 26)


def done(out: Path, *sources: Path, secret: Secret = SECRET, **more: object) -> Outcome:
    return deidentify(replace(Wanted(tuple(sources), out, secret), **more))


def only(out: Path) -> Path:
    (path,) = out.rglob("*.dcm")
    return path


def assert_clean(out: Path) -> None:
    held = b"\n".join(path.name.encode() + path.read_bytes() for path in out.rglob("*") if path.is_file())
    held = held.lower()
    for secret in SECRETS:
        for encoding in ("utf-8", "latin-1", "iso2022_jp"):
            try:
                assert secret.lower().encode(encoding) not in held, secret
            except UnicodeEncodeError:
                continue


def test_nothing_identifies_in_any_place_of_an_object(tmp_path: Path) -> None:
    source = save(loaded(pictures()), tmp_path / "Mustermann" / "Erika.dcm")
    outcome = done(tmp_path / "out", source)
    assert (outcome.files, outcome.remains, outcome.waiting) == (1, [], [])
    assert_clean(tmp_path / "out")

    before, after = dcmread(source), dcmread(only(tmp_path / "out"))
    np.testing.assert_array_equal(after.pixel_array, before.pixel_array)
    assert not [element for element in after.iterall() if element.tag.is_private]
    assert not [element for element in after if element.tag.group in (0x5000, 0x6000)]
    assert after.file_meta.MediaStorageSOPInstanceUID == after.SOPInstanceUID
    assert after.SOPInstanceUID.startswith("2.25.")
    # references still lead to the same object
    assert after.SourceImageSequence[0].ReferencedSOPInstanceUID == after.SOPInstanceUID
    nested = after.ContributingEquipmentSequence[0]
    assert nested.PurposeOfReferenceCodeSequence[0].CodeMeaning == "REMOVED"
    assert nested.Manufacturer == "Maker"

    shift = SECRET.shift("MRN-4711-X")
    day = (date(2025, 12, 24) + shift).strftime("%Y%m%d")
    assert (after.StudyDate, after.StudyTime) == (day, "101112")
    assert after.AcquisitionDateTime == f"{day}101112.500000+0100"
    assert (after.PatientSex, after.PatientSize, after.PatientAge) == ("F", 1.6, "090Y")
    assert (after.PatientBirthDate, after.AccessionNumber, after.StationName) == ("", "", "REMOVED")
    assert (after.DeviceSerialNumber, after.KVP, after.ManufacturerModelName) == ("SN-1", 80, "REMOVED")
    assert (after.PatientIdentityRemoved, after.LongitudinalTemporalInformationModified) == (
        "YES",
        "MODIFIED",
    )
    codes = [code.CodeValue for code in after.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113104", "113107", "113108", "113109"]
    assert "BurnedInAnnotation" not in after, "nobody has looked at the frames"


def test_the_same_key_gives_the_same_and_another_gives_nothing_alike(tmp_path: Path) -> None:
    one = save(loaded(pictures()), tmp_path / "in" / "a.dcm")
    second = save(loaded(pictures(), f"{INSTANCE}.5"), tmp_path / "in" / "b.dcm")
    done(tmp_path / "both", tmp_path / "in")
    done(tmp_path / "again", second)
    done(tmp_path / "other", one, secret=OTHER)
    both = {path.name: dcmread(path) for path in (tmp_path / "both").rglob("*.dcm")}
    again, other = only(tmp_path / "again"), dcmread(only(tmp_path / "other"))
    assert again.read_bytes() == (tmp_path / "both" / again.parent.name / again.name).read_bytes()
    for keyword in ("PatientID", "StudyInstanceUID", "StudyDate", "SeriesInstanceUID"):
        values = {held.get(keyword) for held in both.values()}
        assert len(values) == 1
        assert other.get(keyword) not in values
    # the second refers to the first, and still does
    assert {held.SourceImageSequence[0].ReferencedSOPInstanceUID for held in both.values()} < {
        held.SOPInstanceUID for held in both.values()
    }


def test_a_report_keeps_its_measurements_and_no_words(tmp_path: Path) -> None:
    source = save(report(), tmp_path / "dose.dcm")
    assert done(tmp_path / "out", source).remains == []
    assert_clean(tmp_path / "out")
    after = dcmread(only(tmp_path / "out"))
    name, comment, serial, uid, when, dose = after.ContentSequence
    assert (name.PersonName, comment.TextValue, serial.TextValue) == ("REMOVED", "REMOVED", "SN-1")
    assert uid.UID.startswith("2.25.")
    assert when.DateTime[8:] == "101500"
    assert when.DateTime[:8] == after.StudyDate
    assert dose.MeasuredValueSequence[0].NumericValue == "0.012"


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (b"\x08\0\x60\0CS", b"XA"), (b"\x08\0\x70\0LO", b"Maker "), (b"\x08\0\x16\0UI", None),
        (b"\x18\0\x60\0DS", b"80"),
    ],
)  # fmt: skip
def test_an_element_that_has_swallowed_what_follows_goes(tag: bytes, value: bytes, tmp_path: Path) -> None:
    """A wrong length makes the patient's name a part of a code, which stays, and of no name that is known."""
    ds = loaded(pictures(2))
    for keyword in ("PatientName", "PatientID", "OtherPatientIDsSequence", "InstitutionName"):
        del ds[keyword]
    # PHI behind each of them, in elements that nobody will see as such
    path = save(ds, tmp_path / "a.dcm")
    held = path.read_bytes()
    at = held.index(tag) + 6
    length = int.from_bytes(held[at : at + 2], "little")
    swallowed = b"\x10\0\x10\0PN\x0e\0Swallow^Hidden"
    held = held[:at] + (length + len(swallowed)).to_bytes(2, "little") + held[at + 2 : at + 2 + length]
    held += swallowed + path.read_bytes()[at + 2 + length :]
    path.write_bytes(held)
    try:
        done(tmp_path / "out", path)
    except InputError:
        return
    for made in (tmp_path / "out").rglob("*"):
        assert made.is_dir() or b"Swallow" not in made.read_bytes()


@pytest.mark.parametrize("kind", ["US", "SS", "UL", "FL", "FD", "OW", "LO", "CS", "DS", "AT"])
def test_words_among_numbers_are_seen(kind: str) -> None:
    text = b"Mustermann^Erika" * 12
    numbers = {"US": "<u2", "SS": "<i2", "UL": "<u4", "FL": "<f4", "FD": "<f8", "AT": "<u4"}
    swallowed = np.frombuffer(text, numbers[kind]).tolist() if kind in numbers else text
    assert not is_fit(kind, swallowed if kind in numbers or kind == "OW" else text.decode())
    plain = {"OW": bytes(range(128, 256)) * 8, "LO": "Maker of arcs", "CS": "LATERAL", "DS": ["0.1", "-2e3"]}
    assert is_fit(kind, plain.get(kind, [1] * 40))


SYNTAXES = (
    ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, RLELossless, JPEG2000Lossless,
    JPEGLSLossless, JPEGBaseline8Bit,
)  # fmt: skip


@pytest.mark.parametrize("syntax", SYNTAXES, ids=lambda uid: uid.keyword)
def test_text_is_masked_in_every_form_of_pixels_and_nothing_else_changes(syntax: str, tmp_path: Path) -> None:
    lossy = syntax == JPEGBaseline8Bit
    images = pictures(4, 96, 8 if lossy else 12, text=True)
    ds = loaded(images)
    if syntax == ExplicitVRBigEndian:
        ds.PixelData = images.astype(">u2").tobytes()
    if syntax in SYNTAXES[:3]:
        ds.file_meta.TransferSyntaxUID = syntax
        path = tmp_path / "a.dcm"
        little = syntax != ExplicitVRBigEndian
        ds.save_as(
            path, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=little, force_encoding=True
        )
    else:
        path = save(compressed(ds, syntax), tmp_path / "a.dcm", trailing=False)
    asked = done(tmp_path / "out", path)
    assert len(asked.waiting) == 1
    assert not (tmp_path / "out").exists(), "nothing is written that nobody confirmed"
    (found,) = asked.waiting[0].found
    assert BOX.y <= found.y + found.rows // 2 <= BOX.y + BOX.rows
    assert lossy or (found.x <= 6 and found.columns >= 70)

    outcome = done(tmp_path / "out", path, black=(BOX,))
    assert outcome.remains == []
    before, after = dcmread(path), dcmread(only(tmp_path / "out"))
    assert after.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    expected = before.pixel_array.copy()
    expected[:, BOX.part[0], BOX.part[1]] = 0
    np.testing.assert_array_equal(after.pixel_array, expected)
    assert after.BurnedInAnnotation == "NO"
    assert "113101" in [code.CodeValue for code in after.DeidentificationMethodCodeSequence]
    assert after.get("LossyImageCompression", "00") == ("01" if lossy else "00")
    assert_clean(tmp_path / "out")


def test_colour_is_masked(tmp_path: Path) -> None:
    images = np.repeat(pictures(3, 96, 8, text=True)[..., None], 3, axis=3)
    images[..., 1] //= 2
    path = save(loaded(images), tmp_path / "a.dcm")
    assert done(tmp_path / "out", path, black=(BOX,)).remains == []
    after = dcmread(only(tmp_path / "out"))
    expected = images.copy()
    expected[:, BOX.part[0], BOX.part[1]] = 0
    np.testing.assert_array_equal(after.pixel_array, expected)


def test_signed_values_keep_their_meaning(tmp_path: Path) -> None:
    images = pictures(3, 96).astype(np.int16) - 2048
    ds = loaded(images.astype(np.uint16))
    ds.PixelData, ds.PixelRepresentation = images.tobytes(), 1
    path = save(ds, tmp_path / "a.dcm")
    assert done(tmp_path / "out", path, black=(BOX,)).remains == []
    expected = images.copy()
    expected[:, BOX.part[0], BOX.part[1]] = -2048
    np.testing.assert_array_equal(dcmread(only(tmp_path / "out")).pixel_array, expected)


def test_a_drawing_in_the_bits_beside_the_image_goes(tmp_path: Path) -> None:
    images = pictures(3, 96)
    ds = loaded(images | (0xA000 * (np.arange(96) % 2)).astype(np.uint16))
    ds[0x60000102].value = 15
    path = save(ds, tmp_path / "a.dcm")
    assert done(tmp_path / "out", path).remains == []
    after = dcmread(only(tmp_path / "out"))
    np.testing.assert_array_equal(np.frombuffer(after.PixelData, "<u2").reshape(images.shape), images)


def test_a_comment_in_a_code_stream_goes_with_the_compression(tmp_path: Path) -> None:
    path = save(compressed(loaded(pictures(3, 96, 8)), JPEGBaseline8Bit), tmp_path / "a.dcm", trailing=False)
    assert b"Erika" in path.read_bytes()
    assert done(tmp_path / "out", path).remains == []
    after = dcmread(only(tmp_path / "out"))
    assert after.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    np.testing.assert_array_equal(after.pixel_array, dcmread(path).pixel_array)
    assert_clean(tmp_path / "out")


def test_compressed_pixels_stay_as_they_are_where_nothing_is_blanked(tmp_path: Path) -> None:
    path = save(compressed(loaded(pictures(3, 96)), RLELossless), tmp_path / "a.dcm", trailing=False)
    ds = dcmread(path)
    for element in [e for e in ds if e.tag.group == 0x6000]:
        del ds[element.tag]
    ds.save_as(path)
    assert done(tmp_path / "out", path).remains == []
    after = dcmread(only(tmp_path / "out"))
    assert after.file_meta.TransferSyntaxUID == RLELossless
    np.testing.assert_array_equal(after.pixel_array, dcmread(path).pixel_array)


def test_text_is_kept_only_where_that_is_said(tmp_path: Path) -> None:
    ds = loaded(pictures(4, text=True))
    ds.BurnedInAnnotation = "YES"
    path = save(ds, tmp_path / "a.dcm")
    outcome = done(tmp_path / "out", path, keep_text=True)
    assert outcome.text_kept == [str(path)]
    after = dcmread(only(tmp_path / "out"))
    assert after.BurnedInAnnotation == "YES"
    np.testing.assert_array_equal(after.pixel_array, dcmread(path).pixel_array)


def test_a_header_that_states_text_is_asked_about(tmp_path: Path) -> None:
    ds = loaded(pictures(4))
    ds.BurnedInAnnotation = "YES"
    path = save(ds, tmp_path / "a.dcm")
    assert [look.states_text for look in done(tmp_path / "out", path).waiting] == [True]
    confirmed: list[Look] = []

    def confirm(look: Look) -> tuple[Region, ...]:
        confirmed.append(look)
        return ()

    assert deidentify(Wanted((path,), tmp_path / "out", SECRET), confirm).remains == []
    assert confirmed[0].count == 4
    assert confirmed[0].highest is not None
    assert dcmread(only(tmp_path / "out")).BurnedInAnnotation == "NO"


def test_what_is_left_is_listed_and_nothing_is_kept(tmp_path: Path) -> None:
    ds = loaded(pictures(3))
    ds.BodyPartExamined = "MUSTERMANN"  # a code, which the profile keeps
    ds.ImageComments = "x"
    path = save(ds, tmp_path / "a.dcm")
    outcome = done(tmp_path / "out", path)
    assert outcome.remains == [Remain("PatientName", str(path))]
    assert "MUSTERMANN" not in str(outcome.remains[0]), "what is said ends up in logs"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.dcm"]


@pytest.mark.parametrize("what", ["no DICOM", "cut", "document", "within", "there", "outside"])
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(what: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    path, out, more = save(loaded(pictures(3)), folder / "a.dcm"), tmp_path / "out", {}
    if what == "no DICOM":
        path.write_bytes(b"GIF89a" * 40)
        path = folder
    elif what == "cut":
        path.write_bytes(path.read_bytes()[:9000])
    elif what == "document":
        ds = dcmread(path)
        ds.EncapsulatedDocument = b"%PDF"
        ds.save_as(path)
    elif what == "within":
        path, out = folder, folder / "out"
    elif what == "there":
        out = folder
    else:
        more = {"black": (Region(500, 0, 10, 10),)}
    with pytest.raises(InputError) as told:
        done(out, path, **more)
    assert "\n" not in str(told.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in"]


def test_the_key_is_its_owners_alone_and_is_never_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "key"
    made, new = secret_of(path)
    assert new
    assert path.stat().st_mode & 0o777 == 0o600
    assert secret_of(path) == (made, False)
    assert made.key.hex() not in repr(made)
    path.chmod(0o644)
    with pytest.raises(InputError, match="others can read it"):
        secret_of(path)
    path.chmod(0o600)
    path.write_text("short")
    with pytest.raises(InputError, match="no key"):
        secret_of(path)


@given(st.dates(date(1905, 1, 1), date(2100, 1, 1)), st.dates(date(1905, 1, 1), date(2100, 1, 1)), st.text())
def test_days_keep_their_distance(first: date, second: date, patient: str) -> None:
    shift = SECRET.shift(patient)
    assert shift <= timedelta(days=-31)
    moved = [shifted_date(day.strftime("%Y%m%d"), shift) for day in (first, second)]
    days = [date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}") for text in moved if text is not None]
    assert days[1] - days[0] == second - first
    at = shifted_date_time(f"{first:%Y%m%d}101112.5+0130", shift)
    assert at == f"{moved[0]}101112.5+0130"


@pytest.mark.parametrize("text", ["", "2025", "tomorrow", "20251399", "99990101", "00010101", "2025-12-24"])
def test_what_is_no_day_never_stays(text: str) -> None:
    assert shifted_date(text, timedelta(days=-400)) is None or text == "99990101"


def test_it_opens_at_others_without_new_complaints(tmp_path: Path) -> None:
    peers.program("dciodvfy")
    source = save(loaded(pictures(3)), tmp_path / "a.dcm", trailing=False)
    done(tmp_path / "out", source, black=(BOX,))
    before = peers.run("dciodvfy", "-new", source, status=None).splitlines()
    after = peers.run("dciodvfy", "-new", only(tmp_path / "out"), status=None).splitlines()
    assert {line for line in after if line.startswith("Error")} <= set(before)
    assert "MUSTERMANN" not in peers.run("dcmdump", only(tmp_path / "out")).upper()
