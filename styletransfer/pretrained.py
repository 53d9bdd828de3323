"""The networks as models of the Hugging Face Hub: ``save_pretrained``, ``from_pretrained`` and ``push_to_hub``.

>>> FixedModel.from_bundle().save_pretrained("folder")
>>> model = FixedModel.from_pretrained("OWNER/NAME", revision="...")
>>> FixedStylizer(model, model.styles)("photo.jpg", style="hokusai_great_wave")

A folder holds config.json, a model card with a picture, and model.safetensors, which is the same file that the rest of the
project reads, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from huggingface_hub import ModelCard, PyTorchModelHubMixin, hf_hub_download
from PIL import Image
from torch import nn

from styletransfer import images
from styletransfer.checkpoints import Style, load_encoder, load_fixed, load_meta, manifest, read, save_fixed, save_meta
from styletransfer.errors import CheckpointError
from styletransfer.networks import MetaConfig, MetaNet, MultiStyleNet, TransformConfig
from styletransfer.stylizers import FixedStylizer, MetaStylizer

WEIGHTS_FILE, PICTURE_FILE = "model.safetensors", "picture.jpg"
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
PICTURE_SIDE = 320
FACTS = ("licence", "encoder", "rights", "data", "metrics", "notes")  # of the manifest
ABOUT = {
    "library_name": "styletransfer", "license": "mit", "pipeline_tag": "image-to-image", "tags": ["style-transfer"],
}  # fmt: skip
CARD = """---
{{ card_data }}
---

# Neural style transfer: {{ kind }}

![A photo, and the same in other styles](picture.jpg)

```python
from styletransfer.pretrained import {{ model }}
from styletransfer import {{ stylizer }}

{{ usage }}
```

{{ styles }}

## Metrics, data and training

```json
{{ facts }}
```

## Licence

{{ licence }}. {{ rights }}

## Limits

