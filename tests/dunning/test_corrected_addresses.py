"""An address that failed, and what a person puts in its place: said again there with a new deadline, and nothing of what failed counted."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.dunning import correcting, handovers, loading, overrides
from app.dunning.correcting import AddressError
from app.dunning.facts import Channel
from app.dunning.models import CorrectedAddress
from app.dunning.policy import Policy
from app.dunning.policy_step import PolicyStep, StepKind, Tone
from app.dunning.tiers import Place
from app.messaging import tokens
from app.messaging.models import Delivery
from app.receivables.models import Debtor
from app.tenants.models import AuditEntry
from support.town import Town, settle_in

NEW = (["Nygata 2"], "5010", "Bergen")


def newest(town: Town) -> Delivery:
    with town.begin() as work:
        return list(work.session.execute(select(Delivery).order_by(Delivery.id)).scalars())[-1]


def debtor(town: Town) -> Debtor:
    with town.begin() as work:
        return work.session.execute(select(Debtor)).scalar_one()


def send_back(town: Town) -> None:
    town.next_day(3)
    town.follow_letters()
    town.outside.control.post(f"/print/letters/{tokens.spell(town.bureau.id, newest(town).id)}/return", {"reason": "Ukjent adressat"})
    town.next_day(1)
    town.follow_letters()


@pytest.fixture
def returned(town: Town) -> dict[str, Any]:
    """The invoice of a reminder that went by post, the only road there is, and came back."""
    invoice = town.invoice(town.customer(email=None), overdue=5)
    town.sync()
    send_back(town)
    town.sync()
    assert town.claim(invoice).reasons[0]["code"] == "no_channel"
    return invoice


def correct(town: Town, *address: Any) -> None:
    with town.begin() as work:
        correcting.correct_post(work, debtor(town).id, *(address or NEW))
    town.work_off()


def test_a_corrected_address_gets_a_new_notice_with_a_later_deadline_and_the_old_one_counts_for_nothing(town: Town, returned: Any) -> None:
    with town.begin() as work:
        (told,) = correcting.failed(work, debtor(town).id)
    assert (told.channel, told.state, told.said) == ("letter", "returned", "Ukjent adressat")
    correct(town)
    first, second = town.notices(returned)
    assert (first.state, second.state) == ("undeliverable", "sent")
    assert second.issued_on == town.clock.today()
    assert first.payment_deadline is not None and second.payment_deadline is not None
    assert second.payment_deadline > first.payment_deadline
    assert newest(town).address.split("\n")[1:] == ["Nygata 2", "5010 Bergen"]
    assert newest(town).grounds == [{"code": "by_person", "on": town.clock.today().isoformat()}]
    with town.begin() as work:
        (loaded,) = loading.load(work, [second.claim_id])
        assert [(said.sent_on, said.fee_ore) for said in loaded.facts.notices] == [(second.issued_on, second.fee_ore)]
        kept = work.session.execute(select(AuditEntry).where(AuditEntry.action == "debtor.address_corrected")).scalars().all()
    assert len(kept) == 1


def test_the_agency_is_given_the_address_at_which_the_debtor_was_reached(town: Town, returned: Any) -> None:
    correct(town)
    with town.begin() as work:
        (loaded,) = loading.load(work, [town.claim(returned).id])
        told: Any = handovers.package_of(work, loaded, town.law.rules(Policy(), town.clock.today()))["debtor"]
    assert (told["address_line"], told["postal_code"], told["city"], told["country"]) == ("Nygata 2", "5010", "Bergen", "NO")
    assert told["email"] == loaded.debtor.email


def test_it_holds_through_the_next_readings_until_the_ledger_shows_another(town: Town, returned: Any) -> None:
    correct(town)
    town.sync()
    assert debtor(town).address_lines == ["Bryggen 7"]
    send_back(town)
    town.sync()
    assert town.claim(returned).reasons[0]["code"] == "no_channel"
    with town.begin() as work:
        customer = work.session.execute(select(Debtor.external_id)).scalar_one()
    town.outside.control.put(f"/books/customers/{customer}", {"address_lines": ["Torget 1"]})
    town.sync()
    assert newest(town).address.split("\n")[1:] == ["Torget 1", "5003 Bergen"]
    assert [notice.state for notice in town.notices(returned)] == ["undeliverable", "undeliverable", "sent"]


def test_a_mail_that_bounced_goes_to_the_address_a_person_gives(town: Town) -> None:
    customer = town.customer(address_lines=[], postal_code=None, city=None)
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "bounce"})
    invoice = town.invoice(customer, overdue=5)
    town.sync()
    town.next_day(1)
    town.day()
    assert town.claim(invoice).reasons[0]["code"] == "no_channel"
    right = f"riktig.{customer['email']}"
    with town.begin() as work:
        correcting.correct_mail(work, debtor(town).id, right)
    town.work_off()
    assert [notice.state for notice in town.notices(invoice)] == ["undeliverable", "sent"]
    assert len(town.outside.mails(right)) == 1


def test_ended_the_ledgers_own_address_holds_again(town: Town, returned: Any) -> None:
    correct(town)
    with town.begin() as work:
        correcting.end(work, debtor(town).id, "letter")
    with town.begin() as work, pytest.raises(LookupError):
        correcting.end(work, debtor(town).id, "letter")
    with town.begin() as work:
        assert work.session.execute(select(CorrectedAddress.ended_at)).scalar_one() is not None


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ((["Nygata 2"], "501", "Bergen"), "postal_code"),
        ((["Nygata 2"], "50١0", "Bergen"), "postal_code"),
        ((["Nygata 2"], "5010", " "), "city"),
        ((["x" * 61], "5010", "Bergen"), "address_lines"),
        ((["1", "2", "3", "4"], "5010", "Bergen"), "address_lines"),
        ((["bryggen 7"], "5003", "Bergen"), "address_lines"),
    ],
)
def test_what_cannot_be_an_address_or_is_the_one_that_failed_names_the_field(town: Town, returned: Any, address: Any, field: str) -> None:
    with pytest.raises(AddressError) as fault:
        correct(town, *address)
    assert fault.value.field == field
    assert len(town.notices(returned)) == 1


@pytest.mark.parametrize("email", ["", "ola", "ola@firma", "ola@firma.no, kari@firma.no", "a@b.no\r\nBcc: x@y.no"])
def test_what_is_no_mail_address_names_the_field(town: Town, returned: Any, email: str) -> None:
    with town.begin() as work, pytest.raises(AddressError) as fault:
        correcting.correct_mail(work, debtor(town).id, email)
    assert fault.value.field == "email"


def test_an_address_that_works_is_corrected_in_the_ledger_only(town: Town) -> None:
    town.invoice(town.customer(), overdue=5)
    town.sync()
    with pytest.raises(AddressError):
        correct(town)


def test_another_bureau_neither_sees_nor_corrects_it(town: Town, returned: Any) -> None:
    other = settle_in(town.outside, town.house, town.clock)
    correct(town)
    with other.begin() as work:
        assert correcting.failed(work, debtor(town).id) == []
        assert work.session.execute(select(CorrectedAddress)).scalars().all() == []
        with pytest.raises(LookupError):
            correcting.correct_post(work, debtor(town).id, *NEW)


def test_a_corrected_phone_number_takes_the_text_and_only_where_the_ledgers_own_does_not_work(town: Town) -> None:
    town.sync()
    with town.begin() as work:
        overrides.put(
            work, Place(town.company.id), {"steps": [PolicyStep(StepKind.REMINDER, 3, 7, (Channel.SMS,), Tone.FRIENDLY).as_json()]}
        )
    works = town.invoice(town.customer(phone="900 00 031"), overdue=1)
    invoice = town.invoice(town.customer(phone="22 00 00 00"), overdue=5)
    town.sync()
    assert town.claim(invoice).reasons[0]["code"] == "no_channel_of_step"
    with town.begin() as work:
        correcting.correct_phone(work, town.claim(invoice).debtor_id, "900 00 032")
        for number, field in (("900 00 033", "phone"), ("ni null null", "phone")):
            with pytest.raises(AddressError) as refused:
                correcting.correct_phone(work, town.claim(works).debtor_id, number)
            assert refused.value.field == field
    town.work_off()
    assert (newest(town).channel, newest(town).address, newest(town).state) == ("sms", "+4790000032", "sent")
    assert [one["code"] for one in newest(town).grounds or ()] == ["alongside", "by_person"]
    with town.begin() as work:
        (loaded,) = loading.load(work, [town.claim(invoice).id])
        told: Any = handovers.package_of(work, loaded, town.law.rules(Policy(), town.clock.today()))["debtor"]
    assert told["phone"] == "900 00 032"
