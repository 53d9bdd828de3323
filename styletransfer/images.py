"""The border: files, PIL images and arrays come in, float tensors work inside, PIL images go out."""

from __future__ import annotations

import contextlib
import functools
import io
import json
import math
import uuid
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
import torch
from PIL import ExifTags, Image, ImageCms, PngImagePlugin, TiffImagePlugin
from torch import Tensor

from styletransfer.errors import ImageError
from styletransfer.locations import Location, Url

PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".avif", ".heic", ".heif"}
MAX_PIXELS = 64_000_000

# Named, because Pillow would otherwise also try formats that run other programs (EPS) or fetch other files.
READ_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF")
WRITE_OPTIONS: dict[str, tuple[str, dict[str, object]]] = {
    ".jpg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".jpeg": ("JPEG", {"quality": 95, "subsampling": 0}),
    ".png": ("PNG", {}),
    ".webp": ("WEBP", {"quality": 95}),
    ".tif": ("TIFF", {"compression": "tiff_lzw"}),
    ".tiff": ("TIFF", {"compression": "tiff_lzw"}),
    ".bmp": ("BMP", {}),
}
SETTINGS_KEY = "styletransfer"
PROFILE_MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK", "Lab": "LAB"}  # ICC colour space -> Pillow mode
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
STRIP_ROWS = 128


def find_pictures(folder: Location, recursive: bool = True) -> list[Location]:
    """All files with a picture's suffix in a folder, sorted. Raises OSError for a URL that cannot be reached."""
    files = folder.files(recursive) if isinstance(folder, Url) else folder.glob("**/*" if recursive else "*")
    return sorted(file for file in files if file.suffix.lower() in PICTURE_SUFFIXES)


def open_image(source: str | Location | bytes | BinaryIO) -> Image.Image:
    """Read a picture file: path or URL, its bytes or a binary stream, which is read to its end and left open.

    Returns an upright 8-bit sRGB picture in mode RGB, or RGBA where something is see-through. Of an animation the
    first frame. Raises ImageError for what is missing, empty, damaged, no picture or larger than MAX_PIXELS.
    """
    if isinstance(source, str):
        source = Path(source)
    name = source.name or str(source) if isinstance(source, Location) else "The file"
    with _stream(source, name) as stream:
        return _normalized(_opened(stream, name), name)


def normalize_image(image: Image.Image | np.ndarray) -> Image.Image:
    """Give a picture in memory the form `open_image` returns; the argument stays as it is.

    An array is (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), in uint8, uint16 or floats in 0..1, RGB order. The result
    carries no metadata, so a second call changes nothing. Raises ImageError for anything else, NaN and infinity too.
    """
    if isinstance(image, np.ndarray):
        image = _from_array(image)
    if not isinstance(image, Image.Image):
        raise ImageError(f"A picture must be a PIL image or an array, not {type(image).__name__}; choose a picture.")
    _check_size(image.size, "The picture")
    return _normalized(image, "The picture")


def load(image: Image.Image | np.ndarray | str | Path) -> Image.Image:
    """A file by `open_image`, a picture in memory by `normalize_image`. Raises ImageError."""
    return open_image(image) if isinstance(image, str | Path) else normalize_image(image)


