"""What the agency does by itself as time passes: it looks at batches, moves cases on, and pays out the day after it was paid."""

from __future__ import annotations

from datetime import date, timedelta

from sandbox.amili.book import LISTED, Batch, Book, Case, Collected, Json, Money, Settlement
from sandbox.amili.webhook import tell_batch, tell_case, tell_settlement
from sandbox.world import OSLO, World

VAT_PERCENT = 25
DEBTOR_NEEDS = ("fullName", "address")


class RowError(Exception):
    """A row of a batch that does not hold, and why."""


def catch_up(world: World, book: Book) -> None:
    """Let the agency do what it would have done by now."""
    before = len(book.outbox)
    if not book.settings.hold_batches:
        for batch in [one for one in book.batches.values() if one.status == "QUEUED"]:
            look_at(world, book, batch)
    for case in book.cases.values():
        _move_on(world, book, case)
    _settle(book, world.today())
    if len(book.outbox) != before:
        world.save()


def look_at(world: World, book: Book, batch: Batch) -> None:
    """Take each row or refuse it. A failed row names its place in what was sent, and its key where the agency does."""
    for place, row in enumerate(batch.rows):
        try:
            batch.succeeded.append(_take(world, book, batch, row))
        except RowError as fault:
            key = {name: value for name, value in row.items() if name.startswith("uniqueSource") and book.settings.names_rows}
            name = batch.type.lower()
            batch.failed.append(
                {"$type": f"{name}Error", "objectname": name, "objectindex": place, "message": str(fault), **key}
            )  # fmt: skip
    batch.status = "SUCCESS" if not batch.failed else "PARTIAL" if batch.succeeded else "FAILED"
    batch.finished_at = world.now()
    tell_batch(world, book, batch)


def to_collection(world: World, book: Book, case: Case) -> None:
    """The payment demand (betalingsoppfordring) goes out, with its fee."""
    case.type, case.sub_status = "DEBT_COLLECTION", None
    case.fees_ore += book.settings.fee_ore
    tell_case(world, book, case, ["type", "amounts"])


def pay_agency(world: World, book: Book, case: Case, amount_ore: int | None, paid_on: date) -> Collected:
    """The debtor pays the agency: costs, then interest, then principal (assumed). None pays everything; a surplus goes back."""
    days = (paid_on - case.interest_until).days
    if days > 0:
        case.interest_ore += round(case.principal_ore * book.settings.interest_percent * days / 36_500)
        case.interest_until = paid_on
    left = case.remaining_ore if amount_ore is None else min(amount_ore, case.remaining_ore)
    fees = min(left, case.fees_ore)
    interest = min(left - fees, case.interest_ore)
    principal = left - fees - interest
    case.fees_ore -= fees
    case.interest_ore -= interest
    case.principal_ore -= principal
    collected = Collected(paid_on, principal, interest, fees)
    case.collected.append(collected)
    case.money.append(Money("agency", paid_on, left))
    _close_if_empty(world, case)
    tell_case(world, book, case, ["amounts", "status"])
    return collected


def _take(world: World, book: Book, batch: Batch, row: Json) -> Json:
    if batch.type == "INVOICE":
        return _register(world, book, batch, row)
    case = next((one for one in book.cases.values() if one.invoice_id == row.get("invoiceId")), None)
    if case is None or case.organisation_id != batch.organisation_id:
        raise RowError("Unknown invoice")
    amount_ore = round(float(row.get("amount") or 0) * 100)
    if case.status == "CLOSED":
        raise RowError("The case is closed")
    if amount_ore <= 0 or amount_ore > case.principal_ore:
        raise RowError("The amount is not within what remains of the invoice")
    case.principal_ore -= amount_ore
    kind, name = ("direct", "uniqueSourcePaymentId") if batch.type == "PAYMENT" else ("correction", "uniqueSourceCorrectionId")
    on = date.fromisoformat(str(row.get("date") or world.today())[:10])
    case.money.append(Money(kind, on, amount_ore, row.get(name), str(row.get("description") or "")))  # type: ignore[arg-type]
    if kind == "correction" and case.principal_ore == 0:
        case.interest_ore = case.fees_ore = 0
    _close_if_empty(world, case)
    tell_case(world, book, case, ["amounts"])
    key = {name: row[name]} if row.get(name) else {}
    return {"$type": f"{batch.type.lower()}Success", "invoiceId": case.invoice_id, "caseId": case.id, **key}


