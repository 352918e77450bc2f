"""cjhub bench: what this machine does in a second, beside the ceiling of the bare libraries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from hub.bench import Measure


def bench(
    messages: Annotated[int, typer.Option(min=100, help="How many case files to run for each figure.")] = 2000,
    database: Annotated[str, typer.Option(help="PostgreSQL to measure on: a database of its own.")] = "",
    broker: Annotated[str, typer.Option(help="RabbitMQ to measure on, beside it: a vhost of its own.")] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="A line for each measure: measure, hub, ceiling, ratio.")
    ] = False,
) -> None:
    """Measure the hub beside the same libraries called bare, in the same run. Documents a second.

    What is measured is written: on servers give a database and a vhost that nothing else uses (they are never taken
    from the settings). Exit code 2 where the database holds anything.
    """
    from hub.bench import Place
    from hub.bench.measures import measure_all
    from hub.watch.logs import configure

    configure("WARNING")

    table = Table(title="documents a second", caption="ratio: how much of the bare libraries' speed the hub reaches")
    for column in ("measure", "hub", "ceiling", "ratio", "what the ceiling does"):
        table.add_column(column)
    with Console(stderr=True).status("measuring ...") as status:
        for one in measure_all(messages, Place(database=database, broker=broker), status.update):
            figures: dict[str, object] = {
                "measure": one.measure,
                "hub": round(one.hub),
                "ceiling": round(one.ceiling),
                "ratio": round(one.ratio, 3),
            }
            if one.p99_ms is not None:
                figures["p99_ms"] = round(one.p99_ms, 1)
            if as_json:
                print(json.dumps(figures), flush=True)
            table.add_row(one.measure, f"{one.hub:.0f}", f"{one.ceiling:.0f}", f"{one.ratio:.2f}", _words(one))
    if not as_json:
        Console().print(table)


def _words(one: Measure) -> str:
    return one.words if one.p99_ms is None else f"99 of 100 accepted within {one.p99_ms:.0f} ms; {one.words}"
