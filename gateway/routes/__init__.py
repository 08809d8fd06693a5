"""The calls, one file a resource. A handler parses, calls one thing, answers."""
