"""Write manifest.json from the checkpoints that lie beside this file: size, hash, and what their metadata says.

python weights/make_manifest.py
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from safetensors import safe_open

HERE = Path(__file__).parent
LICENCE = "MIT"


def entry(path: Path) -> dict[str, object]:
    """What the manifest says of one checkpoint."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    facts = {"file": path.name, "bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    details = {key: json.loads(metadata[key]) for key in ("config", "styles", "notes") if key in metadata}
    return facts | {"method": metadata["method"], "licence": LICENCE} | details


def main() -> None:
    checkpoints = {path.stem: entry(path) for path in sorted(HERE.glob("*.safetensors"))}
    text = json.dumps({"checkpoints": checkpoints}, indent=2, ensure_ascii=False)
    (HERE / "manifest.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
