"""The canonical message as XML: written and read by one table of fields, which is the dataclasses themselves.

Namespace: urn:cjhub:exchange:1. Rule: `read(write(message)) == message`.
"""

NAMESPACE = "urn:cjhub:exchange:1"