def split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The colours (mode RGB) and the alpha channel (mode L), which is None where the mode has none."""
    if not image.has_transparency_data:
        return image.convert("RGB"), None
    rgba = image.convert("RGBA")
    return rgba.convert("RGB"), rgba.getchannel("A")


def restore_alpha(rgb: Image.Image, alpha: Image.Image | None) -> Image.Image:
    """The picture with this alpha channel (mode L), resized to it if necessary: RGBA, or the picture itself for None."""
    if alpha is None:
        return rgb
    if alpha.size != rgb.size:
        alpha = alpha.resize(rgb.size, Image.Resampling.LANCZOS)
    rgba = rgb.convert("RGB")
    rgba.putalpha(alpha)
    return rgba


def on_white(image: Image.Image) -> Image.Image:
    """The picture in mode RGB; what is see-through becomes white."""
    rgb, alpha = split_alpha(image)
    white = Image.new("RGB", image.size, "white")
    white.paste(rgb, mask=alpha)
    return white


def limit_side(image: Image.Image, max_side: int | None) -> Image.Image:
    """Reduce the picture so that its long side is at most ``max_side`` pixels; never enlarge. None means no limit.

    Raises ImageError for a ``max_side`` below 1.
    """
    if max_side is None:
        return image
    if max_side < 1:
        raise ImageError(f"A picture cannot be {max_side} pixels large; choose a size of 1 or more.")
    scale = max_side / max(image.size)
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def limit_pixels(image: Image.Image, pixels: int) -> Image.Image:
    """Reduce the picture so that it has at most so many ``pixels``; never enlarge."""
    scale = math.sqrt(max(1, pixels) / (image.width * image.height))
    return limit_side(image, max(1, math.floor(scale * max(image.size)))) if scale < 1 else image


def to_tensor(image: Image.Image) -> Tensor:
    """The picture's RGB as float32 (1, 3, H, W) in 0..1, on the CPU; an alpha channel is left out."""
    pixels = torch.from_numpy(np.array(image.convert("RGB")))
    return pixels.permute(2, 0, 1).contiguous()[None].float().div_(255)


def to_image(tensor: Tensor) -> Image.Image:
    """The RGB picture of a (1, 3, H, W) or (3, H, W) tensor on any device: clamped to 0..1, rounded, NaN becomes 0.

    Raises ImageError for another shape.
    """
    if tensor.ndim == 4 and len(tensor) == 1:
        tensor = tensor[0]
    if tensor.ndim != 3 or len(tensor) != 3:
        raise ImageError(f"A tensor of shape {tuple(tensor.shape)} is no picture; give (1, 3, H, W) or (3, H, W).")
    pixels = tensor.detach().float().nan_to_num(nan=0, posinf=1, neginf=0).clamp(0, 1).mul(255).round()
    return Image.fromarray(pixels.byte().permute(1, 2, 0).contiguous().cpu().numpy())


def keep_color(result: Image.Image, photo: Image.Image) -> Image.Image:
    """The luminance of ``result`` with the colour of ``photo`` (a and b of CIELAB): RGB, of the size of ``result``.

    What falls outside sRGB is clipped. The photo is resized if the sizes differ.
    """
    light = np.asarray(result.convert("RGB"))
    photo = photo.convert("RGB")
    if photo.size != result.size:
        photo = photo.resize(result.size, Image.Resampling.LANCZOS)
    color = np.asarray(photo)
    merged = np.empty_like(light)
    # In strips, for the float planes of a whole 12-megapixel photo are half a gigabyte.
    for top in range(0, len(light), STRIP_ROWS):
        rows = slice(top, top + STRIP_ROWS)
        lab = _lab(color[rows])
        lab[..., 0] = _lab(light[rows])[..., 0]
        merged[rows] = _to_8_bit(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), 255)
    return Image.fromarray(merged)


def save_image(
    image: Image.Image, path: str | Location, settings: Mapping[str, object] | None = None, scratch: Location | None = None
) -> None:
    """Write the picture in the format its suffix names: jpg, jpeg, png, webp, tif, tiff or bmp.

    JPEG and BMP know no alpha: there the picture is laid on white. ``settings`` go into the file as JSON (what JSON
    lacks as text; BMP has no place for them) for `read_settings`. The file appears whole or not at all: until it is
    whole it has another name, in the folder ``scratch`` if one is given. Raises ImageError for another suffix and a
    folder that is missing or cannot be written to.
    """
    path = Path(path) if isinstance(path, str) else path
    if path.suffix.lower() not in WRITE_OPTIONS:
        raise ImageError(f"{path.name} cannot be saved; let its name end in one of {', '.join(WRITE_OPTIONS)}.")
    format_name, options = WRITE_OPTIONS[path.suffix.lower()]
    image = _clean(image)
    if format_name in ("JPEG", "BMP"):
        image = on_white(image)
    if settings is not None:
        options = options | _settings_option(format_name, json.dumps(dict(settings), default=str))
    encoded = io.BytesIO()
    try:
        image.save(encoded, format_name, **options)
        _write(path, encoded.getvalue(), scratch or path.parent)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ImageError(f"The folder {path.parent} does not exist; create it or choose another.") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ImageError(f"{path.name} could not be saved ({reason}); choose another folder or format.") from error


