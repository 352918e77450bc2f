"""The hub's own connectors, one package an agency.

Rule: agencies are strangers to each other; what two of them share lies in a neutral package beside them (`spi`).
"""
