"""The web demo: ``python app.py``. On a Space this file is the entry point."""

from __future__ import annotations

import argparse
import contextlib

with contextlib.suppress(ImportError):
    import spaces  # noqa: F401  Spaces have it, and want it imported before torch

from styletransfer.ui import build_app, launch_options

demo = build_app()


def main() -> None:
    parser = argparse.ArgumentParser(description="Neural style transfer in the browser.")
    parser.add_argument("--host", help="address to listen on (default: GRADIO_SERVER_NAME, else this machine only)")
    parser.add_argument(
        "--port", type=int, help="port to listen on (default: GRADIO_SERVER_PORT, else the first free one from 7860)"
    )
    parser.add_argument("--share", action="store_true", help="also open a public link for a week")
    args = parser.parse_args()
    demo.launch(server_name=args.host, server_port=args.port, share=args.share or None, **launch_options())


if __name__ == "__main__":
    main()
