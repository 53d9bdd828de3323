"""The border: what comes in as file, picture or array, and what goes out."""

import io
import re
import struct
import time
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image, ImageCms, TiffImagePlugin

from styletransfer import images
from styletransfer.errors import ImageError
from styletransfer.images import (
    keep_color,
    limit_side,
    normalize_image,
    open_image,
    read_settings,
    restore_alpha,
    save_image,
    split_alpha,
    to_image,
    to_tensor,
)

COLOR = (200, 100, 50)
ORIENTATION = 0x0112
SETTINGS = {"style": "Größe \u2603", "strength": 0.5, "seed": 3, "preserve_color": True, "mix": [1, None]}


def encoded(image: Image.Image, format_name: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format_name, **options)
    return stream.getvalue()


def noise(height: int = 24, width: int = 32, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)


def assert_near(image: Image.Image, expected: object, tolerance: float = 1) -> None:
    np.testing.assert_allclose(np.asarray(image, np.float32), np.asarray(expected, np.float32), atol=tolerance)


def skip_unless_readable(format_name: str) -> None:
    if format_name in ("AVIF", "HEIF") and format_name not in images._read_formats():
        pytest.skip(f"{format_name} is not installed")


def swapped_profile() -> bytes:
    """sRGB with its red and green primaries exchanged."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"xxxx").replace(b"gXYZ", b"rXYZ").replace(b"xxxx", b"gXYZ")


def lut_profile(space: bytes, lab: np.ndarray) -> bytes:
    """A profile that maps a colour space to CIELAB through a table of 2 steps a channel (lut8, ICC.1:2010, 10.9)."""
    inputs = lab.ndim - 1
    ramp = bytes(range(256))
    identity = [65536 if i % 4 == 0 else 0 for i in range(9)]
    table = b"mft1\0\0\0\0" + bytes([inputs, 3, 2, 0]) + struct.pack(">9i", *identity)
    table += ramp * inputs + lab.astype(np.uint8).tobytes() + ramp * 3
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    table += b"\0" * (-len(table) % 4)
    tags = struct.pack(">I4sII4sII", 2, b"A2B0", 156, len(table), b"wtpt", 156 + len(table), len(white))
    size = 156 + len(table) + len(white)
    header = struct.pack(">I4sI4s4s4s12s4s", size, b"lcms", 0x02400000, b"prtr", space, b"Lab ", bytes(12), b"acsp")
    header += bytes(68 - len(header)) + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + tags + table + white


# --- formats and modes ---


@pytest.mark.parametrize(
    ("format_name", "tolerance"),
    [("PNG", 0), ("BMP", 0), ("TIFF", 0), ("GIF", 0), ("JPEG", 3), ("WEBP", 4), ("AVIF", 4), ("HEIF", 4)],
)
@pytest.mark.parametrize("as_source", [lambda path: path, str, Path.read_bytes, lambda path: io.BytesIO(path.read_bytes())])
def test_formats_and_sources(tmp_path, format_name, tolerance, as_source):
    skip_unless_readable(format_name)
    path = tmp_path / "picture"
    path.write_bytes(encoded(Image.new("RGB", (32, 16), COLOR), format_name))
    image = open_image(as_source(path))
    assert (image.mode, image.size, image.info) == ("RGB", (32, 16), {})
    assert_near(image, np.full((16, 32, 3), COLOR), tolerance)


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [
        ("1", 1, (255, 255, 255)),
        ("L", 77, (77, 77, 77)),
        ("LA", (77, 40), (77, 77, 77, 40)),
        ("LA", (77, 255), (77, 77, 77)),
        ("La", (20, 40), (127, 127, 127, 40)),
        ("RGBA", (*COLOR, 40), (*COLOR, 40)),
        ("RGBA", (*COLOR, 255), COLOR),
        ("RGBa", (20, 10, 5, 40), (127, 63, 31, 40)),
        ("RGBX", (*COLOR, 0), COLOR),
        ("CMYK", (0, 255, 255, 0), (255, 0, 0)),
        ("YCbCr", (76, 85, 255), (255, 0, 0)),
        ("HSV", (0, 255, 255), (255, 0, 0)),
        ("LAB", (136, 208, 195), (255, 0, 0)),
        ("I;16", 0x8000, (128, 128, 128)),
        ("I;16B", 65535, (255, 255, 255)),
        ("I;16", 51400, (200, 200, 200)),
        ("I", 51400, (200, 200, 200)),
        ("I", 70000, (255, 255, 255)),
        ("F", 0.5, (128, 128, 128)),
        ("F", 100.0, (100, 100, 100)),
        ("F", -3.0, (0, 0, 0)),
    ],
)
def test_modes_in_memory(mode, value, expected):
    image = Image.new(mode, (3, 2), value)
    result = normalize_image(image)
    assert result.mode == ("RGBA" if len(expected) == 4 else "RGB")
    assert_near(result, np.broadcast_to(expected, (2, 3, len(expected))), {"LAB": 12, "I": 0, "I;16": 0}.get(mode, 1))
    assert image.mode == mode


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK", "LAB", "YCbCr", "F", "I"])
def test_modes_in_files(mode):
    ramp = Image.linear_gradient("L").resize((16, 16))
    picture = Image.merge("LAB", [ramp, ramp, ramp]) if mode == "LAB" else ramp.convert("RGB").convert(mode)
    if mode == "P":
        picture = ramp.quantize(256)
    if mode in ("I", "I;16"):
        picture = Image.fromarray(np.asarray(ramp).astype(np.uint16) * 257)
        picture = picture.convert("I") if mode == "I" else picture
    format_name = {"CMYK": "TIFF", "LAB": "TIFF", "F": "TIFF", "I": "TIFF", "YCbCr": "JPEG"}.get(mode, "PNG")
    result = open_image(encoded(picture, format_name))
    assert result.mode == "RGB"
    assert_near(result, picture.convert("RGB") if mode in ("1", "LAB", "CMYK") else ramp.convert("RGB"), 2)


@pytest.mark.parametrize(
    ("mode", "transparency", "value", "alpha"), [("P", 1, 1, 0), ("P", bytes([255, 90]), 1, 90), ("L", 1, 1, 0), ("1", 0, 0, 0)]
)
@pytest.mark.parametrize("format_name", ["PNG", "GIF"])
def test_transparent_colour(mode, transparency, value, alpha, format_name):
    if format_name == "GIF" and (mode != "P" or alpha):
        pytest.skip("GIF has palettes and one transparent colour only")
    picture = Image.new(mode, (2, 1))
    if mode == "P":
        picture.putpalette([1, 2, 3, 9, 8, 7])
    picture.putpixel((0, 0), value)
    picture.putpixel((1, 0), 1 - value)
    result = open_image(encoded(picture, format_name, transparency=transparency))
    assert result.mode == "RGBA"
    assert [result.getpixel((x, 0))[3] for x in (0, 1)] == [alpha, 255]


def test_gif_gives_its_first_frame():
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]
    assert open_image(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])).getpixel((0, 0)) == (255, 0, 0)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bit_files(suffix, channels):
    pixels = noise(channels=channels).astype(np.uint16) * 257
    swap = [2, 1, 0, 3][:channels] if channels > 1 else [0]
    result = open_image(cv2.imencode(suffix, pixels[..., swap])[1].tobytes())
    expected = np.repeat(pixels, 3, 2) if channels == 1 else pixels
    assert_near(result, expected / 257)


def float_tiff(pixels: np.ndarray, orientation: int, profile: bytes) -> bytes:
    height, width, _ = pixels.shape
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[256], tags[257], tags[258], tags[259], tags[262], tags[274] = width, height, (32, 32, 32), 1, 2, orientation
    tags[273], tags[277], tags[278], tags[279], tags[339] = 0, 3, height, pixels.nbytes, (3, 3, 3)
    tags[34675] = profile
    return b"II*\0\x08\0\0\0" + tags.tobytes(8) + pixels.tobytes()


def test_float_tiff_pillow_cannot_read():
    pixels = np.zeros((5, 7, 3), np.float32)
    pixels[:, -1] = (0.8, 0.1, 0.1)
    pixels[0, 0] = 1.7
    data = float_tiff(pixels, 6, swapped_profile())
    with pytest.raises(Image.UnidentifiedImageError):
        Image.open(io.BytesIO(data))
    result = open_image(data)
    assert result.size == (5, 7)  # turned clockwise: the last column is the bottom row
    assert_near(result.crop((0, 6, 5, 7)), np.full((1, 5, 3), (26, 204, 26)), 2)
    assert result.getpixel((4, 0)) == (255, 255, 255)


def test_float_tiff_is_measured_before_it_is_read(monkeypatch):
    data = cv2.imencode(".tiff", noise().astype(np.float32))[1].tobytes()
    monkeypatch.setattr(images, "MAX_PIXELS", 100)
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("decoded"))
    with pytest.raises(ImageError, match="too large"):
        open_image(data)


# --- orientation ---

# Where the file's top left corner and the neighbour to its right are shown, as (row, column) of corners (EXIF 2.32, 4.6.4).
SHOWN = {
    1: ((0, 0), (0, -1)),
    2: ((0, -1), (0, 0)),
    3: ((-1, -1), (-1, 0)),
    4: ((-1, 0), (-1, -1)),
    5: ((0, 0), (-1, 0)),
    6: ((0, -1), (-1, -1)),
    7: ((-1, -1), (0, -1)),
    8: ((-1, 0), (0, 0)),
}


@pytest.mark.parametrize("orientation", SHOWN)
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "HEIF", "memory"])
def test_orientation(orientation, format_name):
    pixels = np.zeros((32, 64, 3), np.uint8)
    pixels[:16, :16], pixels[:16, -16:] = (255, 0, 0), (0, 0, 255)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    picture = Image.fromarray(pixels)
    picture.info["exif"] = exif.tobytes()
    skip_unless_readable(format_name)
    in_memory = format_name == "memory"
    result = normalize_image(picture) if in_memory else open_image(encoded(picture, format_name, exif=exif.tobytes()))
    assert result.size == ((64, 32) if orientation <= 4 else (32, 64))
    shown = np.asarray(result)
    for (row, column), channel in zip(SHOWN[orientation], (0, 2), strict=True):
        corner = shown[4 if row == 0 else -5, 4 if column == 0 else -5]
        assert corner.argmax() == channel and corner[channel] > 200
    assert normalize_image(result).tobytes() == result.tobytes()  # not turned twice
    assert result.getexif().get(ORIENTATION) is None


def test_broken_exif_is_ignored():
    assert open_image(encoded(Image.new("RGB", (4, 4), COLOR), "PNG", exif=b"Exif\0\0broken")).getpixel((0, 0)) == COLOR


# --- ICC profiles ---


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_profile_is_converted(mode):
    color = (220, 30, 30, 90) if mode == "RGBA" else (220, 30, 30)
    picture = Image.new("RGB" if mode == "P" else mode, (4, 4), color)
    picture = picture.quantize(2) if mode == "P" else picture
    result = open_image(encoded(picture, "PNG", icc_profile=swapped_profile()))
    assert_near(result, np.broadcast_to((30, 220, 30, 90)[: len(color)], (4, 4, len(color))), 2)
    assert normalize_image(result).tobytes() == result.tobytes()  # not converted twice


def test_profile_in_memory():
    picture = Image.new("RGB", (4, 4), (220, 30, 30))
    picture.info["icc_profile"] = swapped_profile()
    assert normalize_image(picture).getpixel((0, 0))[1] > 200


def test_grey_picture_with_colour_profile():
    lab = np.full((2, 2, 2, 3), 128)
    lab[..., 0] = np.indices((2, 2, 2)).sum(0) * 85  # L* grows evenly: the middle, 50, is 119 in sRGB
    profile = lut_profile(b"RGB ", lab)
    assert_near(open_image(encoded(Image.new("L", (4, 4), 128), "PNG", icc_profile=profile)), np.full((4, 4, 3), 119), 2)


@pytest.mark.parametrize("format_name", ["JPEG", "TIFF"])
def test_cmyk_goes_through_its_profile(format_name):
    lab = np.full((2, 2, 2, 2, 3), 128)
    lab[..., 0] = 255
    lab[1, ..., 0] = 138  # this printer's cyan is a grey of L* 54
    lab[..., 1, 0] = 0
    picture = Image.new("CMYK", (8, 8), (255, 0, 0, 0))
    assert_near(open_image(encoded(picture, format_name)), np.full((8, 8, 3), (0, 255, 255)), 3)
    profile = lut_profile(b"CMYK", lab)
    assert_near(open_image(encoded(picture, format_name, icc_profile=profile)), np.full((8, 8, 3), 129), 3)


@pytest.mark.parametrize("profile", [b"junk" * 50, swapped_profile()[:200], lut_profile(b"CMYK", np.full((2, 2, 2, 2, 3), 128))])
def test_unusable_profile_is_ignored(profile):
    assert open_image(encoded(Image.new("RGB", (4, 4), COLOR), "PNG", icc_profile=profile)).getpixel((0, 0)) == COLOR


# --- what is refused ---

PNG = encoded(Image.fromarray(noise(64, 64)), "PNG")
JPEG = encoded(Image.fromarray(noise(64, 64)), "JPEG")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"hello " * 100, "not a picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "not a picture"),
        (PNG[:20], "not a picture"),
        (PNG[: len(PNG) // 2], "damaged"),
        (JPEG[: len(JPEG) // 2], "damaged"),
        (PNG[:200] + b"\0" * 999 + PNG[1199:], "damaged"),
        (b"II*\0\x08\0\0\0\xff\xff", "not a picture"),
        (encoded(Image.fromarray(np.full((2, 2), np.nan, np.float32)), "TIFF"), "no numbers"),
    ],
)
@pytest.mark.parametrize("in_file", [True, False])
def test_unusable_data(tmp_path, data, words, in_file):
    path = tmp_path / "photo.png"
    path.write_bytes(data)
    with pytest.raises(ImageError, match=words) as caught:
        open_image(path if in_file else data)
    message = str(caught.value)
    assert message.endswith(".") and "\n" not in message
    if "no numbers" not in words:
        assert message.startswith("photo.png" if in_file else "The file")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("missing.png", "missing.png does not exist"),
        (".", "is a folder"),
        ("a\0b", "cannot be opened"),
        ("a" * 999, "cannot be opened"),
    ],
)
@pytest.mark.parametrize("read", [open_image, read_settings])
def test_unusable_path(tmp_path, path, words, read):
    with pytest.raises(ImageError, match=words):
        read(tmp_path / path)


@pytest.mark.parametrize("side", [8001, 13_000, 20_000])  # below, in and above the range where Pillow warns
def test_bomb_is_refused_from_its_header(side):
    bomb = encoded(Image.new("1", (side, side)), "PNG")
    assert len(bomb) < 200_000
    open_image(PNG)  # loads Pillow's plugins
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        start = time.perf_counter()
        with pytest.raises(ImageError, match=r"too large.*; reduce it to 64 million pixels"):
            open_image(bomb)
    assert time.perf_counter() - start < 0.1


def test_size_limit_is_inclusive(monkeypatch):
    monkeypatch.setattr(images, "MAX_PIXELS", 64 * 64)
    assert open_image(PNG).size == normalize_image(noise(64, 64)).size == (64, 64)
    with pytest.raises(ImageError, match="64 x 65"):
        normalize_image(noise(65, 64))


# --- arrays ---


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3), (4, 5, 4)])
@pytest.mark.parametrize(
    ("dtype", "scale"), [(np.uint8, 1), (np.uint16, 257), (np.float16, 1 / 255), (np.float32, 1 / 255), (np.float64, 1 / 255)]
)
def test_arrays(shape, dtype, scale):
    values = np.arange(np.prod(shape)).reshape(shape)
    result = normalize_image((values * scale).astype(dtype)[:, ::-1])
    expected = values[:, ::-1] if shape[-1] in (3, 4) else np.repeat(values.reshape(4, 5, 1)[:, ::-1], 3, 2)
    assert_near(result, expected, 0)


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (128, 0), (129, 1), (0x8000, 128), (51400, 200), (65535, 255)])
def test_uint16_is_rounded_to_the_nearest(value, expected):
    assert normalize_image(np.full((1, 1), value, np.uint16)).getpixel((0, 0)) == (expected,) * 3


@pytest.mark.parametrize(
    "thing",
    [
        np.zeros((4, 5, 2), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((1, 4, 5, 3), np.uint8),
        np.zeros((0, 5, 3), np.uint8),
        np.zeros((0, 5), np.float32),
        np.zeros((4, 5), np.int64),
        np.zeros((4, 5), bool),
        np.zeros((4, 5), complex),
        np.full((4, 5), np.nan),
        np.full((4, 5), -np.inf),
        np.full((4, 5), 255.0),
        np.full((4, 5), -0.5),
        Image.new("RGB", (0, 3)),
        Image.fromarray(np.full((4, 5), np.inf, np.float32)),
        [[1, 2], [3, 4]],
        None,
    ],
    ids=repr,
)
def test_unusable_things_in_memory(thing):
    with pytest.raises(ImageError):
        normalize_image(thing)


# --- alpha, size, tensors ---


def test_alpha_there_and_back():
    picture = Image.fromarray(noise(channels=4))
    rgb, alpha = split_alpha(picture)
    assert (rgb.mode, alpha.mode) == ("RGB", "L")
    assert restore_alpha(rgb, alpha).tobytes() == picture.tobytes()
    assert rgb.mode == "RGB"  # the argument stays
    enlarged = restore_alpha(rgb.resize((64, 48)), alpha)
    assert (enlarged.mode, enlarged.size) == ("RGBA", (64, 48))


def test_no_alpha():
    picture = Image.fromarray(noise())
    rgb, alpha = split_alpha(picture)
    assert alpha is None
    assert restore_alpha(rgb, None).tobytes() == picture.tobytes()


@pytest.mark.parametrize(
    ("size", "max_side", "expected"),
    [
        ((400, 300), 100, (100, 75)),
        ((300, 400), 100, (75, 100)),
        ((401, 300), 400, (400, 299)),
        ((400, 300), 400, (400, 300)),
        ((40, 30), 100, (40, 30)),
        ((400, 300), None, (400, 300)),
        ((1000, 1), 10, (10, 1)),
        ((400, 300), 1, (1, 1)),
    ],
)
def test_limit_side(size, max_side, expected):
    assert limit_side(Image.new("RGB", size), max_side).size == expected


def test_limit_side_averages():
    checks = Image.fromarray(np.indices((64, 64)).sum(0).astype(np.uint8) % 2 * 255)
    assert_near(limit_side(checks, 16), np.full((16, 16), 127.5), 4)  # every 4th pixel alone would be black


@pytest.mark.parametrize("max_side", [0, -5])
def test_limit_side_refuses(max_side):
    with pytest.raises(ImageError, match="1 or more"):
        limit_side(Image.new("RGB", (4, 4)), max_side)


@pytest.mark.parametrize("batched", [True, False])
def test_tensor_there_and_back(batched):
    picture = Image.fromarray(np.arange(256 * 3, dtype=np.uint16).reshape(16, 16, 3).astype(np.uint8))
    tensor = to_tensor(picture)
    assert (tensor.shape, tensor.dtype) == ((1, 3, 16, 16), torch.float32)
    assert tensor[0, 1, 2, 3] == picture.getpixel((3, 2))[1] / 255
    assert to_image(tensor if batched else tensor[0]).tobytes() == picture.tobytes()


def test_to_tensor_leaves_alpha_out():
    assert to_tensor(Image.fromarray(noise(channels=4))).shape == (1, 3, 24, 32)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize(
    ("value", "expected"),
    [(-0.5, 0), (1.5, 255), (float("nan"), 0), (float("inf"), 255), (float("-inf"), 0), (0.5, 128), (0.75, 191)],
)
def test_to_image_values(value, expected, dtype):
    tensor = torch.full((3, 2, 5), value, dtype=dtype, requires_grad=True)
    assert np.array_equal(to_image(tensor), np.full((2, 5, 3), expected))


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (1, 4, 4), (4, 4), (4, 4, 3), (1, 1, 3, 4, 4)])
def test_to_image_refuses(shape):
    with pytest.raises(ImageError, match=re.escape(str(shape))):
        to_image(torch.zeros(shape))


# --- keeping the colour ---


def lab(image: Image.Image) -> np.ndarray:
    return cv2.cvtColor(np.asarray(image, np.float32) / 255, cv2.COLOR_RGB2Lab)


@pytest.mark.parametrize("height", [images.STRIP_ROWS - 1, 2 * images.STRIP_ROWS + 3])
def test_keep_color(height):
    # Muted and of middling luminance: every combination lies within sRGB.
    random = np.random.default_rng(1)
    result, photo = (Image.fromarray(random.integers(100, 150, (height, 20, 3), np.uint8)) for _ in range(2))
    merged = lab(keep_color(result, photo))
    np.testing.assert_allclose(merged[..., 0], lab(result)[..., 0], atol=0.6)
    np.testing.assert_allclose(merged[..., 1:], lab(photo)[..., 1:], atol=0.9)


def test_keep_color_resizes_the_photo():
    merged = keep_color(Image.new("RGB", (30, 20), (120, 120, 120)), Image.new("RGBA", (7, 9), (140, 110, 100, 3)))
    assert (merged.mode, merged.size) == ("RGB", (30, 20))
    np.testing.assert_allclose(lab(merged)[..., 1:], lab(Image.new("RGB", (30, 20), (140, 110, 100)))[..., 1:], atol=0.9)


@pytest.mark.parametrize(("light", "low", "high"), [("white", 180, 255), ("black", 0, 120)])
def test_keep_color_is_clipped_not_wrapped(light, low, high):
    merged = np.asarray(keep_color(Image.new("RGB", (4, 4), light), Image.new("RGB", (4, 4), "red")))
    assert merged[..., 0].min() >= low and merged[..., 1:].min() >= 0 and merged.min(-1).max() <= high
    assert merged[..., 0].min() >= merged[..., 1].max()


# --- saving ---


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".png", ".webp", ".tif", ".tiff", ".bmp"])
def test_save_and_open(tmp_path, suffix):
    path = tmp_path / f"Bild ä{suffix}"
    picture = Image.linear_gradient("L").resize((48, 48)).convert("RGB")
    save_image(picture, path)
    assert_near(open_image(path), picture, 4 if suffix.lower() in (".jpg", ".jpeg", ".webp") else 0)
    assert read_settings(str(path)) == {}
    save_image(picture, str(path), SETTINGS)
    assert read_settings(path) == ({} if suffix == ".bmp" else SETTINGS)
    assert list(tmp_path.iterdir()) == [path]


def test_jpeg_keeps_full_colour_resolution(tmp_path):
    save_image(Image.fromarray(noise()), tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as image:
        assert [layer[1:3] for layer in image.layer] == [(1, 1)] * 3
        assert max(image.quantization[0]) <= 12  # quality 95


def test_png_names_its_settings(tmp_path):
    save_image(Image.fromarray(noise()), tmp_path / "a.png", SETTINGS)
    with Image.open(tmp_path / "a.png") as image:
        assert image.text.keys() == {"styletransfer"}


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tiff", ".jpg", ".bmp"])
def test_save_alpha(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    save_image(Image.new("RGBA", (8, 8), (200, 0, 0, 51)), path)
    image = open_image(path)
    if suffix in (".jpg", ".bmp"):
        assert_near(image, np.full((8, 8, 3), (244, 204, 204)), 2)
    else:
        assert_near(image, np.full((8, 8, 4), (200, 0, 0, 51)), 6)


def test_save_leaves_foreign_metadata_out(tmp_path):
    picture = Image.new("RGB", (4, 4), COLOR)
    picture.info.update(comment=b'{"foreign": 1}', exif=Image.Exif().tobytes())
    save_image(picture, tmp_path / "a.jpg")
    assert read_settings(tmp_path / "a.jpg") == {}


def test_save_takes_any_mode_and_turns_it_upright(tmp_path):
    picture = Image.new("CMYK", (8, 4), (0, 255, 255, 0))
    picture.getexif()[ORIENTATION] = 6
    save_image(picture, tmp_path / "a.png")
    assert_near(open_image(tmp_path / "a.png"), np.full((8, 4, 3), (255, 0, 0)))


def test_settings_json_cannot_say_become_text(tmp_path):
    save_image(Image.new("RGB", (4, 4)), tmp_path / "a.png", {"style": Path("a/b.jpg")})
    assert read_settings(tmp_path / "a.png") == {"style": str(Path("a/b.jpg"))}


@pytest.mark.parametrize("comment", [b"made with love", b"[1, 2]", b"\xff\xfe\xfa", b"[" * 50_000])
def test_foreign_comments_are_no_settings(tmp_path, comment):
    (tmp_path / "a.jpg").write_bytes(encoded(Image.new("RGB", (4, 4)), "JPEG", comment=comment))
    assert read_settings(tmp_path / "a.jpg") == {}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.gif", "let its name end in"),
        ("a", "let its name end in"),
        ("missing/a.png", "missing does not exist"),
        ("file/a.png", "file does not exist"),
    ],
)
def test_save_refuses(tmp_path, name, words):
    (tmp_path / "file").touch()
    with pytest.raises(ImageError, match=words):
        save_image(Image.new("RGB", (4, 4)), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(
    ("error", "raised"), [(OSError(28, "No space left on device"), ImageError), (KeyboardInterrupt(), KeyboardInterrupt)]
)
def test_failed_save_leaves_the_old_file(tmp_path, monkeypatch, error, raised):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")

    def fail(image, stream, *_, **__):
        stream.write(b"half")
        raise error

    monkeypatch.setattr(Image.Image, "save", fail)
    with pytest.raises(raised, match="No space left" if raised is ImageError else None):
        save_image(Image.new("RGB", (4, 4)), path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_save_onto_a_folder(tmp_path):
    (tmp_path / "a.png").mkdir()
    with pytest.raises(ImageError, match="could not be saved"):
        save_image(Image.new("RGB", (4, 4)), tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize(("pixels", "size"), [(10**6, (60, 40)), (600, (30, 20)), (1, (1, 1))])
def test_limit_pixels(pixels, size):
    assert images.limit_pixels(Image.new("RGB", (60, 40)), pixels).size == size


def test_on_white():
    picture = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    picture.putpixel((1, 0), (10, 20, 30, 255))
    assert list(images.on_white(picture).getdata()) == [(255, 255, 255), (10, 20, 30)]