def read_settings(path: str | Path) -> dict[str, object]:
    """The settings `save_image` wrote into this picture; {} when there are none.

    Raises ImageError for what is missing, empty or no picture.
    """
    path = Path(path)
    with _stream(path, path.name) as stream:
        image = _opened(stream, path.name)
        candidates = [image.info.get(SETTINGS_KEY), image.info.get("comment"), _exif(image).get(ExifTags.Base.ImageDescription)]
    for text in candidates:
        with contextlib.suppress(ValueError, TypeError, RecursionError):  # another program's comment
            settings = json.loads(text)
            if isinstance(settings, dict):
                return settings
    return {}


def _stream(source: Location | bytes | BinaryIO, name: str) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    if not isinstance(source, Location):
        return io.BytesIO(source.read())
    try:
        return source.open("rb") if isinstance(source, Path) else io.BytesIO(source.read_bytes())
    except FileNotFoundError as error:
        raise ImageError(f"{name} does not exist; check its name and folder.") from error
    except IsADirectoryError as error:
        raise ImageError(f"{name} is a folder; choose a picture file in it.") from error
    except (OSError, ValueError) as error:
        raise ImageError(f"{name} cannot be opened; check its name and whether you may read it.") from error


@functools.cache
def _read_formats() -> list[str]:
    """Those of READ_FORMATS this Pillow can read."""
    Image.init()
    with contextlib.suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    return [name for name in READ_FORMATS if name in Image.OPEN]


def _opened(stream: BinaryIO, name: str) -> Image.Image:
    """The picture with its size checked but its pixels not read yet."""
    if not stream.read(1):
        raise ImageError(f"{name} is empty; choose another picture.")
    try:
        with warnings.catch_warnings():  # Pillow warns of large pictures, which are refused right below
            warnings.simplefilter("ignore")
            try:
                image = Image.open(stream, formats=_read_formats())
            except Image.UnidentifiedImageError:
                image = _open_rare_tiff(stream, name)
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(name) from error
    except Exception as error:  # on damaged files Pillow's readers raise nearly anything
        raise ImageError(f"{name} is not a picture that can be read; choose a JPEG, PNG or WebP file.") from error
    _check_size(image.size, name)
    return image


