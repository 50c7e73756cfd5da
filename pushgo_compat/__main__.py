"""The composition root: the command line, and the server when it is asked for."""

from __future__ import annotations

from adapters import DIALECTS
from pushgo_compat.cli import build_cli
from pushgo_compat.config.config import Config
from pushgo_compat.tuning import keep_free_memory_out


def serve(config: Config) -> int:
    """Run the server until it is told to stop; its exit status."""
    # The other half, with every listener: short commands do without it.
    from pushgo_compat.server import run

    return run(config)


def main() -> None:
    """Run the command line."""
    keep_free_memory_out()
    build_cli(serve, DIALECTS)(prog_name="pushgo-compat")


if __name__ == "__main__":
    main()
