"""Documents attached to a case: their content out of the document received, and what the hub finds of it.

    [[case.documents]]
    each = "n:Documents/n:Document"
    reference = "@id"                                 reference, title, form and marking are values as any other
    form = "n:Form"                                   form and marking are read by code tables of their own
    content = { at = "n:Content", read = "base64" }   the bytes: base64 text, or "entry", a file of the zip by its name
    sha256 = "@sha256"                                what the sender says of them, also media_type and size

Rule: hash, size and media type are found from the bytes. What the sender says of them is compared, never believed.
"""

from __future__ import annotations

import binascii
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

from hub.canonical.shape import Kind, Slot, slots_of
from hub.contract.mapping.leaves import Found, Leaf, Setting, nodes_of_key
from hub.contract.mapping.paths import text_at
from hub.contract.mapping.readers import nearest
from hub.contract.mapping.run import Run
from hub.document import Element
from hub.document.media import media_type_of, same_media
from hub.message.case import AttachedDocument
from hub.message.envelope import Attachment

CONTENT = "content"
STATED = ("media_type", "size", "sha256")
CODES = {"form": "code:mg_form", "marking": "code:protective_marking"}

Said = Callable[[Element, Run], "dict[str, Any] | None"]
"""What is said of a document beside its content, None where nothing is."""

Unpack = Callable[[str, Element, Run], "bytes | None"]
"""The bytes that a text stands for, None where it is faulty, which is noted."""


def said_slots() -> dict[str, Slot]:
    """The fields of a document as a mapping gives them: what the hub finds itself may be stated, as text."""
    slots = {slot.name: slot for slot in slots_of(AttachedDocument)}
    for name in STATED:
        slots[name] = replace(slots[name], kind=Kind.LEAF, type=str, mark=None, optional=True)
    return slots


def with_tables(table: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping's table in which form and marking name their code tables, where they are read by nothing else."""
    made = dict(table)
    for name, reader in CODES.items():
        spec = made.get(name)
        if isinstance(spec, str):
            made[name] = {"at": spec, "read": reader}
        elif isinstance(spec, dict) and not {"read", "map"} & spec.keys():
            made[name] = {**spec, "read": reader}
    return made


def attached(said: Said, unpack: Unpack) -> Leaf:
    """The function that reads one document; `said` gives the text of its content too. The bytes go to the run."""

    def read(node: Element, run: Run) -> AttachedDocument | None:
        held = said(node, run)
        if held is None:
            return None
        if CONTENT not in held:
            words = "The document has no content. Send it with its content, or leave it out."
            run.fault(node, "attachment-missing", words)
            return None
        text, at = held.pop(CONTENT)
        body = unpack(text, at, run)
        return None if body is None else _made(body, held, at, run)

    return read


def _made(body: bytes, held: dict[str, Any], node: Element, run: Run) -> AttachedDocument:
    stated = {name: held.pop(name) for name in STATED if held.get(name) is not None}
    found = {"media_type": media_type_of(body), "size": len(body), "sha256": sha256(body).hexdigest()}
    _compare(stated, found, node, run)
    run.attachments.append(Attachment(sha256=str(found["sha256"]), body=body))
    return AttachedDocument(**(held | found))


def _compare(stated: Mapping[str, str], found: Mapping[str, Any], node: Element, run: Run) -> None:
    """A fault for each thing that the sender says of the content and that is not so."""
    if "sha256" in stated and stated["sha256"].strip().lower() != found["sha256"]:
        words = (
            f"The content has another SHA-256 than is stated: {found['sha256']}. It was altered or cut: send it again."
        )
        run.fault(node, "attachment-hash", words, stated["sha256"])
    if "size" in stated and stated["size"].strip() != str(found["size"]):
        words = (
            f"The content has {found['size']} bytes, which is not what is stated. It was cut or altered: send it again."
        )
        run.fault(node, "attachment-hash", words, stated["size"])
    if "media_type" in stated and not same_media(stated["media_type"], found["media_type"]):
        words = f"The content is {found['media_type']} by its first bytes. Name it so, or send the file that was meant."
        run.fault(node, "attachment-media", words, stated["media_type"])


# --- where the bytes are


def content(spec: object, key: str, setting: Setting) -> tuple[Leaf, Unpack]:
    """What finds the text of a content with the element that it stands at, and what makes bytes of it."""
    if not isinstance(spec, dict):
        setting.faults.add(key, 'this is needed, as a table: { at = "Path", read = "base64" }')
        return (lambda node, run: None), _base64
    setting.faults.unknown(key, spec, ("at", "read"))
    select = nodes_of_key(spec.get("at"), f"{key}.at", setting)
    name = setting.faults.text(spec, key, "read")
    if name and name not in CONTENTS:
        near = nearest(name, CONTENTS) or f"; there are {', '.join(CONTENTS)}"
        setting.faults.add(f"{key}.read", f"there is no reader of contents '{name}'{near}")

    if name == "entry" and not setting.files:
        setting.faults.add(
            f"{key}.read", "'entry' reads a file of a zip: [csv] documents names the folder that it is in"
        )

    def find(node: Element, run: Run) -> Found | None:
        for hit in select(node, run)[:1] if select is not None else ():
            run.used.add(hit[0] if hit[1] is None else (hit[0], hit[1]))
            text = text_at(hit)
            if text and not text.isspace():
                return text, hit[0]
        return None

    return find, CONTENTS.get(name, _base64)


def _base64(text: str, node: Element, run: Run) -> bytes | None:
    try:
        body = binascii.a2b_base64("".join(text.split()).encode("ascii"), strict_mode=True)
    except (binascii.Error, UnicodeEncodeError):
        words = "The content is not base64. Encode the bytes of the file, with nothing before or after them."
        run.fault(node, "attachment-base64", words)
        return None
    return body


def _entry(text: str, node: Element, run: Run) -> bytes | None:
    """A file of the zip, by its name there, with or without its folder."""
    wanted = text.strip()
    name = next((held for held in run.files if wanted in (held, held.rpartition("/")[2])), None)
    if name is None:
        words = "The zip has no file of this name in its folder of documents. Put it there, under the name in the row."
        run.fault(node, "attachment-missing", words)
        return None
    run.named.add(name)
    return run.files[name]


CONTENTS: dict[str, Unpack] = {"base64": _base64, "entry": _entry}
"""The readers of contents by name."""
