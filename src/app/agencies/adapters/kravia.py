"""Kravia's API v2: bare token, one partner key for many creditors, and no idempotency key.

So our reference travels as `accountingInvoiceId`, and after an unknown outcome the case is looked for before anything is sent again.
The vendor publishes requests but few answers: every assumed name stands in this file, and an answer that lacks one is `BrokenError` when
reading and `UnknownOutcomeError` after a write.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from app.agencies.capabilities import Access, AgencyCapabilities, ReportKind
from app.agencies.ports import (
    Agency,
    Attachment,
    CaseReceipt,
    CaseState,
    CaseUpdate,
    DirectPayment,
    HandoverPackage,
    Settlement,
    SettlementLine,
)
from app.agencies.vendors import AgencyVendor, Hint
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient, Reply
from app.settings import LedgerApp
from app.values.clock import Clock
from app.values.money import ore_from_decimal

#: the one place that knows the agency's words for where a case stands (the list is not published: assumed); any other word is UNKNOWN
STATES: Mapping[str, CaseState] = {
    "registered": CaseState.REGISTERED,
    "debtcollection": CaseState.IN_COLLECTION,
    "legalcollection": CaseState.LEGAL,
    "paused": CaseState.PAUSED,
    "paid": CaseState.PAID,
    "withdrawn": CaseState.WITHDRAWN,
    "closed": CaseState.CLOSED,
}
NOTICE_WORDS: Mapping[str, str] = {
    "reminder": "Purring",
    "collection_warning": "Inkassovarsel",
    "payment_demand": "Betalingsoppfordring",
}
PAGE_ROWS = 100
#: the agency's clock may run behind ours by this much before a look-up could miss a case
CLOCK_MARGIN = timedelta(days=2)


class KraviaAgency(Agency):
    """`http` has the API's base address (https://api.kravia.ai/api/v2), `token` the partner's secret."""

    capabilities = AgencyCapabilities(
        agency="kravia",
        label="Kravia",
        access=Access.PARTNER,
        attaches=True,
        lists_book=True,
        reports=frozenset({ReportKind.PAYMENT}),
        settles=True,
        marks_booked=True,
        payout_marks=("KRAVIA",),
    )

    def __init__(self, http: HttpClient, token: str) -> None:
        self._http = http
        self._headers = {"authorization": token}

    def register(self, package: HandoverPackage) -> CaseReceipt:
        """Hand one case over, without its attachments. It does not look first: a caller in doubt calls `find`."""
        answer = self._write("POST", "/invoice/register", json_body=_registration(package))
        return _receipt(answer)

    def find(self, creditor_id: str, our_reference: str, planned_at: datetime) -> CaseReceipt | None:
        """A case is not older there than its plan is here, so the look-up need not read the agency's whole book."""
        for row in self._rows(_vendor_time(planned_at - CLOCK_MARGIN)):
            if str(row.get("accountingInvoiceId")) == our_reference and str(row.get("creditorId")) == creditor_id:
                return CaseReceipt(str(_need(row, "invoiceId")), _state(row), str(row.get("status")))
        return None

    def attach(self, external_id: str, attachment: Attachment) -> None:
        self._write(
            "POST",
            f"/invoice/{_number(external_id)}/attachment",
            form={"type": attachment.kind},
            files={"file": (attachment.name, attachment.content, attachment.media_type)},
        )

    def changes(self, creditor_id: str, since: datetime | None) -> list[CaseUpdate]:
        """Cases changed at or after `since`, oldest first, each once in its newest state. Ask next with the last `updated_at`."""
        newest: dict[str, CaseUpdate] = {}
        for row in self._rows(None if since is None else _vendor_time(since)):
            if str(row.get("creditorId")) == creditor_id:
                update = _update(row)
                newest.pop(update.external_id, None)
                newest[update.external_id] = update
        return list(newest.values())

    def book(self, creditor_id: str) -> list[CaseUpdate]:
        """From the same list as the changes, read whole: no shorter way is published."""
        ended = (CaseState.PAID, CaseState.WITHDRAWN, CaseState.CLOSED)
        return [one for one in self.changes(creditor_id, None) if one.state not in ended]

    def report_payment(self, payment: DirectPayment) -> None:
        """The agency counts it against the principal only and ignores a surplus without saying so."""
        amount = _kroner(payment.amount_ore)
        self._write(
            "POST",
            "/invoice/payment",
            json_body={
                "date": payment.paid_on.isoformat(),
                "description": payment.text,
                "AccountingPaymentId": payment.our_key,
                "amount": amount,
                "invoices": [{"invoiceId": _number(payment.external_id), "amount": amount}],
            },
        )

    def find_payment(self, payment: DirectPayment) -> bool:
        details = self._read(f"/invoice/{_number(payment.external_id)}/details")
        return any(str(part.get("accountingPaymentId")) == payment.our_key for part in _objects(details, "payments"))

    def settlements(self, creditor_id: str) -> list[Settlement]:
        answer = self._read("/settlements", {"ExcludeClosed": "true"})
        return [_settlement(found) for found in _objects(answer, "items") if str(found.get("creditorId")) == creditor_id]

    def mark_booked(self, settlement_id: str, our_reference: str) -> None:
        self._write("PATCH", f"/settlements/{_number(settlement_id)}/bookkeep", params={"internalAccountingId": our_reference})

    def set_webhook(self, creditor_id: str, url: str, secret: str, *, enabled: bool = True) -> None:
        """Ask to be told of changes. What arrives is a hint (see `webhook_claim`), never a fact. There is one per creditor."""
        body = {"secret": secret, "enabled": enabled, "url": url}
        self._write("PUT", f"/creditor/{_number(creditor_id)}/webhook", json_body=body)

    def close(self) -> None:
        """Nothing to do: the line to the agency is shared by all who open it."""

    def _rows(self, since: str | None) -> Iterator[dict[str, Any]]:
        """All rows at or after `since`, oldest change first.

        The list moves while it is read, and offsets into a moving list skip rows. So each page starts at the last time seen, and only rows
        that share one time are paged by offset. The end is an empty page: the agency may give fewer rows than asked for.
        """
        cursor, skip = since, 0
        seen: set[tuple[str, str]] = set()
        while True:
            params = {"byAscending": "True", "lastUpdatedTime": cursor, "orderBy": 11, "skip": skip, "top": PAGE_ROWS}
            rows = _objects(self._read("/invoice/search", params), "items")
            if not rows:
                return
            for row in rows:
                key = (str(_need(row, "invoiceId")), str(_need(row, "lastUpdatedTime")))
                if key not in seen:
                    seen.add(key)
                    yield row
            last = str(rows[-1]["lastUpdatedTime"])
            cursor, skip = (cursor, skip + len(rows)) if last == cursor else (last, 0)

    def _read(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        answer = self._http.request("GET", path, params=params, headers=self._headers)
        if answer.status != 200:
            raise _trouble("GET", path, answer, is_write=False)
        return answer.json()

    def _write(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json_body: Any = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Reply:
        answer = self._http.request(
            method, path, params=params, headers=self._headers, json_body=json_body, form=form, files=files, write=True
        )
        if not 200 <= answer.status < 300:
            raise _trouble(method, path, answer, is_write=True)
        return answer


def vendor(apps: Mapping[str, LedgerApp], clock: Clock) -> AgencyVendor:
    app = apps["kravia"]
    http = HttpClient(app.api_url)
    return AgencyVendor(KraviaAgency.capabilities, lambda _access: KraviaAgency(http, app.keys["token"]), KraviaHooks())


class KraviaHooks:
    """One webhook per creditor, no idempotency key: what is told again is known by its signature, over time and case."""

    asks = True

    def subscribe(self, agency: Agency, creditor_id: str, url: str, secret: str) -> None:
        self._own(agency).set_webhook(creditor_id, url, secret)

    def unsubscribe(self, agency: Agency, creditor_id: str) -> None:
        self._own(agency).set_webhook(creditor_id, "", "", enabled=False)

    def read(self, secret: str, setup: Mapping[str, Any], headers: Mapping[str, str], body: bytes) -> Hint:
        """`webhook_signature` of the agreement's setup: `secret_json` where the vendor puts the secret first."""
        variant: Literal["json_secret", "secret_json"] = "secret_json" if setup.get("webhook_signature") == "secret_json" else "json_secret"
        claim = webhook_claim(body, secret, variant)
        if claim is None:
            raise RefusedError("the signature does not fit")
        return Hint(hashlib.sha256(body).hexdigest(), case=claim)

    @staticmethod
    def _own(agency: Agency) -> KraviaAgency:
        if not isinstance(agency, KraviaAgency):
            raise TypeError("these are Kravia's webhooks")
        return agency


def webhook_claim(body: bytes, secret: str, variant: Literal["json_secret", "secret_json"] = "json_secret") -> str | None:
    """The case a webhook speaks of; None when it is no webhook or its signature is not ours.

    MD5 over the data's JSON and the secret; the order and form are not published, hence `variant`. MD5 is weak whatever the order:
    the event is only a hint to read the case again.
    """
    try:
        event = json.loads(body)
        text = json.dumps(event["data"], separators=(",", ":"), ensure_ascii=False)
        signed = text + secret if variant == "json_secret" else secret + text
        digest = hashlib.md5(signed.encode(), usedforsecurity=False).hexdigest()
        genuine = hmac.compare_digest(digest.encode(), str(event["signature"]).lower().encode())
        return str(int(event["data"]["claimId"])) if genuine else None
    except (ValueError, KeyError, TypeError):
        return None


def _registration(package: HandoverPackage) -> dict[str, Any]:
    debtor = package.debtor
    return {
        "claimType": "CollectionCase",
        "creditorId": _number(package.creditor_id),
        "accountingInvoiceId": package.our_reference,
        "debtorName": debtor.name,
        "debtorNumber": debtor.number,
        "email": debtor.email,
        "ssn": None,
        "organizationNumber": debtor.organisation_number,
        "isPrivateIndividual": "true" if debtor.is_person else "false",
        "postalAddress": {
            "addressAddressLine1": debtor.address_line,
            "addressPostalCode": debtor.postal_code,
            "addressCity": debtor.city,
            "addressCountryCode": debtor.country,
        },
        "invoiceNo": package.invoice_number,
        "invoiceDate": package.invoice_date.isoformat(),
        "dueDate": package.due_date.isoformat(),
        "originalAmount": _kroner(package.principal_ore),
        "currencyCode": package.currency,
        "description": _description(package),
    }


def _description(package: HandoverPackage) -> str:
    """What was sent before (inkassoloven 1988 §§ 9, 17) has no field in the API, so it is told in words, and by attachment."""
    told = [package.description]
    if package.kid:
        told.append(f"KID {package.kid}")
    for notice in package.notices:
        deadline = f", frist {notice.payment_deadline.isoformat()}" if notice.payment_deadline else ""
        fee = f"{_kroner(notice.fee_ore):.2f}".replace(".", ",")
        told.append(f"{NOTICE_WORDS.get(notice.kind, notice.kind)} {notice.sent_on.isoformat()}{deadline}, gebyr kr {fee}")
    told.append(f"Forsinkelsesrente fra {package.interest_from.isoformat()}")
    if package.claims_compensation:
        told.append("Standardkompensasjon kreves")
    if not package.creditor_vat_liable:
        told.append("Fordringshaver er ikke merverdiavgiftspliktig")
    return ". ".join(part for part in told if part)


def _receipt(answer: Reply) -> CaseReceipt:
    """After the act: an answer that cannot be read leaves the outcome to be looked up."""
    try:
        body = answer.json()
        return CaseReceipt(str(_need(body, "invoiceId")), _state(body), str(body.get("status")))
    except BrokenError as fault:
        raise UnknownOutcomeError("the agency accepted the case, but its answer names no case") from fault


def _update(row: dict[str, Any]) -> CaseUpdate:
    reference = row.get("accountingInvoiceId")
    amount = row.get("outstandingAmount")
    return CaseUpdate(
        external_id=str(_need(row, "invoiceId")),
        our_reference=None if reference is None else str(reference),
        state=_state(row),
        agency_text=str(row.get("status")),
        outstanding_ore=None if amount is None else _ore(amount),
        updated_at=_instant(str(_need(row, "lastUpdatedTime"))),
        principal_ore=None if row.get("outstandingPrincipal") is None else _ore(row["outstandingPrincipal"]),
    )


def _settlement(found: dict[str, Any]) -> Settlement:
    """Refused unless the lines make up the amount to the øre: a payout that does not add up must not be posted."""
    lines = tuple(_settlement_line(line) for line in _objects(found, "bookkeepingSuggestion"))
    settlement = Settlement(
        external_id=str(_need(found, "settlementId")),
        settled_on=_date(_need(found, "settlementDate")),
        total_ore=_ore(_need(found, "amount")),
        currency=str(_need(found, "currencyCode")),
        bank_reference=(found.get("bankTransaction") or {}).get("reference"),
        lines=lines,
    )
    if sum(line.paid_out_ore for line in lines) != settlement.total_ore:
        raise BrokenError(f"settlement {settlement.external_id}: its lines do not add up to its amount")
    return settlement


def _settlement_line(line: dict[str, Any]) -> SettlementLine:
    return SettlementLine(
        external_case_id=str(_need(line, "invoiceId")),
        invoice_number=line.get("invoiceNo"),
        principal_ore=_ore(_need(line, "principal")),
        interest_ore=_ore(_need(line, "interest")),
        fees_ore=_ore(_need(line, "fees")),
        paid_on=_date(_need(line, "paymentDate")),
    )


def _trouble(method: str, path: str, answer: Reply, *, is_write: bool) -> OutsideError:
    """429 and 503 come before the act; any other 5xx after a write may have come behind it."""
    where = f"{method} {path}: status {answer.status}"
    if answer.status in (429, 503):
        pause = answer.headers.get("retry-after", "")
        return TryLaterError(where, timedelta(seconds=int(pause)) if pause.isdecimal() else None)
    if answer.status >= 500 or answer.status == 408:
        return UnknownOutcomeError(where) if is_write else TryLaterError(where)
    if answer.status in (401, 403):
        return RefusedError(f"{where}: the agency does not accept our token")
    return RefusedError(f"{where}: {answer.text[:300]}")


def _vendor_time(instant: datetime) -> str:
    """Seven decimals, no zone. Taken as UTC both ways, so that a wrong guess cannot move the cursor."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}0"


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text[:26]).replace(tzinfo=UTC)
    except ValueError as fault:
        raise BrokenError("lastUpdatedTime is no time") from fault


def _state(body: dict[str, Any]) -> CaseState:
    return STATES.get(str(body.get("status", "")).lower(), CaseState.UNKNOWN)


def _number(external_id: str) -> int:
    if not (external_id.isascii() and external_id.isdecimal()):
        raise RefusedError(f"not one of the agency's numbers: {external_id[:40]!r}")
    return int(external_id)


def _kroner(amount_ore: int) -> Decimal:
    return Decimal(amount_ore).scaleb(-2)


def _ore(kroner: Any) -> int:
    try:
        return ore_from_decimal(Decimal(str(kroner)))
    except (ArithmeticError, ValueError) as fault:
        raise BrokenError("an amount is no amount") from fault


def _date(text: Any) -> date:
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError as fault:
        raise BrokenError("a date is no date") from fault


def _objects(body: Any, name: str) -> list[dict[str, Any]]:
    found = _need(body, name)
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise BrokenError(f"{name} is no list of objects")
    return found


def _need(body: Any, name: str) -> Any:
    if not isinstance(body, dict) or body.get(name) is None:
        raise BrokenError(f"the answer lacks {name}")
    return body[name]
