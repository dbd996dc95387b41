"""Who is who: bureaus (the tenants), their companies, members and roles, login, sessions, API keys, and the audit trail.

Everybody above reads this room; it reads nobody. May not know what a ledger, a claim or a notice is.
"""
