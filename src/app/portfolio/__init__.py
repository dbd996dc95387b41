"""Read-only views across a bureau's companies: the work list of one row per company, its key figures and the age of what is owed.

Asks the rooms below for nothing it can count itself in one statement; writes nothing. The doors read it, nobody else does.
"""
