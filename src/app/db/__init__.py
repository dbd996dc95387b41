"""The database: engine, tenant scope, the unit of work (the only place that commits), and the embedded PostgreSQL.

Knows no business word. `app.db.models` is not here: every room owns its own tables.
"""
