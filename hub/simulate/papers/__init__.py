"""The papers of a case, each as the system of its pretend sender writes it.

Rule: nothing here comes from a connector, so that what the hub reads was not written by the hub's own writers. Only the
exchange format, which is the hub's own, is written by `hub.canonical`.
"""
