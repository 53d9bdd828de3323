"""Write manifest.json from the checkpoints that lie beside this file.

Size and hash are measured; shape, styles and training are what the files' metadata says; encoder, metrics and rights come
from facts.json. Where the Hub has a file is kept while the file stays the same: python -m styletransfer weights push.

python weights/make_manifest.py
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from safetensors import safe_open

HERE = Path(__file__).parent
FACTS, MANIFEST = HERE / "facts.json", HERE / "manifest.json"
LICENCE = "MIT"


def entry(path: Path, before: dict[str, Any]) -> dict[str, Any]:
    """What the manifest says of one checkpoint, and said of it ``before``."""
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    facts = {"file": path.name, "bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    details = {key: json.loads(metadata[key]) for key in ("config", "styles", "notes") if key in metadata}
    unchanged = before.get("sha256") == facts["sha256"]
    place = {key: before.get(key) if unchanged else None for key in ("repository", "revision")}
    base = {"base": details["config"]["base"]} if "config" in details else {}
    known = json.loads(FACTS.read_text()).get(path.stem, {})
    return facts | {"method": metadata["method"], "licence": LICENCE} | place | base | known | details


def main() -> None:
    before = json.loads(MANIFEST.read_text())["checkpoints"] if MANIFEST.exists() else {}
    checkpoints = {path.stem: entry(path, before.get(path.stem, {})) for path in sorted(HERE.glob("*.safetensors"))}
    text = json.dumps({"checkpoints": checkpoints}, indent=2, ensure_ascii=False)
    MANIFEST.write_text(text + "\n")


if __name__ == "__main__":
    main()
