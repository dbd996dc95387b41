"""The door for programs: JSON under /api, one file per resource and version.

Holds no rules and no data: a handler parses, calls a room and writes the answer out in a schema of its own. May not import the other door;
accepts API keys only, never a browser's session.
"""
