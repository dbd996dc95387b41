"""A company's own sender: proven by its domain's DNS, signed for, and given up the day the domain takes it back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from app.db.vault import VaultError
from app.jobs.job import run_now
from app.messaging import inbox, senders
from app.messaging.domain_records import Record, Standing
from app.messaging.models import MailSenderRow
from app.messaging.senders import MailHouse, SenderWishes
from app.portfolio import worklist
from app.portfolio.worklist import Kind
from app.tenants import companies
from support import make
from support.town import Town, house, outside, town

__all__ = ["house", "outside", "town"]

WISHES = SenderWishes("Fjordvik", "Fjordvik, oppfølging", "fjordvik.example", "faktura", "oppfolging")


def mail_house(town: Town) -> MailHouse:
    return town.resources.of(MailHouse)


def row_of(town: Town) -> MailSenderRow:
    with town.begin() as work:
        row = senders.find(work, town.company.id)
        assert row is not None
        return row


def wish(town: Town, wishes: SenderWishes = WISHES) -> None:
    with town.begin() as work:
        senders.save(work, mail_house(town).vault, town.company.id, wishes)
    town.work_off()


def set_records(town: Town, *but: Record) -> None:
    """Whoever keeps the domain sets what the page shows."""
    for wanted in senders.wanted_records(row_of(town), mail_house(town).domain):
        if wanted.record not in but:
            town.outside.control.put(f"/dns/names/{wanted.name}", {"texts": [wanted.value]})


def check(town: Town) -> str:
    state: str = run_now(town.resources, "messaging.check_sender", bureau_id=str(town.bureau.id), company_id=str(town.company.id))
    return state


def reminded(town: Town) -> dict[str, Any]:
    """The mail of a reminder sent right now."""
    customer = town.customer()
    town.invoice(customer, overdue=5)
    town.sync()
    (mail,) = town.outside.mails(customer["email"])
    return mail


def test_before_the_records_stand_mail_comes_from_the_house_with_the_companys_name(town: Town) -> None:
    wish(town)
    assert row_of(town).state == "failed"
    mail = reminded(town)
    assert (mail["from"], mail["dkim"]) == ("Fjordvik <post@post.reskontro.example>", "")


def test_with_all_records_mail_comes_from_the_company_and_its_signature_holds(town: Town) -> None:
    wish(town)
    set_records(town)
    assert check(town) == "passed"
    mail = reminded(town)
    assert mail["from"] == "Fjordvik <faktura@fjordvik.example>"
    assert mail["dkim"] == f"pass d=fjordvik.example s={row_of(town).selector} aligned"
    headers = dict(mail["headers"])
    assert mail["envelope_from"].startswith("b+") and mail["envelope_from"].endswith("@post.reskontro.example")
    assert headers["Reply-To"].startswith("svar+d")


def test_nothing_in_a_mail_reports_that_it_was_opened(town: Town) -> None:
    fetched = re.findall(r"<(?:img|link|script|iframe|video|audio|object)\b|\bsrc=|\bbackground=|url\(|@import", reminded(town)["html"])
    assert fetched == []


def test_a_warning_comes_from_the_address_for_warnings(town: Town) -> None:
    wish(town)
    set_records(town)
    check(town)
    town.straight_to_the_list()
    customer = town.customer()
    town.invoice(customer, overdue=21)
    town.sync()
    town.make_list()
    town.close_list()
    (mail,) = town.outside.mails(customer["email"])
    assert mail["from"] == '"Fjordvik, oppfølging" <oppfolging@fjordvik.example>'
    assert mail["dkim"].endswith("aligned")


@pytest.mark.parametrize("gone", [Record.SPF, Record.DKIM, Record.DMARC])
def test_each_record_is_needed_and_named(town: Town, gone: Record) -> None:
    wish(town)
    set_records(town, gone)
    assert check(town) == "failed"
    found = senders.findings_of(row_of(town))
    assert {record for record, finding in found.items() if finding.standing is not Standing.RIGHT} == {gone}


def test_a_record_that_is_taken_away_sends_mail_from_the_house_again_and_asks_a_person(town: Town) -> None:
    wish(town)
    set_records(town)
    check(town)
    town.outside.control.put("/dns/names/fjordvik.example", {"texts": ["v=spf1 -all"]})
    run_now(town.resources, "messaging.check_senders")
    town.work_off()
    row = row_of(town)
    assert (row.state, senders.findings_of(row)[Record.SPF].found) == ("failed", ("v=spf1 -all",))
    assert reminded(town)["from"] == "Fjordvik <post@post.reskontro.example>"
    with town.begin() as work:
        (waits,) = [row for row in worklist.worklist(work) if row.kind is Kind.SENDER]
    assert (waits.what, waits.company_id) == ("fjordvik.example", town.company.id)
    set_records(town)
    assert check(town) == "passed"
    with town.begin() as work:
        assert [row for row in worklist.worklist(work) if row.kind is Kind.SENDER] == []


def test_a_name_server_that_is_away_changes_nothing(town: Town) -> None:
    wish(town)
    set_records(town)
    check(town)
    town.outside.control.put("/dns/silence", {"questions": 100})
    with pytest.raises(Exception, match="does not answer"):
        check(town)
    assert row_of(town).state == "passed"


def test_a_key_changes_without_a_mail_going_unsigned(town: Town) -> None:
    wish(town)
    set_records(town)
    check(town)
    old = row_of(town).selector
    with town.begin() as work:
        senders.make_next_key(work, mail_house(town).vault, town.company.id)
    assert check(town) == "passed"
    assert f"s={old} " in reminded(town)["dkim"]
    set_records(town)
    assert check(town) == "passed"
    row = row_of(town)
    assert (row.selector != old, row.retired_selector, row.next_selector) == (True, old, None)
    assert reminded(town)["dkim"] == f"pass d=fjordvik.example s={row.selector} aligned"


def test_another_domain_begins_anew_with_another_key(town: Town) -> None:
    wish(town)
    set_records(town)
    check(town)
    old = row_of(town)
    wish(town, SenderWishes(domain="vik.example", local_part="post"))
    row = row_of(town)
    assert (row.state, row.passed_at) == ("failed", None)
    assert (row.selector != old.selector, row.public_key != old.public_key) == (True, True)
    wish(town, SenderWishes())
    row = row_of(town)
    assert (row.state, row.domain, row.private_key) == ("none", None, None)


def test_the_key_is_sealed_to_its_row(town: Town) -> None:
    wish(town)
    row = row_of(town)
    assert row.private_key is not None
    assert b"PRIVATE" not in row.private_key
    with pytest.raises(VaultError):
        mail_house(town).vault.open(row.private_key, "another row")


def test_two_companies_in_one_domain_prove_it_each_by_a_key_of_its_own(town: Town) -> None:
    wish(town)
    set_records(town)
    check(town)
    with town.begin() as work:
        sister = companies.create(work, "Vik Handel AS", make.organisation_number())
        senders.save(work, mail_house(town).vault, sister.id, WISHES)
    run_now(town.resources, "messaging.check_sender", bureau_id=str(town.bureau.id), company_id=str(sister.id))
    with town.begin() as work:
        row = senders.find(work, sister.id)
        assert row is not None
        assert (row.state, senders.findings_of(row)[Record.DKIM].standing) == ("failed", Standing.MISSING)


@pytest.mark.parametrize(
    ("typed", "domain"),
    [("Fjordvik.NO.", "fjordvik.no"), ("blåbær.no", "xn--blbr-roah.no"), ("post.fjordvik.no", "post.fjordvik.no")],
)
def test_a_domain_is_written_as_the_dns_knows_it(typed: str, domain: str) -> None:
    assert senders.domain_of(typed) == domain


@pytest.mark.parametrize("typed", ["", "localhost", "fjord vik.no", "-vik.no", "vik..no", "127.0.0.1", "a" * 250 + ".no", "vik.no;x"])
def test_what_is_no_domain_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="no domain"):
        senders.domain_of(typed)


def test_it_is_known_when_the_mailbox_was_last_read(town: Town) -> None:
    town.read_inbox()
    with town.begin() as work:
        assert inbox.last_read(work) == town.clock.now()
