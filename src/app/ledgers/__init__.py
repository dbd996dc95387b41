"""Accounting systems: connect, mirror what is owed, and post back what was paid.

Translation only: no ledger knows another, and nobody above this room knows one from the next. Writes debtors, open items and payments into
`receivables`; takes its orders to post from `agencies`. May not decide anything about dunning.
"""
