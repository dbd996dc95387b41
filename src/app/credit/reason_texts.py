"""The sentences behind the reasons of a credit advice (English message ids for gettext) and the public sources they rest on."""

from __future__ import annotations


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid


REASON_TEXTS: dict[str, str] = {
    # who it is
    "no_such_unit": N_("No unit with this organisation number is in the register."),
    "bankrupt": N_("The unit is bankrupt."),
    "bankrupt_since": N_("The unit has been bankrupt since {since_on}."),
    "compulsory_liquidation": N_("The unit is being wound up by order of the court."),
    "deleted": N_("The unit was deleted from the register on {since_on}."),
    "removed": N_("The unit has been removed from the register by law."),
    "liquidation": N_("The unit is being wound up by its owners: only what is paid in advance is safe."),
    "sole_proprietor": N_(
        "A sole proprietor is treated as a person: there are no accounts to judge by, and a person decides. "
        "Only open registers were read, so no copy is due to the subject."
    ),
    "young": N_("The unit is {months} months old, less than a year."),
    # what it is judged by
    "accounts_not_published": N_("The open register does not publish this kind of accounts: there is nothing to judge by."),
    "no_accounts": N_("No accounts have been filed, and none need be yet: there is nothing to judge by."),
    "no_accounts_age_unknown": N_("No accounts have been filed, and the age of the unit is not known: there is nothing to judge by."),
    "accounts_overdue": N_("The accounts due on {due_on} have not been filed."),
    "only_group_accounts": N_("Only the group's accounts are filed: they say nothing of this unit."),
    "foreign_currency": N_("The accounts are in {currency}: a person must read them."),
    "stale": N_("The newest accounts are {months} months old: too old to judge by."),
    "equity_unknown": N_("The accounts do not state the equity: there is nothing to judge by."),
    "negative_equity": N_("The equity is negative: {equity_ore} kr."),
    "weak_liquidity": N_("Current debt exceeds current assets by {gap_ore} kr."),
    "liquidity_unknown": N_("The accounts do not state current assets and current debt; only the equity counts for the limit."),
    # the limit
    "limit_by_equity": N_("{percent} per cent of the equity of {equity_ore} kr is {share_ore} kr."),
    "limit_by_liquidity": N_("{percent} per cent of the net current assets of {liquidity_ore} kr is {share_ore} kr."),
    "limit_cap": N_("No limit is set above {cap_ore} kr from open registers alone."),
    "low_limit": N_("A weak or untold basis sets the limit to at most {limit_ore} kr."),
    "limit_halved": N_("The limit is halved to {limit_ore} kr because of late payments."),
    "within_limit": N_("The order and what is open already, {exposure_ore} kr, are within the limit of {limit_ore} kr."),
    "over_limit": N_("The order and what is open already, {exposure_ore} kr, exceed the limit of {limit_ore} kr."),
    # the company's own experience
    "overdue_now": N_("{count} invoices for {overdue_ore} kr are overdue with you now, the oldest by {days} days."),
    "pays_late": N_("{count} paid invoices were paid {days} days late on average."),
    "pays_on_time": N_("{count} paid invoices were paid on time, or {days} days late on average."),
    "no_history": N_("You have no paid invoices with this customer to judge by."),
}

UNITS = "Enhetsregisteret"
ACCOUNTS = "Regnskapsregisteret"
LEDGER = "own ledger"

REASON_SOURCES: dict[str, str] = {
    **dict.fromkeys(
        ("no_such_unit", "bankrupt", "bankrupt_since", "compulsory_liquidation", "deleted", "removed", "liquidation", "young"), UNITS
    ),
    "sole_proprietor": "kredittopplysningsloven §§ 14, 18; Enhetsregisteret",
    **dict.fromkeys(
        (
            "accounts_not_published", "no_accounts", "no_accounts_age_unknown", "foreign_currency", "stale", "equity_unknown",
            "negative_equity", "weak_liquidity", "liquidity_unknown", "limit_by_equity", "limit_by_liquidity",
        ),
        ACCOUNTS,
    ),
    "accounts_overdue": "regnskapsloven §§ 3-1, 8-2; Regnskapsregisteret",
    "only_group_accounts": "kredittopplysningsloven § 12; Regnskapsregisteret",
    **dict.fromkeys(("overdue_now", "pays_late", "pays_on_time", "no_history"), LEDGER),
}  # fmt: skip
