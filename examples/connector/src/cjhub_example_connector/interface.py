"""What both directions of the Report Desk's interface share: its name, and how its documents say whose they are."""

DIALECT = "report-desk"

INTERFACE = "urn:example:report-desk:1"
"""Stands in every document of the desk's as `interface`. Another version of the interface would be another dialect."""
