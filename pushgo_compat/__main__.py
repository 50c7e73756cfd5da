"""The composition root: the one place that names dialects and wires the server."""

from __future__ import annotations

from pushgo_compat.cli import build_cli
from pushgo_compat.config import Config


def serve(config: Config) -> int:
    """Run the server until it is told to stop; its exit status."""
    raise NotImplementedError(config)


def main() -> None:
    """Run the command line."""
    build_cli(serve)(prog_name="pushgo-compat")


if __name__ == "__main__":
    main()
