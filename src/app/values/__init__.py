"""The small exact words everything else is said in: money, days, identifiers, time.

Pure: no I/O, no other room. `clock.py` is the one place that asks the machine what time it is; everybody else is told.
"""