def _open_rare_tiff(stream: BinaryIO, name: str) -> Image.Image:
    """A TIFF with samples Pillow does not know, such as RGB in floats; raises all kinds of errors for other files."""
    stream.seek(0)
    tags = TiffImagePlugin.ImageFileDirectory_v2(stream.read(8))
    stream.seek(tags.next)
    tags.load(stream)
    _check_size((tags[TiffImagePlugin.IMAGEWIDTH], tags[TiffImagePlugin.IMAGELENGTH]), name)
    stream.seek(0)
    pixels = cv2.imdecode(np.frombuffer(stream.read(), np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels.ndim == 3:
        pixels = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    image = _from_array(pixels.clip(0, 1) if pixels.dtype.kind == "f" else pixels)
    image.info["icc_profile"] = tags.get(TiffImagePlugin.ICCPROFILE)
    return image


def _check_size(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ImageError(f"{name} has no pixels; choose another picture.")
    if width * height > MAX_PIXELS:
        raise _too_large(name, f" ({width} x {height} pixels)")


def _too_large(name: str, size: str = "") -> ImageError:
    return ImageError(f"{name} is too large{size}; reduce it to {MAX_PIXELS // 10**6} million pixels or less.")


def _normalized(image: Image.Image, name: str) -> Image.Image:
    try:
        image.load()
        return _clean(image)
    except ImageError:
        raise
    except Exception as error:  # as in _opened
        raise ImageError(f"{name} is damaged or incomplete; get it anew or choose another picture.") from error


def _clean(image: Image.Image) -> Image.Image:
    """A new picture: upright, 8-bit sRGB, RGB or RGBA, without metadata."""
    colors, alpha = _colors_and_alpha(image)
    result = _to_srgb(colors, image.info.get("icc_profile"))
    if alpha is not None and alpha.getextrema() != (255, 255):
        result.putalpha(alpha)
    method = UPRIGHT.get(_exif(image).get(ExifTags.Base.Orientation))
    if method is not None:
        result = result.transpose(method)
    result.info = {}
    return result


def _colors_and_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """The 8-bit colours in a mode that an ICC profile can describe, and alpha where there is some."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _grey_to_8_bit(image), None
    if image.mode in ("LA", "La"):
        return image.convert("LA").getchannel("L"), image.getchannel(1)
    if image.has_transparency_data:
        return split_alpha(image)
    return (image if image.mode in PROFILE_MODES.values() else image.convert("RGB")), None


def _grey_to_8_bit(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    if image.mode != "F":
        return Image.fromarray(_to_8_bit(values, 1 / 257))
    _check_finite(values)
    return Image.fromarray(_to_8_bit(values, 255 if values.min() >= 0 and values.max() <= 1 else 1))


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """A new RGB picture; a profile that is broken or for another kind of picture is ignored."""
    with contextlib.suppress(OSError, ImageCms.PyCMSError):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile or b""))
        mode = PROFILE_MODES.get(source.profile.xcolor_space.strip())
        if mode == image.mode or (mode, image.mode) == ("RGB", "L"):
            return ImageCms.profileToProfile(image.convert(mode), source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    return image.convert("RGB")


def _exif(image: Image.Image) -> Image.Exif:
    """The picture's EXIF block; an empty one when it is broken."""
    try:
        return image.getexif()
    except Exception:  # as in _opened
        return Image.Exif()


def _from_array(array: np.ndarray) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))):
        raise ImageError(f"An array of shape {array.shape} is no picture; give (height, width) or (height, width, 3 or 4).")
    if not array.size:
        raise ImageError("The array has no pixels; choose another picture.")
    if array.dtype.kind == "f":
        _check_finite(array)
        if array.min() < -1e-3 or array.max() > 1 + 1e-3:  # a little room for rounding
            raise ImageError("An array of floats must lie in 0..1; divide it by its white, such as 255.")
        array = _to_8_bit(array, 255)
    elif array.dtype == np.uint16:
        array = _to_8_bit(array, 1 / 257)
    elif array.dtype != np.uint8:
        raise ImageError(f"An array of {array.dtype} is no picture; give uint8, uint16 or floats in 0..1.")
    return Image.fromarray(np.ascontiguousarray(array))


def _check_finite(values: np.ndarray) -> None:
    if not np.isfinite(values).all():
        raise ImageError("The picture contains values that are no numbers (NaN or infinity); choose another one.")


def _to_8_bit(values: np.ndarray, scale: float) -> np.ndarray:
    return np.rint(np.clip(values.astype(np.float32) * scale, 0, 255)).astype(np.uint8)


def _lab(rgb: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)


def _settings_option(format_name: str, text: str) -> dict[str, object]:
    """What Image.save wants to be told to put this text into the file."""
    if format_name == "PNG":
        chunks = PngImagePlugin.PngInfo()
        chunks.add_text(SETTINGS_KEY, text)
        return {"pnginfo": chunks}
    if format_name == "JPEG":
        return {"comment": text}
    if format_name == "BMP":
        return {}
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = text
    return {"exif": exif}


def _write(path: Location, data: bytes, scratch: Location) -> None:
    """Write a file under another name, in the folder ``scratch``, then give it its own."""
    part = scratch / f".{uuid.uuid4().hex}.part"
    try:
        part.write_bytes(data)
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
