"""What a ledger can and cannot do, as data: pages, syncs and tests ask here, never by the vendor's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class CredentialKind(StrEnum):
    """How a company lets us in. Only some ledgers have OAuth.

    OAUTH_CODE: the user consents on the vendor's page, we get tokens. REDIRECT_ONBOARDING: he does so too, and a key of his own comes back.
    PASTED_SECRET: he makes a key there and pastes it here. APP_CREDENTIALS: our own key opens the door, he only tells which company it is
    (and has let us in at the vendor). FILE: there is no door; somebody uploads.
    """

    OAUTH_CODE = "oauth_code"
    REDIRECT_ONBOARDING = "redirect_onboarding"
    PASTED_SECRET = "pasted_secret"  # noqa: S105 - the name of a kind, not a secret
    APP_CREDENTIALS = "app_credentials"
    FILE = "file"

    @property
    def by_consent(self) -> bool:
        """Whether the user is sent to a page of the vendor's."""
        return self in (CredentialKind.OAUTH_CODE, CredentialKind.REDIRECT_ONBOARDING)


class Since(StrEnum):
    """How finely a ledger can be asked for what changed. DELTAS: it keeps a list of changes, for `changes_kept`."""

    NONE = "none"
    DATE = "date"
    INSTANT = "instant"
    DELTAS = "deltas"


class OpenItems(StrEnum):
    """Where the open post list comes from. AS_OF: asked for at any day. CURRENT: as it stands now. DERIVED: worked out from documents."""

    AS_OF = "as_of"
    CURRENT = "current"
    DERIVED = "derived"


class PaymentWrite(StrEnum):
    """How money gets into the ledger. INVOICE: registered on the invoice. VOUCHER: a balanced voucher that names it. QUEUE: a voucher
    handed to the ledger's import queue, where accepted is not posted. NONE: a person has to."""

    INVOICE = "invoice"
    VOUCHER = "voucher"
    QUEUE = "queue"
    NONE = "none"


class Finding(StrEnum):
    """How an earlier write of ours is found again. OUR_KEY: it carries our own key. ALIKE: only by date and amount, and it may be somebody
    else's."""

    OUR_KEY = "our_key"
    ALIKE = "alike"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One box of the connection form. What is not `secret` (a company's id) may be shown again."""

    name: str
    secret: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a ledger can and cannot do, as data; asked, never guessed from its type.

    `max_concurrency` counts calls at the same time within what the vendor counts by (user, key or app). `loose_credits`: money and credit
    notes that nobody has tied to an invoice are among the open items; where they are not, the sum cannot be held against the account.
    `reminds_by_default`: its reminder switches are on for every new customer, also where nobody uses its reminders.
    `resumes`: the open post list can be gone on with from the middle, at a place its pages tell.
    `dates_payments`: each payment is told with its day; where not, only how much is settled, and the day is the one we saw it on.
    """

    ledger: str
    label: str
    credential_kind: CredentialKind
    multi_company: bool
    max_concurrency: int
    open_items: OpenItems
    payment_write: PaymentWrite
    finding: Finding
    reads_own_reminders: bool
    reminds_by_default: bool = False
    resumes: bool = False
    loose_credits: bool = True
    dates_payments: bool = True
    tells_kid: bool = True
    numbers_customers: bool = True
    fields: tuple[CredentialField, ...] = ()
    customers_since: Since = Since.NONE
    changes: Since = Since.NONE
    changes_kept: timedelta | None = None
    webhooks: bool = False
    reverses: bool = False
    pays_foreign: bool = False
    supplier_items: bool = False
    bank_balances: bool = False
    receivables_balance: bool = False
