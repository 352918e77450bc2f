"""A dialect as data alone: `dialects/riverside-rms/`, found through the entry point group `cjhub.dialects`.

The format is invented. A package like this one has no code: a mapping, samples, and what they become.
"""
