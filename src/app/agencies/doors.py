"""How the rest of the house gets at an agency: chosen by `wiring`, one door per agency."""

from __future__ import annotations

from typing import Protocol

from app.agencies.ports import Agency, AgencyCapabilities


class Agencies(Protocol):
    """Opens agencies by their short name (`kravia`, ...). An unknown name is a `KeyError`. The secret is the house's own partner token;
    which creditor is meant is said by the agreement."""

    def known(self) -> tuple[AgencyCapabilities, ...]: ...

    def open(self, agency: str) -> Agency:
        """The agency, over connections that all openings share: they belong to whoever made this door, and are not closed after use."""
        ...


def payout_marks(agencies: Agencies, agency: str) -> tuple[str, ...]:
    """How this agency's payouts look in a ledger; none for an agency we do not know."""
    return next((known.payout_marks for known in agencies.known() if known.agency == agency), ())
