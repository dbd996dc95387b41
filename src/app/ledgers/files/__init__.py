"""Files beside SAF-T, read into plain values: a ledger's open item list, the bank's incoming payments, invoices as they were sent.

Touches files only: no database, no network. Every line that cannot be used comes back with its number and why; none disappears.
"""
