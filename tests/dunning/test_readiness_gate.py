"""A book that is behind holds everything of its company, and what was held goes on by itself when the book is put right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.dunning.models import Notice
from app.receivables import book_state
from app.receivables.models import BookReading
from app.receivables.readiness import Light
from support.town import Town


def reconcile(town: Town, days_ago: int) -> None:
    day = (town.clock.today() - timedelta(days=days_ago)).isoformat()
    town.outside.control.put(f"/books/companies/{town.book}/reconciliation", {"matched_on": day})


def pay_loosely(town: Town, customer: dict[str, Any], amount_ore: int) -> dict[str, Any]:
    body = {"customer": customer["id"], "amount_ore": amount_ore, "on": town.clock.today().isoformat()}
    made: dict[str, Any] = town.outside.control.post("/books/payments", body)
    return made


def light(town: Town) -> Light:
    with town.begin() as work:
        return book_state.standing_of(work, town.company.id).readiness.light


def reasons(town: Town, invoice: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in town.claim(invoice).reasons]


def test_a_loose_payment_equal_to_an_invoice_holds_it_until_it_is_tied(town: Town) -> None:
    customer, other = town.customer(), town.customer()
    invoice, theirs = town.invoice(customer, overdue=5), town.invoice(other, overdue=5)
    reconcile(town, 1)
    payment = pay_loosely(town, customer, invoice["amount_ore"])
    town.sync()
    assert reasons(town, invoice) == ["unallocated_money"]
    assert town.notices(invoice) == []
    assert len(town.outside.mails(other["email"])) == 1
    town.outside.control.post(f"/books/payments/{payment['id']}/match", {"invoice": invoice["id"]})
    town.sync()
    assert reasons(town, invoice) == ["settled"]
    assert reasons(town, theirs) == ["inside_deadline"]


def test_all_claims_of_the_debtor_wait_and_go_on_when_the_money_is_tied_to_another(town: Town) -> None:
    customer = town.customer()
    small, large = town.invoice(customer, overdue=5, amount_ore=50_000), town.invoice(customer, overdue=5, amount_ore=900_000)
    payment = pay_loosely(town, customer, 50_000)
    town.sync()
    assert reasons(town, small) == reasons(town, large) == ["unallocated_money"]
    town.outside.control.post(f"/books/payments/{payment['id']}/match", {"invoice": small["id"]})
    town.sync()
    assert len(town.notices(large)) == 1


def test_money_too_small_for_any_invoice_is_said_and_holds_nothing(town: Town) -> None:
    customer = town.customer()
    invoice = town.invoice(customer, overdue=5)
    pay_loosely(town, customer, 10_000)
    town.sync()
    (notice,) = town.notices(invoice)
    assert notice.principal_ore == invoice["amount_ore"]
    assert "credit_open" in [reason["code"] for reason in notice.reasons]


def test_a_red_book_holds_and_a_green_one_lets_go_on(town: Town) -> None:
    reconcile(town, 20)
    customer = town.customer()
    invoice = town.invoice(customer, overdue=5)
    town.sync()
    assert light(town) is Light.RED
    assert reasons(town, invoice) == ["book_bank_old"]
    assert town.outside.mails(customer["email"]) == []
    reconcile(town, 0)
    town.sync()
    assert light(town) is Light.GREEN
    assert len(town.outside.mails(customer["email"])) == 1


def test_the_list_of_a_red_company_is_made_and_its_warnings_wait(town: Town) -> None:
    town.straight_to_the_list()
    reconcile(town, 30)
    invoice = town.invoice(town.customer(), overdue=20)
    town.monday()
    (weekly,) = town.open_lists()
    assert len(town.entries(weekly)) == 1
    (mail,) = town.outside.mails(town.company_email)
    assert "ingenting går ut nå: banken er avstemt bare til og med" in " ".join(mail["text"].split())
    assert "Inkassovarsel går ut av seg selv" not in mail["text"]
    town.close_list()
    assert reasons(town, invoice) == ["book_bank_old"]
    assert town.notices(invoice) == []
    reconcile(town, 0)
    town.next_day()
    town.sync()
    assert [one.kind for one in town.notices(invoice)] == ["collection_warning"]


def test_what_was_planned_is_called_off_when_the_book_turns_red_before_it_is_said(town: Town) -> None:
    reconcile(town, 0)
    invoice = town.invoice(town.customer(), overdue=5)
    town.sync("dunning.issue_notice")
    assert [one.state for one in town.notices(invoice)] == ["planned"]
    reconcile(town, 40)
    town.sync("dunning.evaluate_company")
    town.ring("dunning.sweep_bureau")
    assert [one.state for one in town.notices(invoice)] == ["cancelled"]


def test_old_readings_are_let_go(town: Town) -> None:
    town.sync()
    town.clock.move(book_state.KEPT_FOR + timedelta(days=1))
    town.sync()
    with town.begin() as work:
        assert len(work.session.execute(select(BookReading)).scalars().all()) == 1
        assert work.session.execute(select(Notice)).scalars().all() == []
