"""Entities and customers of Xledger in our words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from app.ledgers.adapters.xledger.wire import Row, day_of, key_of, reading
from app.ledgers.ports import Address, LedgerCompany, LedgerCustomer
from app.values.organisation_number import is_organisation_number, parse_organisation_number

CUSTOMER_FIELDS = (
    "code description email phone toDate modifiedAt company { companyNumber } address { streetAddress zipCode place country { code } }"
    " collection { dbId }"
)
#: the name we give to Xledger's own reminder routine on a customer's card
OWN_DUNNING = "collectionCode"


def companies_of(entities: Iterable[Row], currencies: Mapping[str, str], is_test: bool) -> list[LedgerCompany]:
    with reading("entities"):
        return [
            LedgerCompany(
                str(row["dbId"]), str(row["description"]), _organisation((row["company"] or {}).get("companyNumber")), is_test=is_test,
                base_currency=currencies[str(row["currency"]["dbId"])],
            )
            for row in entities
        ]  # fmt: skip


def customer_of(row: Row, today: date) -> LedgerCustomer:
    """A customer card. A person's company number is his birth number: that he is a person is all we keep of it."""
    with reading("a customer"):
        number = "".join(part for part in str((row["company"] or {}).get("companyNumber") or "") if part.isalnum())
        organisation, until = _organisation(number), day_of(row["toDate"])
        return LedgerCustomer(
            external_id=str(row["dbId"]),
            number=row["code"] or None,
            name=str(row["description"]),
            organisation_number=organisation,
            is_person=False if organisation else True if len(number) == 11 and number.isdigit() else None,
            email=row["email"] or None,
            phone=row["phone"] or None,
            address=_address(row["address"] or {}),
            own_dunning=(OWN_DUNNING,) if key_of((row["collection"] or {}).get("dbId")) else (),
            inactive=until is not None and until < today,
            version=row["modifiedAt"],
        )


def _address(row: Row) -> Address:
    lines = tuple(line.strip() for line in str(row.get("streetAddress") or "").splitlines() if line.strip())
    return Address(lines, row.get("zipCode") or None, row.get("place") or None, (row.get("country") or {}).get("code") or "NO")


def _organisation(number: str | None) -> str | None:
    return parse_organisation_number(number) if number and is_organisation_number(number) else None
