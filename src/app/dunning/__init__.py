"""Following up an unpaid claim: what may be done, what it may cost, what was done and why.

The heart is pure: `facts`, `policy`, `engine`, `steps`, `reasons`, `fees`, `charges`, `quote` and `statutes` know no database, no queue and
no clock; they may import `values` and nothing else. Around it stand the effects (claims, notices, the weekly list), which load
facts, ask `engine.decide`, and perform the one step it names. It talks down to agencies, credit and messaging, never up to the doors.
"""
