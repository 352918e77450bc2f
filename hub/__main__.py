"""The command `cjhub`; `python -m hub` is the same."""

from __future__ import annotations

from hub.cli import app


def main() -> None:
    """Run the command line and leave with its exit code."""
    app(prog_name="cjhub")


if __name__ == "__main__":
    main()
