"""Creditworthiness of debtors: facts with an age and a source, advice with reasons.

Raw register facts and the company's own ledger history only; behaviour with one company is never shown to another, and no
score of our own is disclosed (kredittopplysningsloven § 3). May not send notices or stop claims: it records standing, dunning reads it.
"""
