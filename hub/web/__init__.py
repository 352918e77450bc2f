"""The web edge: the HTTP door, what callers may read, health and metrics.

Rule: deny by default; a record that a caller may not see is 404; no identifier of a case stands in a URL.
"""
