"""cjhub bench: what this machine does in a second, beside the ceiling of the bare libraries."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table


def bench(
    messages: Annotated[int, typer.Option(min=100, help="How many case files to run for each figure.")] = 2000,
    as_json: Annotated[
        bool, typer.Option("--json", help="A line for each measure: measure, hub, ceiling, ratio.")
    ] = False,
) -> None:
    """Measure the hub beside the same libraries called bare, in the same run. Documents a second."""
    from hub.bench.measures import measure_all

    table = Table(title="documents a second", caption="ratio: how much of the bare libraries' speed the hub reaches")
    for column in ("measure", "hub", "ceiling", "ratio", "what the ceiling does"):
        table.add_column(column)
    with Console(stderr=True).status("measuring ...") as status:
        for one in measure_all(messages, status.update):
            figures = {
                "measure": one.measure,
                "hub": round(one.hub),
                "ceiling": round(one.ceiling),
                "ratio": round(one.ratio, 3),
            }
            if as_json:
                print(json.dumps(figures), flush=True)
            table.add_row(one.measure, f"{one.hub:.0f}", f"{one.ceiling:.0f}", f"{one.ratio:.2f}", one.words)
    if not as_json:
        Console().print(table)