Small faces dissolve into strokes on busy pictures. Strokes are trained for pictures of about 512 pixels: on larger ones they
are finer relative to the motif. The styles say nothing about the taste of their painters.
"""
Model = TypeVar("Model", bound="FixedModel | MetaModel")


class FixedModel(MultiStyleNet, PyTorchModelHubMixin, model_card_template=CARD, **ABOUT):
    """A :class:`MultiStyleNet` with its styles."""

    def __init__(self, shape: dict[str, Any], styles: list[dict[str, str]], facts: dict[str, Any]) -> None:
        """``shape``: the fields of a TransformConfig. ``styles``: those of each Style. ``facts``: what the card tells."""
        super().__init__(len(styles), TransformConfig(**shape))
        self.styles = [Style(**style) for style in styles]
        self.facts = facts

    @classmethod
    def of(cls, network: MultiStyleNet, styles: Sequence[Style], facts: Mapping[str, Any]) -> FixedModel:
        """From a trained network."""
        model = cls(asdict(network.transform.config), [asdict(style) for style in styles], dict(facts))
        model.load_state_dict(network.state_dict())
        return model.eval()

    @classmethod
    def from_bundle(cls) -> FixedModel:
        """The bundled network. Raises CheckpointError."""
        return cls.of(*load_fixed("fixed"), _facts("fixed"))

    def _save_pretrained(self, save_directory: Path) -> None:
        network = self if self.affine.numel() else self.transform
        save_fixed(network, self.styles, save_directory / WEIGHTS_FILE, self.facts.get("notes"))
        if photo := _example("photos"):
            stylizer = FixedStylizer(self, self.styles)
            painted = [stylizer(photo, style=style.name) for style in self.styles[:3]]
            _side_by_side([photo, *painted]).save(save_directory / PICTURE_FILE, quality=90)

    @classmethod
    def _from_pretrained(cls, *, model_id: str, shape: dict, styles: list, facts: dict, **where: Any) -> FixedModel:
        model = cls(shape, styles, facts)
        return _load(model, model if model.affine.numel() else model.transform, model_id, **where)

    def generate_model_card(self, *args: Any, **kwargs: Any) -> ModelCard:
        rows = [f"| `{style.name}` | {style.label} | {style.artist} | {style.year} |" for style in self.styles]
        usage = 'model = FixedModel.from_pretrained("OWNER/NAME")\npicture = FixedStylizer(model, model.styles)'
        return _card(
            self, FixedStylizer, "fixed styles", f'{usage}("photo.jpg", style="{self.styles[0].name}")',
            "\n".join(["| style | title | artist | year |", "|---|---|---|---|", *rows]), **kwargs,
        )  # fmt: skip


class MetaModel(MetaNet, PyTorchModelHubMixin, model_card_template=CARD, **ABOUT):
    """A :class:`MetaNet`."""

    def __init__(self, shape: dict[str, Any], facts: dict[str, Any]) -> None:
        """``shape``: the fields of a MetaConfig. ``facts``: what the card tells."""
        super().__init__(MetaConfig(**shape))
        self.facts = facts

    @classmethod
    def of(cls, network: MetaNet, facts: Mapping[str, Any]) -> MetaModel:
        """From a trained network."""
        model = cls(asdict(network.config), dict(facts))
        model.load_state_dict(network.state_dict())
        return model.eval()

    @classmethod
    def from_bundle(cls) -> MetaModel:
        """The bundled network. Raises CheckpointError."""
        return cls.of(load_meta("meta"), _facts("meta"))

    def _save_pretrained(self, save_directory: Path) -> None:
        save_meta(self, save_directory / WEIGHTS_FILE, self.facts.get("notes"))
        photo, painting = _example("photos"), _example("paintings")
        if photo and painting:
            painted = MetaStylizer(self, load_encoder("compact"))(photo, style=painting)
            _side_by_side([photo, painting, painted]).save(save_directory / PICTURE_FILE, quality=90)

    @classmethod
    def _from_pretrained(cls, *, model_id: str, shape: dict, facts: dict, **where: Any) -> MetaModel:
        model = cls(shape, facts)
        return _load(model, model, model_id, **where)

    def generate_model_card(self, *args: Any, **kwargs: Any) -> ModelCard:
        usage = 'model = MetaModel.from_pretrained("OWNER/NAME")\npicture = MetaStylizer(model, load_encoder("compact"))'
        return _card(
            self, MetaStylizer, "any picture as a style",
            f'from styletransfer.checkpoints import load_encoder\n\n{usage}("photo.jpg", style="painting.jpg")', "", **kwargs,
        )  # fmt: skip


def _load(
    model: Model, network: nn.Module, model_id: str, *, revision: str | None, cache_dir: str | Path | None,
    force_download: bool, local_files_only: bool, token: str | bool | None, **unused: Any,
) -> Model:  # fmt: skip
    """Fill ``network`` strictly from the safetensors file of a folder or a repository; pickles are never looked for."""
    path = Path(model_id) / WEIGHTS_FILE
    if not Path(model_id).is_dir():
        path = Path(
            hf_hub_download(
                model_id, WEIGHTS_FILE, revision=revision, cache_dir=cache_dir, force_download=force_download,
                local_files_only=local_files_only, token=token,
            )
        )  # fmt: skip
    try:
        network.load_state_dict(read(path)[0])
    except RuntimeError as error:
        raise CheckpointError(f"The weights of {model_id} are of another shape than its config.json says.") from error
    return model.eval()


def _facts(name: str) -> dict[str, Any]:
    return {key: manifest()[name][key] for key in FACTS if key in manifest()[name]}


def _example(folder: str) -> Image.Image | None:
    """The first example picture, small; None where the examples are not installed."""
    paths = sorted((EXAMPLES / folder).glob("*.jpg"))
    return images.limit_side(images.load(paths[0]), PICTURE_SIDE) if paths else None


def _side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    height = min(picture.height for picture in pictures)
    scaled = [picture.resize((round(picture.width * height / picture.height), height)) for picture in pictures]
    sheet = Image.new("RGB", (sum(picture.width for picture in scaled), height))
    left = 0
    for picture in scaled:
        sheet.paste(picture, (left, 0))
        left += picture.width
    return sheet


def _card(model: Model, stylizer: Callable, kind: str, usage: str, styles: str, **kwargs: Any) -> ModelCard:
    facts = {key: value for key, value in model.facts.items() if key not in ("licence", "rights")}
    return ModelCard.from_template(
        card_data=model._hub_mixin_info.model_card_data, template_str=CARD, kind=kind, model=type(model).__name__,
        stylizer=stylizer.__name__, usage=usage, styles=styles, facts=json.dumps(facts, indent=2, ensure_ascii=False),
        licence=model.facts.get("licence", "MIT"), rights=model.facts.get("rights", ""), **kwargs,
    )  # fmt: skip
