"""The canonical message: plain values, their life cycles, their errors. Imports nothing of the hub above it."""
