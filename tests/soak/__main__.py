"""`python -m tests.soak --minutes N`: `make soak MINUTES=N`. Ends with 1 where something that must hold did not."""

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.servers.postgres import server
from tests.servers.rabbitmq import rabbit_node
from tests.soak.run import Plan, soak


def main() -> int:
    """Start the servers, run, and tell."""
    given = argparse.ArgumentParser(prog="python -m tests.soak", description="A hub under load for a long time.")
    given.add_argument("--minutes", type=float, default=20.0)
    given.add_argument("--rate", type=float, help="documents a second, instead of half of what is measured")
    given.add_argument("--report", type=Path, metavar="FILE", help="writes FILE.json and FILE.md")
    chosen = given.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="cjhub-soak-") as folder,
        server(durable=True) as postgres,
        postgres.database() as database,
        rabbit_node() as rabbit,
    ):
        tell = partial(print, flush=True)
        plan = Plan(
            minutes=chosen.minutes,
            folder=Path(folder),
            database=database,
            rabbit=rabbit,
            rate=chosen.rate,
            measure_seconds=min(20.0, max(3.0, chosen.minutes * 6)),
            tell=tell,
        )
        made = soak(plan)
    tell("", made.markdown(), sep="\n")
    if chosen.report:
        made.write(chosen.report)
    return 1 if made.faults() else 0


if __name__ == "__main__":
    sys.exit(main())
