"""cjhub new-force: a party's file and the draft of its mapping, from a sample.

Rule: nothing that is there is written over; what was drafted is proven by `cjhub prove` and by nothing else.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.output import Code, say, warn
from hub.message.errors import Misconfigured

if TYPE_CHECKING:
    from hub.document import Element
    from hub.prove.writing import Frame

_CODE = re.compile(r"[a-z][a-z0-9\-]{1,39}")
_SUFFIX = {"xml": ".xml", "json": ".json", "csv": ".csv"}

PARTY = """[party]
code = "{code}"
name = "{name}"
agency = "police"

[sends]
dialects = ["{dialect}"]
"""


def new_force(
    code: Annotated[str, typer.Argument(help="The force's code here: small letters, digits and hyphens.")],
    sample: Annotated[Path, typer.Argument(help="A document as the force writes it: XML, JSON or CSV.")],
    name: Annotated[str | None, typer.Option(help="The force's name; asked for where it is not given.")] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The configuration folder to write into.")] = Path("config"),
) -> None:
    """Draft a new force: its party's file, and a mapping from a sample, each guess with how sure it is.

    Then mend the mapping while `cjhub map SAMPLE --with MAPPING --watch` shows what it makes, and run `cjhub prove`.
    """
    if not _CODE.fullmatch(code):
        raise Misconfigured([f"'{code}' is no code: use small letters, digits and hyphens"])
    force = name or typer.prompt("Name of the force")
    raw = sample.read_bytes() if sample.is_file() else None
    if raw is None:
        raise Misconfigured([f"{sample}: there is no such file"])
    dialect = f"{code}-rms"
    text, sure, lift = _drafted(raw, dialect)
    folder = out / "dialects" / dialect
    party = PARTY.format(code=code, name=force.replace('"', "'"), dialect=dialect)
    files: dict[Path, bytes] = {
        out / "parties" / f"{code}.toml": party.encode(),
        folder / "mapping.toml": text.encode(),
        folder / "samples" / f"first{_SUFFIX[lift]}": raw,
    }
    there = [str(path) for path in files if path.exists()]
    if there:
        raise Misconfigured([f"{path}: is there already, and is not written over" for path in there])
    for path, body in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        say("written", path)
    warn(f"{sure} fields were recognised. Next: cjhub map {sample} --with {folder / 'mapping.toml'} --watch")
    raise typer.Exit(Code.DONE)


def _drafted(raw: bytes, dialect: str) -> tuple[str, int, str]:
    """The text of the mapping, how many fields it has, and the format."""
    from hub.prove.drafting import draft
    from hub.prove.writing import mapping_text

    root, frame = _tree(raw, dialect)
    made = draft(root)
    return mapping_text(frame, made), len(made.guesses), frame.lift


def _tree(raw: bytes, dialect: str) -> tuple[Element, Frame]:
    from hub.document.csv import CsvLayout, csv_tree
    from hub.document.lift import lift
    from hub.document.plain import json_tree
    from hub.prove.writing import Frame

    document = lift(raw)
    if document.root is not None:
        spaces = _namespaces(document.root)
        prefix = next((key + ":" for key, uri in spaces.items() if document.root.tag.startswith(f"{{{uri}}}")), "")
        root = f'root = "{prefix}{document.root.tag.rpartition("}")[2]}"'
        return document.root, Frame(name=dialect, lift="xml", recognise=["[recognise]", root], namespaces=spaces)
    if document.media == "json" and isinstance(document.data, dict):
        members = ", ".join(f'"{key}"' for key in document.data)
        told = ["[recognise]", f"members = [{members}]"]
        return json_tree(document.data), Frame(name=dialect, lift="json", recognise=told, namespaces={})
    header = raw.decode("utf-8-sig", "replace").partition("\n")[0].strip()
    delimiter = _delimiter(header)
    tree = csv_tree(raw, CsvLayout(delimiter=delimiter))
    quoted = header.replace("\\", "\\\\").replace('"', '\\"')
    told = ["[recognise]", f'header = "{quoted}"', "", "[csv]", f'delimiter = "{delimiter}"']
    return tree, Frame(name=dialect, lift="csv", recognise=told, namespaces={})


def _namespaces(root: Element) -> dict[str, str]:
    """A prefix for every namespace of the sample."""
    found: dict[str, str] = {}
    for node in root.iter():
        uri = node.tag[1:].partition("}")[0] if node.tag.startswith("{") else None
        if uri and uri not in found.values():
            found["n" if not found else f"n{len(found) + 1}"] = uri
    return found


def _delimiter(header: str) -> str:
    try:
        return csv.Sniffer().sniff(header, ",;\t|").delimiter
    except csv.Error:
        return ","
