"""The roads to a debtor or a user: letters as PDF, e-mail, deliveries and their receipts.

Knows a `Letter`, not a reminder: the rooms above own the words, this room owns layout and transport. May not decide whether to send.
"""
