"""cjhub dialects: what this hub reads and writes, and who uses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.cli import options
from hub.cli.output import add_row, json_line, show, table

if TYPE_CHECKING:
    from hub.discovery import Found
    from hub.flow.judge import Judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One dialect as it is listed. `schemas` and the types read are learnt from its samples."""

    name: str
    reads: bool
    writes: bool
    version: str | None
    answers: str | None
    types_read: tuple[str, ...]
    types_written: tuple[str, ...]
    senders: tuple[str, ...]
    receivers: tuple[str, ...]
    schemas: tuple[str, ...]


def dialects(as_json: options.Json = False, config: options.Config = None) -> None:
    """List the dialects: read or written, their messages, schemas and parties."""
    from hub.cli.documents import judging

    with judging(config, reference=False) as judge:
        names = sorted({*judge.found.readers, *judge.found.writers})
        listed = [_dialect(judge, name) for name in names]
    if as_json:
        for one in listed:
            json_line(_shown(one))
        return
    made = table("dialect", "does", "version", "answers", "reads", "writes", "sent by", "sent to", "schemas")
    for one in listed:
        does = " ".join(word for word, held in (("reads", one.reads), ("writes", one.writes)) if held)
        lists = (one.types_read, one.types_written, one.senders, one.receivers, one.schemas)
        add_row(made, one.name, does, one.version, one.answers, *("\n".join(names) for names in lists))
    show(made)


def _dialect(judge: Judge, name: str) -> Dialect:
    reader, writer = judge.found.readers.get(name), judge.found.writers.get(name)
    types, schemas = _learnt(judge, name) if reader else ((), ())
    return Dialect(
        name=name,
        reads=reader is not None,
        writes=writer is not None,
        version=reader.version if reader else None,
        answers=str(reader.answers) if reader else None,
        types_read=types,
        types_written=tuple(sorted(writer.sends)) if writer else (),
        senders=_senders(judge.found, name),
        receivers=_receivers(judge.found, name),
        schemas=schemas,
    )


def _learnt(judge: Judge, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The message types and the schemas that the samples of a dialect show."""
    from hub.prove.fixed import AT, SENDER
    from hub.prove.samples import samples_in

    types: set[str] = set()
    schemas: dict[str, None] = {}
    for sample in samples_in(judge.found.bundle, [name]):
        judged = judge.judge(sample.path.read_bytes(), SENDER, AT)
        types |= {type(kept.message.body).__name__ for kept in judged.messages}
        layers = judged.opened.layers if judged.opened else ()
        schemas |= {layer.schema.path: None for layer in layers if layer.schema}
    return tuple(sorted(types)), tuple(schemas)


def _senders(found: Found, name: str) -> tuple[str, ...]:
    return tuple(sorted(code for code, party in found.parties.items() if name in party.sends.dialects))


def _receivers(found: Found, name: str) -> tuple[str, ...]:
    parties = found.parties.items()
    return tuple(sorted(code for code, party in parties if any(route.dialect == name for route in party.routes)))


def _shown(one: Dialect) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(one)
