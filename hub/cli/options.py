"""Options that several commands take, each described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="The files, as many as wanted.", show_default=False)
]

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="CJHUB_CONFIG",
        metavar="DIR",
        help="Folder of your own configuration, laid over what ships with the hub.",
        exists=True,
        file_okay=False,
        show_default=False,
    ),
]

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="The data folder (else CJHUB_DATA, else ./data).", show_default=False),
]

Json = Annotated[bool, typer.Option("--json", help="A JSON object a line, for programs.")]

Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        help="Write files here, named after the ones given: NAME.xml, or NAME-001.xml, NAME-002.xml... for several.",
        file_okay=False,
        show_default=False,
    ),
]
