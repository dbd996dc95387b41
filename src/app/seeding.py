"""The demo: a bureau with six client companies whose books lie in the sandbox's ledgers, made once.

The story is laid out so that a newcomer sees each thing happen within a fortnight of the demo clock: invoices that fall due, debtors
of every kind, one of them bankrupt, claims that end at the agency and come back as money. Everything on our side is made by the
product's own functions; everything outside through the sandbox's control API. A seed that was interrupted is taken up again.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update

from app.agencies import agreements
from app.db.scope import SYSTEM, BureauScope, PlatformScope
from app.dunning import overrides
from app.dunning.tiers import Place
from app.ledgers import connections, sync
from app.ledgers.doors import Ledgers
from app.ledgers.models import CompanyLink, Connection
from app.net.http import HttpClient
from app.tenants import bureaus, companies, members
from app.tenants.models import Bureau, Company
from app.tenants.permissions import Role
from app.values.kid import kid_with_check_digit
from app.wiring import House

BUREAU_NUMBER = "974760673"
PASSWORD = "demo-passord-2026"  # noqa: S105 - shown on the login page of the demo, and only there
ADMIN, MANAGER, OWN_USER = "kari@fjordregnskap.example", "ola@fjordregnskap.example", "eier@brattlirorservice.example"
ACCOUNTANT_KEY = "test-fjord-regnskapskontor"
LOGINS = ((ADMIN, "byråets administrator"), (MANAGER, "oppdragsansvarlig"), (OWN_USER, "klientens egen bruker"))


@dataclass(frozen=True, slots=True)
class DemoCompany:
    name: str
    organisation_number: str
    city: str
    postal_code: str
    vendor: str
    own_domain: str
    #: how far behind the bank is matched in its ledger (None: it never was)
    bank_days_behind: int | None = 1


DEMO_COMPANIES = (
    DemoCompany("Brattli Rørservice AS", "914594685", "Ålesund", "6004", "tripletex", "brattlirorservice.example"),
    DemoCompany("Ærlig Hage & Anlegg AS", "923609016", "Bergen", "5003", "tripletex", "arlighage.example"),
    DemoCompany("Østkanten Elektro AS", "910000012", "Oslo", "0560", "tripletex", "ostkantenelektro.example"),
    DemoCompany("Fjellvann Kafé AS", "918654062", "Trondheim", "7010", "tripletex", "fjellvannkafe.example", 8),
    DemoCompany("Nordlys Bygg AS", "910000004", "Tromsø", "9008", "tripletex", "nordlysbygg.example", None),
    DemoCompany("Solsiden Design AS", "889640782", "Stavanger", "4006", "fiken", "solsidendesign.example"),
)
DEBTORS = (
    # name, organisation number, is a person, e-mail?, place
    ("Hansen Bygg AS", "974760673", False, True, ("Industriveien 4", "6018", "Ålesund")),
    ("Fjordgløtt Hotell AS", "971032081", False, True, ("Strandgata 1", "6100", "Volda")),
    ("Lofoten Sjømat AS", "987554894", False, True, ("Kaiveien 22", "8300", "Svolvær")),
    ("Drammen Dekk AS", "938801363", False, False, ("Bjørnstjerne Bjørnsons gate 110", "3044", "Drammen")),
    ("Kari Nordmann", None, True, True, ("Fjærevegen 7 B", "2900", "Fagernes")),
    ("Åse Øverås", None, True, True, ("Solbakken 3", "7030", "Trondheim")),
    ("Konkursbo Vestre Trelast AS", "958935420", False, True, ("Sagveien 9", "3550", "Gol")),
    ("Vågå Snekkeri", "910000020", False, True, ("Edvard Storms veg 2", "2680", "Vågå")),
)


def seed_demo(house: House, progress: Callable[[str], None]) -> None:
    """Make the demo, once. Running it again changes nothing."""
    with house.database.begin(PlatformScope()) as work:
        known = bureaus.find_by_organisation_number(work, BUREAU_NUMBER)
    outside = HttpClient(house.settings.sandbox_url)
    if known is not None and _is_whole(house, known.id):
        progress("the demo is there already")
        return
    if not outside.request("GET", "/control/books/companies").json():
        progress("ledgers, registers and an agency in the sandbox")
        _fill_ledgers(outside, house.clock.today())
        _fill_registers(outside, house.clock.today())
    progress("the bureau and its people")
    bureau = known or bureaus.create_with_admin(house.database, "Fjord Regnskap AS", BUREAU_NUMBER, ADMIN, "Kari Nordmann", PASSWORD)
    _add_people(house, bureau)
    progress("connecting Tripletex with the accountant's key")
    ticked = _connect(house, bureau.id)
    for number, company_id in ticked.items():
        progress(f"first reading of {_demo(number).name}")
        sync.sync_company(_doorway(house), bureau.id, company_id)
    _settle_companies(house, outside, bureau.id)
    progress(f"done: {len(ticked)} companies")
    outside.close()


def _is_whole(house: House, bureau_id: uuid.UUID) -> bool:
    """Did an earlier run get to its end? The last thing it does is to switch the companies on."""
    with house.database.begin(BureauScope(bureau_id)) as work:
        return any(company.active_from is not None for company in companies.all_open(work))


def _fill_ledgers(outside: HttpClient, today: date) -> None:
    ids: dict[str, int] = {}
    chance = random.Random(20261121)  # noqa: S311 - the demo is the same every time
    for one in DEMO_COMPANIES:
        company = _post(
            outside, "/control/books/companies",
            {"vendor": one.vendor, "name": one.name, "organisation_number": one.organisation_number},
        )  # fmt: skip
        ids[one.organisation_number] = company["id"]
        customers = _post(outside, "/control/books/customers", [_customer(company["id"], row) for row in DEBTORS])
        if one.bank_days_behind is not None:
            _put(outside, f"/control/books/companies/{company['id']}/reconciliation", {"matched_days_ago": one.bank_days_behind})
        invoices = _story(customers, today, chance)
        _post(outside, "/control/books/invoices", invoices)
    clients = [ids[one.organisation_number] for one in DEMO_COMPANIES if one.vendor == "tripletex"]
    own = _post(
        outside, "/control/books/companies", {"vendor": "tripletex", "name": "Fjord Regnskap AS", "organisation_number": BUREAU_NUMBER}
    )
    _post(outside, "/control/tripletex/keys", {"company": own["id"], "token": ACCOUNTANT_KEY, "clients": clients})


def _customer(company: int, row: tuple[Any, ...]) -> dict[str, Any]:
    name, number, person, mail, (street, postal_code, city) = row
    local = "".join(c for c in name.lower().replace("å", "a").replace("ø", "o").replace("æ", "a") if c.isascii() and c.isalnum())
    return {
        "company": company, "name": name, "organisation_number": number, "is_person": person,
        "email": f"faktura@{local}.example" if mail else None, "address_lines": [street], "postal_code": postal_code, "city": city,
    }  # fmt: skip


def _story(customers: list[dict[str, Any]], today: date, chance: random.Random) -> list[dict[str, Any]]:
    """Per customer some invoices: one long due, some due now, some to come. Ages in days after the due date."""
    ages = [[21, 2, -9], [16, 5, -4], [30, -12], [15, 1, -2], [19, 3], [14, -6, -20], [40, 17], [12, 4, -15]]
    invoices = []
    number = 10000 + chance.randrange(1, 40) * 10
    for customer, days in zip(customers, ages, strict=True):
        for age in days:
            number += 1
            due = today - timedelta(days=age)
            amount = chance.choice([45025, 123450, 78050, 560000, 998000, 1599900, 4200000, 9876500]) + chance.randrange(0, 50) * 100
            invoices.append(
                {
                    "customer": customer["id"], "amount_ore": amount, "issued_on": (due - timedelta(days=30)).isoformat(),
                    "due_on": due.isoformat(), "number": number, "kid": kid_with_check_digit(f"{customer['id']:05d}{number}"),
                }
            )  # fmt: skip
    return invoices


def _fill_registers(outside: HttpClient, today: date) -> None:
    for name, number, _, _, (street, postal_code, city) in DEBTORS:
        if number is None:
            continue
        bankrupt = "Konkursbo" in name
        sole = name == "Vågå Snekkeri"
        unit = {
            "navn": name, "organisasjonsform": "ENK" if sole else "AS", "konkurs": bankrupt,
            "forretningsadresse": {"adresse": [street], "postnummer": postal_code, "poststed": city},
        }  # fmt: skip
        _put(outside, f"/control/brreg/units/{number}", unit | ({"konkursdato": today.isoformat()} if bankrupt else {}))
        if not sole and not bankrupt:
            filings = [_filing(today.year - 1 - back, 4_000_000 + 250_000 * back) for back in range(3)]
            _put(outside, f"/control/brreg/accounts/{number}", {"filings": filings})


def _filing(year: int, revenue: int) -> dict[str, Any]:
    figures = {
        "revenue": revenue, "operating_costs": revenue - 300_000, "operating_result": 300_000, "result": 210_000, "assets": 2_400_000,
        "current_assets": 1_500_000, "fixed_assets": 900_000, "cash": 420_000, "receivables": 700_000, "equity": 900_000,
        "debt": 1_500_000, "current_debt": 800_000,
    }  # fmt: skip
    return {"year": year, "kind": "SELSKAP", "currency": "NOK", "audited": True, "figures": figures}


def _add_people(house: House, bureau: Bureau) -> None:
    manager = members.create_user(house.database, MANAGER, "Ola Bakken", PASSWORD)
    with house.database.begin(BureauScope(bureau.id)) as work:
        members.add(work, manager.id, Role.MANAGER)


def _connect(house: House, bureau_id: uuid.UUID) -> dict[str, uuid.UUID]:
    door = connections.Door(house.database.begin, house.resources.of(Ledgers), house.vault)  # type: ignore[type-abstract]
    secret = {"employee_token": ACCOUNTANT_KEY}
    with house.database.begin(BureauScope(bureau_id)) as work:
        connection_id = work.session.execute(select(Connection.id).where(Connection.state == "working")).scalars().first()
    if connection_id is None:
        connection_id = connections.connect_with_secret(door, bureau_id, SYSTEM, "tripletex", "Regnskapskontorets nøkkel", secret)
    with house.database.begin(BureauScope(bureau_id)) as work:
        wanted = {one.organisation_number for one in DEMO_COMPANIES}
        links = work.session.execute(
            select(CompanyLink.id, CompanyLink.organisation_number).where(
                CompanyLink.connection_id == connection_id, CompanyLink.organisation_number.in_(wanted)
            )
        ).all()
        return {number: connections.tick(work, link_id) for link_id, number in links if number is not None}


def _settle_companies(house: House, outside: HttpClient, bureau_id: uuid.UUID) -> None:
    """What a bureau does once per company: account number, address, the list's day, the agency, and switching it on."""
    owner = members.create_user(house.database, OWN_USER, "Berit Brattli", PASSWORD)
    with house.database.begin(BureauScope(bureau_id)) as work:
        for position, company in enumerate(companies.all_open(work)):
            one = _demo(company.organisation_number)
            creditor = str(5001 + position)
            _put(outside, f"/control/kravia/creditors/{creditor}", {"name": one.name, "organizationNumber": one.organisation_number})
            work.session.execute(
                update(Company)
                .where(Company.id == company.id)
                .values(
                    account_number="12345678903", email=f"post@{one.own_domain}", phone="70 00 00 00", address_line="Storgata 12",
                    postal_code=one.postal_code, city=one.city, list_weekday=_weekday(house, position), active_from=work.now(),
                )
            )  # fmt: skip
            terms = agreements.Terms("kravia", creditor, authority_by="Daglig leder", authority_from=work.today())
            agreements.set_agreement(work, company.id, terms)
            if position % 2 == 0:
                # these go straight to the weekly list; the others send their friendly reminder first
                overrides.put(work, Place(company.id), {"reminder": False})
            if position == 0:
                members.add(work, owner.id, Role.COMPANY, company_id=_own(work).id)
            work.enqueue("dunning.evaluate_company", bureau_id=str(bureau_id), company_id=str(company.id), everything=1)


def _own(work: Any) -> Company:
    found = companies.find_by_organisation_number(work, DEMO_COMPANIES[0].organisation_number)
    if found is None:
        raise LookupError("the demo's first company is missing")
    return found


def _weekday(house: House, position: int) -> int:
    """Spread over the working week, the first list tomorrow."""
    return (house.clock.today().isoweekday() + position) % 5 + 1


def _demo(organisation_number: str) -> DemoCompany:
    return next(one for one in DEMO_COMPANIES if one.organisation_number == organisation_number)


def _doorway(house: House) -> sync.Doorway:
    return sync.Doorway(house.database.begin, house.resources.of(Ledgers), house.vault)  # type: ignore[type-abstract]


def _post(outside: HttpClient, path: str, body: Any) -> Any:
    return _sent(outside, "POST", path, body)


def _put(outside: HttpClient, path: str, body: Any) -> Any:
    return _sent(outside, "PUT", path, body)


def _sent(outside: HttpClient, method: str, path: str, body: Any) -> Any:
    reply = outside.request(method, path, json_body=body)
    if reply.status >= 300:
        raise RuntimeError(f"the sandbox refused {method} {path}: {reply.status} {reply.text[:300]}")
    return reply.json() if reply.body else None
