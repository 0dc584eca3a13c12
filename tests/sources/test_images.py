"""Image folders: order, depth, colour, what is refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from monitor.errors import EndOfStream, SourceError
from monitor.sources.images import ImagesSource, natural_key
from tests.sources.makers import REALDATA, run, write_images


@pytest.mark.parametrize(
    ("suffix", "bits"),
    [(".png", 8), (".png", 16), (".tif", 8), (".tiff", 16), (".bmp", 8), (".pgm", 8), (".pgm", 16)],
)
def test_lossless_kinds_are_exact(suffix: str, bits: int, tmp_path: Path) -> None:
    images = run(2, bits=bits)
    with ImagesSource(write_images(tmp_path / "run", images, suffix)) as source:
        assert source.info.intensity.bits_stored == bits
        assert source.info.frame_period_s is None
        assert np.array_equal(source.read().pixels, images[0])
        assert np.array_equal(source.read().pixels, images[1])


def test_natural_order() -> None:
    names = ["IM10.png", "im2.png", "IM1.png", "a.png", "IM02b.png"]
    assert sorted(names, key=natural_key) == ["a.png", "IM1.png", "im2.png", "IM02b.png", "IM10.png"]


def test_ten_files_come_in_natural_order(tmp_path: Path) -> None:
    images = run(12, bits=8)
    with ImagesSource(write_images(tmp_path / "run", images)) as source:
        got = np.stack([source.read().pixels for _ in range(12)])
        with pytest.raises(EndOfStream):
            source.read()
    assert np.array_equal(got, images)


def test_a_pgm_says_its_own_depth(tmp_path: Path) -> None:
    image = run(1, bits=12)[0]
    header = f"P5\n# from a frame grabber\n{image.shape[1]} {image.shape[0]}\n4095\n".encode()
    (tmp_path / "a.pgm").write_bytes(header + image.astype(">u2").tobytes())
    with ImagesSource(tmp_path) as source:
        assert source.info.intensity.bits_stored == 12
        assert np.array_equal(source.read().pixels, image)


def test_colour_becomes_luma_and_alpha_is_dropped(tmp_path: Path) -> None:
    image = np.zeros((8, 8, 4), np.uint8)
    image[..., 2], image[..., 3] = 200, 3
    cv2.imwrite(str(tmp_path / "a.png"), image)
    cv2.imwrite(str(tmp_path / "b.png"), np.full((8, 8, 3), 90, np.uint8))
    with ImagesSource(tmp_path) as source:
        assert (source.read().pixels == round(0.299 * 200)).all()
        assert (source.read().pixels == 90).all()


def test_another_size_is_an_error_only_once_it_is_reached(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "run", run(3, bits=8))
    cv2.imwrite(str(folder / "IM2.png"), np.zeros((10, 20), np.uint8))
    with ImagesSource(folder) as source:
        source.read()
        for _ in range(2):
            with pytest.raises(SourceError, match=r"IM2\.png: 20 x 10 8 bit.*64 x 48"):
                source.read()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".pgm", ".tif"])
def test_a_cut_image_is_named_and_never_shown_in_part(
    suffix: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = write_images(tmp_path / "run", run(2, bits=8), suffix)
    path = folder / f"IM2{suffix}"
    path.write_bytes(path.read_bytes()[:-200])
    with ImagesSource(folder) as source:
        source.read()
        with pytest.raises(SourceError, match=rf"IM2\{suffix}: "):
            source.read()
    assert capfd.readouterr() == ("", "")


def test_pages_and_float_samples_are_refused_not_guessed(tmp_path: Path) -> None:
    images = run(2, bits=8)
    cv2.imwritemulti(str(tmp_path / "a.tif"), list(images))
    with pytest.raises(SourceError, match=r"a\.tif: holds 2 pages"):
        ImagesSource(tmp_path / "a.tif").open()
    cv2.imwrite(str(tmp_path / "b.tif"), images[0].astype(np.float32))
    with pytest.raises(SourceError, match=r"b\.tif: samples are float32"):
        ImagesSource(tmp_path / "b.tif").open()


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(rate: float, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="frame rate"):
        ImagesSource(tmp_path, rate)


@pytest.mark.realdata
@pytest.mark.skipif(not REALDATA.is_dir(), reason="real data are not beside the project")
def test_real_coronary_run() -> None:
    with ImagesSource(REALDATA / "coronary_run") as source:
        assert (source.info.frame_count, source.info.rows, source.info.columns) == (37, 512, 512)
        frames = [source.read() for _ in range(37)]
    assert all(frame.t_source_ns is None for frame in frames)
    first, filled = frames[0].pixels.astype(int), frames[20].pixels.astype(int)
    # Contrast medium is dark, and the vessels it fills were not.
    assert np.count_nonzero(filled < first - 50) > 4 * np.count_nonzero(filled > first + 50)
