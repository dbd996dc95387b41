"""What is owed, by whom, since when: debtors, open items and payments as we know them.

The shared table in the middle: ledgers write it, everybody above reads it. Says nothing about what should happen next.
"""
