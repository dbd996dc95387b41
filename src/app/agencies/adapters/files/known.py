"""Agencies that are known to work in files, each with its layout in ONE table, and those whose bureau says how its files look.

No Norwegian agency publishes a record layout. What is public about Intrum (formerly Lindorff) is told by makers of ledgers (Quick3,
Cordel, Uni Micro): files named LS (new cases) and RD (direct payments and corrections) with customer number, date and time, a receipt with
the case's number there, and a file that closes cases while the money travels by itself. About Retrieve its own site tells the routine and
no files. The columns are therefore our own (`assumed`); an agreement that has the agency's real ones says so in `setup["profile"]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.agencies.adapters.files.agency import FileAgency
from app.agencies.adapters.files.profile import FileKind, FileShape, Profile, ProfileError, from_json
from app.agencies.capabilities import Access, AccessField, AgencyCapabilities, ReportKind, Takeover
from app.agencies.ports import AgencyAccess
from app.agencies.vendors import AgencyVendor
from app.net.errors import RefusedError
from app.net.sftp import SftpAccount, SftpServer, is_key
from app.values.clock import Clock

CASE_COLUMNS: Mapping[str, str] = {
    "creditor": "kundenr", "reference": "referanse", "debtor_kind": "skyldnertype", "debtor_name": "navn", "debtor_number": "debitornr",
    "organisation_number": "orgnr", "email": "epost", "phone": "telefon", "address": "adresse", "postal_code": "postnr", "city": "poststed",
    "country": "land", "invoice_number": "fakturanr", "invoice_date": "fakturadato", "due_date": "forfall", "principal": "hovedstol",
    "original": "opprinnelig", "currency": "valuta", "kid": "kid", "description": "tekst", "reminder_on": "purredato",
    "warning_on": "varseldato", "warning_deadline": "varselfrist", "notices": "brev", "interest_from": "rente_fra", "interest": "rente",
    "compensation": "standardkompensasjon", "vat_liable": "mva_pliktig", "documents": "vedlegg",
}  # fmt: skip
REPORT_COLUMNS: Mapping[str, str] = {
    "creditor": "kundenr", "case": "saksnr", "reference": "referanse", "key": "id", "kind": "type", "date": "dato", "amount": "belop",
    "text": "tekst",
}  # fmt: skip
RECEIPT_COLUMNS: Mapping[str, str] = {
    "creditor": "kundenr", "reference": "referanse", "case": "saksnr", "outcome": "status", "reason": "merknad",
}  # fmt: skip
STATUS_COLUMNS: Mapping[str, str] = {
    "creditor": "kundenr", "case": "saksnr", "reference": "referanse", "status": "status", "text": "merknad", "outstanding": "restsaldo",
    "principal": "resthovedstol",
}  # fmt: skip
SETTLEMENT_COLUMNS: Mapping[str, str] = {
    "creditor": "kundenr", "settlement": "avregning", "settled_on": "avregningsdato", "case": "saksnr", "invoice": "fakturanr",
    "principal": "hovedstol", "interest": "rente", "fees": "gebyr", "withheld": "salaer", "withheld_vat": "mva", "paid_on": "innbetalt",
    "total": "utbetalt", "currency": "valuta", "bank_reference": "bankref",
}  # fmt: skip
REPORT_KINDS: Mapping[str, str] = {"payment": "INNBETALING", "credit_note": "KREDITNOTA", "correction": "KORREKSJON"}
#: closing ends a case and says nothing about money: only the ledger shows that it is paid
INTRUM_STATUSES: Mapping[str, str] = {
    "REGISTRERT": "registered", "INKASSO": "in_collection", "RETTSLIG": "legal", "STANSET": "paused", "AVSLUTTET": "closed",
    "TRUKKET": "withdrawn",
}  # fmt: skip
RETRIEVE_STATUSES: Mapping[str, str] = {
    "MOTTATT": "registered", "VARSEL": "registered", "INKASSO": "in_collection", "RETTSLIG": "legal", "PAUSE": "paused", "BETALT": "paid",
    "TRUKKET": "withdrawn", "AVSLUTTET": "closed", "OVERVÅK": "closed",
}  # fmt: skip
INTRUM = Profile(
    {
        FileKind.CASES: FileShape("til", "LS{creditor}_{date}_{time}_{reference}.csv", CASE_COLUMNS),
        FileKind.REPORTS: FileShape("til", "RD{creditor}_{date}_{time}_{key}.csv", REPORT_COLUMNS),
        FileKind.RECEIPTS: FileShape("fra", "KV*.csv", RECEIPT_COLUMNS),
        FileKind.STATUS: FileShape("fra", "AV*.csv", STATUS_COLUMNS),
    },
    encoding="iso-8859-1", dates="ddmmyyyy", archive="til/behandlet", documents="til/vedlegg", statuses=INTRUM_STATUSES,
    refusals=("AVVIST",), report_kinds=REPORT_KINDS,
)  # fmt: skip
RETRIEVE = Profile(
    {
        FileKind.CASES: FileShape("inn", "saker_{creditor}_{date}_{reference}.csv", CASE_COLUMNS),
        FileKind.REPORTS: FileShape("inn", "innbetalinger_{creditor}_{date}_{key}.csv", REPORT_COLUMNS),
        FileKind.RECEIPTS: FileShape("ut", "kvittering_*.csv", RECEIPT_COLUMNS),
        FileKind.STATUS: FileShape("ut", "status_*.csv", STATUS_COLUMNS),
        FileKind.SETTLEMENTS: FileShape("ut", "innbetalt_*.csv", SETTLEMENT_COLUMNS),
    },
    dates="dd.mm.yyyy", archive="inn/hentet", documents="inn/vedlegg", statuses=RETRIEVE_STATUSES, refusals=("AVVIST",),
    report_kinds=REPORT_KINDS,
)  # fmt: skip
FIELDS = (
    AccessField("host"),
    AccessField("port", needed=False),
    AccessField("username"),
    AccessField("host_key"),
    AccessField("password", secret=True, needed=False),
    AccessField("client_key", secret=True, needed=False),
)
_FILES: dict[str, Any] = {
    "access": Access.FILES, "fields": FIELDS, "answers_later": True, "reports": frozenset(ReportKind), "settles": True,
}  # fmt: skip
#: Intrum's first letter is a collection warning, by what ledgers tell; where ours was sent the file says so
INTRUM_CAN = AgencyCapabilities(
    agency="intrum", label="Intrum", takeovers=frozenset(Takeover), payout_marks=("INTRUM", "LINDORFF"), **{**_FILES, "settles": False}
)  # fmt: skip
#: the bureau's weekly list, a chance to stop, and then the agency sends the warning and all that follows
RETRIEVE_CAN = AgencyCapabilities(
    agency="retrieve", label="Retrieve", takeovers=frozenset({Takeover.WARNING}), payout_marks=("RETRIEVE",), **_FILES
)  # fmt: skip
GENERIC_CAN = AgencyCapabilities(agency="files", label="Filutveksling (SFTP)", takeovers=frozenset(Takeover), **_FILES)
STANDARD: Mapping[str, Profile] = {"intrum": INTRUM, "retrieve": RETRIEVE}
PROFILE = "profile"


def vendors(clock: Clock, *, public_only: bool) -> tuple[AgencyVendor, ...]:
    """`public_only`: agreements' servers must stand on the open internet, because whoever writes them down is a tenant."""
    return tuple(_vendor(can, clock, public_only) for can in (INTRUM_CAN, RETRIEVE_CAN, GENERIC_CAN))


