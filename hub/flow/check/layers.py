"""Each layer of a document against its schema: lxml decides, xmlschema explains what was refused."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hub.contract import Layer, Opened, Reader, Trust
from hub.discovery.bundle import Bundle
from hub.document import Document
from hub.document.explain import Explainer
from hub.document.schema import load as load_schema
from hub.flow.check import Checked
from hub.message.errors import Fault, Severity


@dataclass(frozen=True, slots=True)
class LayerCheck:
    """The schemas in force and the process that explains a breach of one."""

    bundle: Bundle
    explainer: Explainer

    def check(self, document: Document, reader: Reader, trust: Trust, *, strict: bool = False) -> Checked:
        """Take the envelopes off and look at every layer. `strict` lets every schema gate. Raises Refused."""
        return self.look(reader, reader.open(document, trust), strict=strict)

    def look(self, reader: Reader, opened: Opened, *, strict: bool = False) -> Checked:
        """Look at every layer of a document whose envelopes are off."""
        faults = [*opened.faults]
        for layer in opened.layers:
            faults += self._layer(layer, strict)
        return Checked(reader=reader, opened=opened, faults=tuple(faults))

    def _layer(self, layer: Layer, strict: bool) -> list[Fault]:
        if layer.schema is None:
            return []
        path = self.bundle.schema(layer.schema.path)
        if load_schema(path).accepts(layer.root):
            return []
        severity = Severity.ERROR if strict or layer.schema.gate else Severity.WARNING
        found = self.explainer.explain(path, layer.root, line_offset=layer.line)
        return [replace(fault, severity=severity) for fault in found]