def _register(world: World, book: Book, batch: Batch, row: Json) -> Json:
    _check(book, batch, row)
    if book.settings.refuse_next is not None:
        why, book.settings.refuse_next = book.settings.refuse_next, None
        raise RowError(why)
    amount_ore = round(float(row["originalInvoiceAmount"]) * 100)
    book.next_case += 1
    case = Case(
        id=book.new_id("case"), number=book.next_case, organisation_id=batch.organisation_id, invoice_id=book.new_id("invoice"),
        batch_id=batch.id, given=row, original_ore=amount_ore, principal_ore=amount_ore, registered_at=world.now(),
        interest_until=date.fromisoformat(str(row["dueDate"])[:10]),
    )  # fmt: skip
    if row["type"] == "PAYMENT_REMINDER":
        case.type = "PAYMENT_REMINDER"
    book.cases[case.number] = case
    tell_case(world, book, case, None)
    return {
        "$type": "invoiceSuccess", "invoiceId": case.invoice_id, "invoiceNumber": row["invoiceNumber"], "caseId": case.id,
        "uniqueSourceInvoiceId": row.get("uniqueSourceInvoiceId"),
    }  # fmt: skip


def _check(book: Book, batch: Batch, row: Json) -> None:
    for name in ("invoiceNumber", "originalInvoiceAmount", "currency", "invoiceDate", "dueDate"):
        if row.get(name) in (None, ""):
            raise RowError(f"{name} is required")
    if row.get("type") not in ("PAYMENT_REMINDER", "NOTICE"):
        raise RowError("type is unknown")
    if float(row["originalInvoiceAmount"]) <= 0:
        raise RowError("originalInvoiceAmount must be positive")
    debtors = row.get("debtors") or []
    if not debtors or any(not debtors[0].get(name) for name in DEBTOR_NEEDS):
        raise RowError("debtors: name and address are required")
    if any(not debtors[0]["address"].get(name) for name in ("addressLine1", "postalCode", "city", "countryCode")):
        raise RowError("debtors: the postal address is required in full")
    if debtors[0].get("type") != "PRIVATE" and not debtors[0].get("organizationNumber"):
        raise RowError("debtors: organizationNumber is required for a company")
    double = any(
        one.organisation_id == batch.organisation_id and one.reference == row.get("uniqueSourceInvoiceId") for one in book.cases.values()
    )
    if double and book.settings.duplicates == "fail":
        raise RowError("uniqueSourceInvoiceId is registered already")


def _move_on(world: World, book: Book, case: Case) -> None:
    """The day after it came, a case that has been warned about goes on: to the list, or straight into collection."""
    ready = case.status == "OPEN" and case.type in ("COLLECTION_NOTICE", "PAYMENT_REMINDER") and case.sub_status is None
    if not ready or case.registered_at.astimezone(OSLO).date() >= world.today():
        return
    if book.settings.manual_list:
        case.sub_status = LISTED
        tell_case(world, book, case, ["status"])
    else:
        to_collection(world, book, case)


def _settle(book: Book, today: date) -> None:
    for case in book.cases.values():
        for collected in case.collected:
            if collected.settlement_id is None and collected.paid_on < today:
                settlement = _payout(book, case, collected)
                collected.settlement_id = settlement.id
                book.settlements[settlement.id] = settlement
                tell_settlement(book, settlement, case)


def _payout(book: Book, case: Case, collected: Collected) -> Settlement:
    """The agency keeps its fees, and its commission on the principal where one is agreed, with VAT on that."""
    kept = round(collected.principal_ore * book.settings.commission_percent / 100)
    return Settlement(
        id=book.new_id("settlement"), organisation_id=case.organisation_id, case_number=case.number,
        settled_on=collected.paid_on + timedelta(days=1), paid_on=collected.paid_on, principal_ore=collected.principal_ore,
        interest_ore=collected.interest_ore, fees_ore=0, withheld_ore=kept, withheld_vat_ore=round(kept * VAT_PERCENT / 100),
    )  # fmt: skip


def _close_if_empty(world: World, case: Case) -> None:
    if case.remaining_ore == 0:
        case.status, case.sub_status, case.closed_at = "CLOSED", None, world.now()