def profile_of(agency: str, setup: Mapping[str, Any]) -> Profile:
    """The agreement's own, or the one that comes with the house. `ProfileError` says what is wrong with it."""
    given = setup.get(PROFILE)
    if given is not None:
        if not isinstance(given, Mapping):
            raise ProfileError("files", "the profile is no table")
        return from_json(given)
    if agency not in STANDARD:
        raise ProfileError("files", "the agreement does not say how its files look")
    return STANDARD[agency]


def _vendor(capabilities: AgencyCapabilities, clock: Clock, public_only: bool) -> AgencyVendor:
    def opener(access: AgencyAccess) -> FileAgency:
        try:
            profile = profile_of(capabilities.agency, access.setup)
        except ProfileError as fault:
            raise RefusedError(f"the agreement's files: {fault.field}: {fault}") from fault
        if access.memory is None:
            raise RefusedError("nothing remembers which files were read")
        server = SftpServer(account_of(access, public_only=public_only), capabilities.label)
        return FileAgency(capabilities, profile, server, access.memory, clock, access.creditor_ref)

    return AgencyVendor(capabilities, opener)


def account_of(access: AgencyAccess, *, public_only: bool) -> SftpAccount:
    setup, secrets = access.setup, access.secrets
    port = str(setup.get("port") or "22")
    if not (port.isdecimal() and 0 < int(port) < 65_536):
        raise RefusedError("the agreement's port is no port")
    if not is_key(str(setup["host_key"])):
        raise RefusedError("the agreement's host key is none: it begins with ssh-ed25519, ecdsa-sha2 or ssh-rsa")
    if not (secrets.get("password") or secrets.get("client_key")):
        raise RefusedError("the agreement lacks password or client_key")
    return SftpAccount(
        str(setup["host"]), int(port), str(setup["username"]), str(setup["host_key"]), secrets.get("password") or None,
        secrets.get("client_key") or None, public_only=public_only,
    )  # fmt: skip
