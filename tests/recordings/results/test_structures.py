"""Lines of a presentation state, and what makes the image below them visible."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from monitor.sources.dicom import DicomSource
from recordings.dicom_origin import OriginObject
from recordings.results.frames import of_origins
from recordings.results.structures import _pieces
from tests.sources.makers import save, xa

SHAPE = 200, 100


def test_a_line_that_leaves_the_image_is_not_bent_along_its_border() -> None:
    ((piece),) = _pieces(np.array([[9.5, 9.5], [-90.5, 109.5]], np.float32), SHAPE, closed=False)
    np.testing.assert_allclose(piece, [[10, 10], [0, 20]], atol=1e-3)
    first, second = _pieces(
        np.array([[9.5, 9.5], [-10.5, 9.5], [9.5, 29.5]], np.float32), SHAPE, closed=False
    )
    np.testing.assert_allclose(first, [[10, 10], [0, 10]], atol=1e-3)
    np.testing.assert_allclose(second, [[0, 20], [10, 30]], atol=1e-3)
    (across,) = _pieces(np.array([[-50.5, 49.5], [149.5, 49.5]], np.float32), SHAPE, closed=False)
    np.testing.assert_allclose(across, [[0, 50], [100, 50]], atol=1e-3)
    assert _pieces(np.array([[-9.0, 5.0], [-3.0, 5.0]], np.float32), SHAPE, closed=False) == []


def test_a_closed_line_is_closed_and_whole_where_it_lies_in_the_image() -> None:
    square = np.array([[4, 5], [14, 5], [14, 15], [4, 15]], np.float32)
    (piece,) = _pieces(square, SHAPE, closed=True)
    np.testing.assert_allclose(piece, np.vstack([square, square[:1]]) + 0.5)


def test_values_of_signed_images_are_told_as_their_object_stores_them(tmp_path: Path) -> None:
    header = xa(np.full((2, 8, 8), -100, np.int16), StudyInstanceUID="1.2.3")
    path = save(header, tmp_path / "signed.dcm")
    with DicomSource(path) as source:
        recorded = int(source.read().pixels[0, 0])
        uids = str(header.SOPClassUID), str(header.SOPInstanceUID), "1.2.3", str(header.SeriesInstanceUID)
        images = of_origins([OriginObject(*uids, 0, 2)], source.info, [0, 1])
    assert images is not None
    assert recorded - images.images[0].shift == -100
