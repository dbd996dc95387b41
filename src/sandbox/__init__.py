"""The outside world on localhost: vendor simulators for ledgers, agencies, registers, mail and print.

A stranger to `app` in both directions: only HTTP, SMTP and files pass between them. Every endpoint carries a fidelity mark
(`spec`: read in the vendor's own specification; `example`: seen in a recorded or published example; `assumed`: not documented publicly).
"""
