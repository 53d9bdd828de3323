"""Tiny networks, checkpoints and photos that many tests share; nothing here is trained."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from styletransfer.checkpoints import Style, save_encoder, save_fixed, save_meta
from styletransfer.encoders import Encoder, compact_vgg, load_compact
from styletransfer.networks import MetaConfig, MetaNet, MultiStyleNet, TransformConfig

STYLES = [Style("wave", "The Great Wave", "Katsushika Hokusai", "1831"), Style("night", year="1889"), Style("kiss")]
PHOTOS = {
    "wide.jpg": ("RGB", (90, 60)), "grey.png": ("L", (33, 47)), "see_through.png": ("RGBA", (40, 40)),
    "palette.gif": ("P", (50, 30)), "more/tall.webp": ("RGB", (20, 130)),
}  # fmt: skip


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Over tiny tensors more threads only wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def on_cpu(monkeypatch):
    """Train on the processor also where there is a GPU: there the numbers differ a little from run to run."""
    monkeypatch.setattr("styletransfer.training.loop.training_device", lambda: torch.device("cpu"))


def random_network(config: TransformConfig, styles: int = 1) -> MultiStyleNet:
    """Untrained, with styles that differ plainly and colours around mid grey."""
    torch.manual_seed(1)
    network = MultiStyleNet(styles, config).eval()
    with torch.no_grad():
        network.affine += 0.5 * torch.randn_like(network.affine)
        if config.output == "linear":
            network.transform.output.conv.bias += 0.5
        for name, tensor in network.transform.state_dict().items():
            if "norm." in name and tensor.is_floating_point():
                tensor.copy_(torch.rand_like(tensor) + 0.5)
    return network


@pytest.fixture(scope="session")
def make_network():
    return random_network


@pytest.fixture(scope="session")
def styles() -> list[Style]:
    return STYLES


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    """A multi-style network of width 4 with the three ``styles``."""
    path = tmp_path_factory.mktemp("checkpoint") / "tiny.safetensors"
    save_fixed(random_network(TransformConfig(base=4, norm="conditional"), len(STYLES)), STYLES, path)
    return path


@pytest.fixture(scope="session")
def meta_checkpoint(tmp_path_factory) -> Path:
    """A MetaNet for networks of width 4, untrained."""
    path = tmp_path_factory.mktemp("meta") / "meta.safetensors"
    torch.manual_seed(3)
    network = MetaNet(MetaConfig(base=4, hidden=8, components=16))
    network.fit_statistics(torch.rand(40, 1920))
    save_meta(network, path, {"steps": 0})
    return path


@pytest.fixture(scope="session")
def encoder_file(tmp_path_factory) -> Path:
    """A random CompactVGG whose features neither vanish nor explode."""
    path = tmp_path_factory.mktemp("encoder") / "random.safetensors"
    torch.manual_seed(2)
    encoder = compact_vgg()
    for conv in (*encoder.convs.values(), *encoder.heads.values()):
        nn.init.kaiming_normal_(conv.weight)
    save_encoder(encoder, path)
    return path


@pytest.fixture
def encoder(encoder_file) -> Encoder:
    return load_compact(encoder_file)


@pytest.fixture
def photos(tmp_path) -> Path:
    """A folder of smooth pictures of many sizes and modes, one of them in a subfolder."""
    folder = tmp_path / "photos"
    for number, (name, (mode, (width, height))) in enumerate(PHOTOS.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        smooth_picture(width, height, number).convert(mode).save(path)
        if mode == "RGBA":
            picture = Image.open(path).convert("RGBA")
            picture.putalpha(Image.linear_gradient("L").resize(picture.size))
            picture.save(path)
    return folder


def smooth_picture(width: int, height: int, number: int = 0) -> Image.Image:
    coarse = np.random.default_rng(number).integers(0, 256, (4, 5, 3), np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


@pytest.fixture(scope="session")
def make_picture():
    return smooth_picture


@pytest.fixture
def photo() -> Image.Image:
    return smooth_picture(61, 46)


@pytest.fixture(scope="session")
def examples() -> dict:
    """A photo and paintings that the app offers."""
    folder = Path(__file__).resolve().parent.parent / "examples"
    paintings = [Image.open(path).convert("RGB") for path in sorted((folder / "paintings").iterdir())]
    return {"photo": Image.open(folder / "photos" / "cat.jpg").convert("RGB"), "paintings": paintings}


def smooth_frames(count: int = 12, width: int = 64, height: int = 48) -> list[np.ndarray]:
    """A window that moves two pixels a frame to the right over a smooth picture."""
    whole = np.asarray(smooth_picture(width + 2 * count, height))
    return [np.ascontiguousarray(whole[:, 2 * number : 2 * number + width]) for number in range(count)]


@pytest.fixture(scope="session")
def make_frames():
    return smooth_frames


def write_clip(
    path: Path, frames: Sequence[np.ndarray], times: Sequence[float] | None = None, codec: str = "libx264",
    sound: str | None = None, pixels: str = "yuv420p", aspect: Fraction | None = None,
) -> Path:  # fmt: skip
    """A clip of 24 frames a second, or at the given times, with a tone of 440 Hz as long as 24 a second would be."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(codec, rate=24)
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt, video.codec_context.time_base = pixels, Fraction(1, 1000)
        if aspect:
            video.codec_context.sample_aspect_ratio = aspect
        audio = container.add_stream(sound, rate=44100) if sound else None
        for number, pixels_ in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels_, format="rgb24")
            frame.pts, frame.time_base = round(1000 * (times[number] if times else number / 24)), Fraction(1, 1000)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio:
            tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(44100 * len(frames) // 24) / 44100)
            samples = av.AudioFrame.from_ndarray(np.float32([tone, tone]), format="fltp", layout="stereo")
            samples.sample_rate, samples.pts = 44100, 0
            container.mux(audio.encode(samples))
            container.mux(audio.encode(None))
    return path


@pytest.fixture(scope="session")
def make_clip():
    return write_clip


@pytest.fixture(scope="session")
def clip_file(tmp_path_factory) -> Path:
    """Twelve frames of 64 x 48, half a second, with sound."""
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", smooth_frames(), sound="aac")


def state_of_pytorch_examples(width: int = 4) -> dict[str, torch.Tensor]:
    """What ``TransformerNet().state_dict()`` of pytorch/examples holds, of another width."""
    generator = torch.Generator().manual_seed(5)
    convs = {
        "conv1": (3, width, 9), "conv2": (width, 2 * width, 3), "conv3": (2 * width, 4 * width, 3),
        "deconv1": (4 * width, 2 * width, 3), "deconv2": (2 * width, width, 3), "deconv3": (width, 3, 9),
    }  # fmt: skip
    norms = {"in1": width, "in2": 2 * width, "in3": 4 * width, "in4": 2 * width, "in5": width}
    for number in range(1, 6):
        for half in (1, 2):
            convs[f"res{number}.conv{half}"] = (4 * width, 4 * width, 3)
            norms[f"res{number}.in{half}"] = 4 * width
    state = {}
    for name, (channels_in, channels_out, kernel) in convs.items():
        fan = channels_in * kernel**2
        state[f"{name}.conv2d.weight"] = torch.randn(channels_out, channels_in, kernel, kernel, generator=generator) / fan**0.5
        state[f"{name}.conv2d.bias"] = torch.randn(channels_out, generator=generator)
    for name, channels in norms.items():
        state[f"{name}.weight"] = 1 + torch.randn(channels, generator=generator) / 2
        state[f"{name}.bias"] = torch.randn(channels, generator=generator) / 2
    state["deconv3.conv2d.weight"] *= 40  # colours in 0..255
    state["deconv3.conv2d.bias"] += 128
    return state


@pytest.fixture(scope="session")
def make_theirs():
    return state_of_pytorch_examples


@pytest.fixture
def theirs(tmp_path) -> Path:
    """A style as pytorch/examples publishes it, of width 4."""
    path = tmp_path / "candy.pth"
    torch.save(state_of_pytorch_examples(), path)
    return path
