"""Where the canonical schema lies in the bundle. The files are printed by hub.canonical.generate."""

SCHEMA = "exchange/1/envelope.xsd"
