"""Collection agencies (inkassoforetak): hand over, follow the case, and bring the money home.

Owns agreements, cases and settlements. May not send anything to a debtor, nor decide when a claim is ripe. Talks up to nobody; posts back
through `ledgers`.
"""
