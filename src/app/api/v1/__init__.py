"""The first version of the API: one file per resource, each with its schemas written out and its handlers.

A schema is a promise: it is never derived from a table. Amounts are whole øre (`*_ore`), days ISO dates (`*_on`), instants UTC (`*_at`).
"""
