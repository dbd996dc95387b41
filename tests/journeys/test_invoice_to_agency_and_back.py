"""From an invoice that falls due in Tripletex to its payment posted there by us, over the agency: over real counterparts, day by day."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.agencies import vouchers
from app.agencies.models import DirectPaymentRow, SettlementRow
from app.dunning import weekly_lists
from app.ledgers.models import Posting
from support.pages import Browser, app_of
from support.town import DAY, Town


def test_invoice_falls_due_in_tripletex_and_comes_back_paid_through_the_agency(town: Town) -> None:
    stubborn, forgetful, spared = (town.customer(name) for name in ("Seigpiner AS", "Glemsk AS", "Godkunde AS"))
    invoices = [
        town.invoice(one, overdue=-1, amount_ore=amount)
        for one, amount in zip((stubborn, forgetful, spared), (842_000, 125_050, 64_000), strict=True)
    ]
    unpaid, paid_late, stopped = invoices
    start = town.clock.today()

    # it falls due, and three days after it a friendly reminder goes by e-mail, free of charge
    town.day()
    assert [town.claim(one).step for one in invoices] == ["wait"] * 3
    assert sent(town, stubborn, forgetful, spared) == (0, 0)
    town.move_to(start + timedelta(days=4))
    town.day()
    assert sent(town, stubborn, forgetful, spared) == (3, 0)
    assert [notice.fee_ore for one in invoices for notice in town.notices(one)] == [0, 0, 0]

    # the weekly list comes by e-mail, with a link to stop each invoice
    weekly = town.until_listed()
    assert town.clock.today() <= start + timedelta(days=24)
    entries = town.entries(weekly)
    assert len(entries) == 3
    (mail,) = town.outside.mails(town.company_email)
    for invoice in invoices:
        assert str(invoice["number"]) in mail["text"]
        assert f"stop/{entries[town.claim(invoice).id].id}" in mail["text"]

    # one is stopped through the link, which shows a page and acts only when its form is sent; the other two are warned at the deadline
    entry = entries[town.claim(stopped).id]
    (link,) = re.findall(rf"http://localhost:8000(/l/\S+/stop/{entry.id})", mail["text"])
    with Browser(app_of(town.house)) as browser:
        page = browser.get(link)
        assert page.status_code == 200 and str(stopped["number"]) in page.text
        assert town.entries(weekly)[entry.claim_id].state == "ready"
        assert browser.post(link, data={"note": "Vi ordner det selv"}).status_code == 303
    assert town.entries(weekly)[entry.claim_id].state == "stopped"
    town.close_list()
    assert sent(town, stubborn, forgetful) == (4, 2)
    assert sent(town, spared) == (1, 0)
    warning = town.notices(unpaid)[-1]
    assert warning.kind == "collection_warning"
    assert warning.issued_on is not None and warning.payment_deadline is not None
    assert (warning.payment_deadline - warning.issued_on).days >= 14
    assert warning.fee_ore == 38_00

    # one pays, and never hears from us again
    town.pay(paid_late)
    heard = len(town.outside.mails(forgetful["email"]))
    town.next_day()
    town.day()
    assert town.claim(paid_late).state == "closed"

    # the other does not, and goes to the agency with the letters, after the deadline and the days of grace, not before
    town.move_to(warning.payment_deadline - timedelta(days=4))
    while not town.outside.cases("Seigpiner AS"):
        assert town.clock.today() <= warning.payment_deadline + timedelta(days=10)
        town.next_day()
        town.day()
        stop_again(town, stopped)
    (case,) = town.outside.cases("Seigpiner AS")
    assert case["invoice"]["invoiceNo"] == str(unpaid["number"])
    assert [document["name"] for document in case["documents"]] == [
        f"betalingspaminnelse-{unpaid['number']}.pdf",
        f"inkassovarsel-{unpaid['number']}.pdf",
    ]
    town.day()
    assert town.claim(unpaid).reasons[0]["code"] == "at_agency"

    # the debtor pays the agency, the payout is fetched, posted in Tripletex once, and not told back as a direct payment
    town.next_day()
    town.outside.control.post(f"/kravia/claims/{case['invoice']['invoiceId']}/pay", {})
    for _ in range(3):
        town.next_day()
        town.day()
        stop_again(town, stopped)
    book = town.outside.control.get(f"/books/invoices/{unpaid['id']}")
    assert book["remaining_ore"] == 0
    assert [line["amount_ore"] for line in book["lines"] if line["kind"] == "payment"] == [-unpaid["amount_ore"]]
    with town.begin() as work:
        assert [one.state for one in work.session.execute(select(Posting)).scalars()] == ["posted"]
        [payout] = work.session.execute(select(SettlementRow)).scalars()
        assert payout.state == "proposal", "interest is income when somebody has booked it"
        vouchers.confirm(work, payout.id, booked_on=town.clock.today())
        assert work.session.execute(select(DirectPaymentRow)).scalars().all() == []
    assert town.claim(unpaid).state == "closed"

    assert len(town.outside.mails(forgetful["email"])) == heard
    assert not town.outside.cases("Glemsk AS")
    assert not town.outside.cases("Godkunde AS")
    assert sent(town, stubborn, forgetful) == (4, 2)

    # all of it once more changes nothing outside
    before = outside_count(town, stubborn, forgetful, spared)
    for job in DAY * 2:
        town.ring(job)
    assert outside_count(town, stubborn, forgetful, spared) == before


def sent(town: Town, *customers: dict[str, Any]) -> tuple[int, int]:
    """Mails and letters that have reached these customers."""
    mails = sum(len(town.outside.mails(one["email"])) for one in customers)
    return mails, sum(len(town.outside.letters(one["name"])) for one in customers)


def outside_count(town: Town, *customers: dict[str, Any]) -> tuple[Any, ...]:
    cases = [case["invoice"]["invoiceId"] for one in customers for case in town.outside.cases(one["name"])]
    lines = [len(one["lines"]) for one in town.outside.control.get(f"/books/companies/{town.book}/invoices")]
    return (*sent(town, *customers), list_mails(town), cases, lines)


def list_mails(town: Town) -> int:
    return len(town.outside.mails(town.company_email))


def stop_again(town: Town, invoice: dict[str, Any]) -> None:
    """The spared invoice comes back on every weekly list, and is stopped on each."""
    for weekly in town.open_lists():
        entry = town.entries(weekly).get(town.claim(invoice).id)
        if entry is not None and entry.state == "ready":
            with town.begin() as work:
                weekly_lists.stop(work, entry.id, "Vi ordner det selv")
