"""In which language a debtor is written to: wished at any tier, with what the ledger knows of the debtor in between."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.dunning import arrangements, overrides
from app.dunning.arrangements import Term
from app.dunning.facts import ArrangementKind
from app.dunning.letter_language import language_of, origin_of
from app.dunning.policies import HOUSE
from app.dunning.tiers import Level, Origin, Place, Resolved, Tier, resolve
from support.town import Town


def wished(**at: str) -> Resolved:
    """The wishes of these tiers, the widest first."""
    tiers = [Tier(Origin(level, 1), {"letter_language": at[level.value]}) for level in Level if level.value in at]
    return resolve([HOUSE, *tiers])


@pytest.mark.parametrize(
    ("in_ledger", "at", "language", "who"),
    [
        ("nb", {}, "nb", None),
        ("en", {}, "en", None),
        (None, {}, "nb", None),
        ("de", {}, "nb", None),
        ("nb", {"bureau": "nn"}, "nn", "bureau"),
        ("nb", {"bureau": "nn", "company": "nb"}, "nb", "company"),
        ("nb", {"company": "nn"}, "nn", "company"),
        ("en", {"company": "nn"}, "en", None),
        ("en", {"company": "nn", "debtor": "nb"}, "nb", "debtor"),
        ("nb", {"company": "nn", "debtor": "ledger"}, "nb", None),
        ("nb", {"company": "nn", "segment": "en"}, "en", "segment"),
        ("nb", {"debtor": "nn", "claim": "en"}, "en", "claim"),
        ("de", {"company": "nn"}, "nn", "company"),
    ],
)
def test_the_narrowest_wish_holds_and_a_wide_one_leaves_alone_who_reads_something_else(
    in_ledger: str | None, at: dict[str, str], language: str, who: str | None
) -> None:
    resolved = wished(**at)
    origin = origin_of(resolved, in_ledger)
    assert (language_of(resolved, in_ledger), None if origin is None else origin.level.value) == (language, who)


def test_a_company_that_writes_nynorsk_reminds_in_nynorsk_by_mail_and_letter(town: Town) -> None:
    with town.begin() as work:
        overrides.put(work, Place(town.company.id), {"letter_language": "nn"})
    customer = town.customer()
    invoice = town.invoice(customer, overdue=5)
    town.sync()
    (notice,) = town.notices(invoice)
    assert (notice.language, notice.state) == ("nn", "sent")
    (mail,) = town.outside.mails(customer["email"])
    assert "ikkje" in mail["text"]
    assert [one["name"] for one in mail["enclosures"]] == [f"betalingspaminning-{invoice['number']}.pdf"]


def test_what_was_agreed_is_confirmed_in_the_debtors_language(town: Town) -> None:
    customer = town.customer()
    invoice = town.invoice(customer, overdue=5)
    town.sync()
    claim = town.claim(invoice)
    with town.begin() as work:
        overrides.put(work, Place(town.company.id, debtor_id=claim.debtor_id), {"letter_language": "nn"})
        terms = [Term(town.clock.today() + timedelta(days=20), 1_000_000)]
        arrangements.agree(work, claim.id, ArrangementKind.EXTENSION, terms, "Avtalt på telefon")
    town.work_off()
    mail = town.outside.mails(customer["email"])[-1]
    assert mail["subject"].startswith("Stadfesting av betalingsavtale")
    assert "Vi stadfestar" in mail["text"]
