"""Case stories, pretend agencies that send and receive them, and a hub between the two.

Rule: everybody in a story is invented, and every identifier is sound. The agencies are real peers of the hub: they
speak to it over HTTP and through folders, in their own formats, and keep their own books of what reached them.
"""
