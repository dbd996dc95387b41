"""Rules from the bureau's standard down to one invoice, as a person sets, sees and clears them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.dunning import loading, policies
from app.dunning.models import PolicyRow
from support import make
from support.pages import words_of


def policy_of(database, claim):
    with database.begin(make.scope(claim)) as work:
        return policies.for_claims(work, loading.load(work, [claim.id]))[claim.id].policy


def row_of(page: str, field: str) -> str:
    return words_of(page.split(f'id="rule-{field}"')[1].split("</tr>", maxsplit=1)[0])


def test_a_bureau_sets_its_standard_a_case_handler_one_debtor_and_one_invoice_and_everybody_sees_where_it_comes_from(
    browse, scene, database
):
    admin, handler = browse(scene.admin), browse(make.member(database, scene.bureau, role="manager", name="Ola Handler"))
    assert admin.submit("/rules", tone="firm", minimum_ore="250").status_code == 303
    claim = f"/claims/{scene.claim.id}"
    assert "Som for hele klienten." in words_of(handler.get(claim).text)
    assert (
        handler.submit(f"/debtors/{scene.debtor.id}/rules", tone="friendly")
        .headers["location"]
        .startswith(f"/debtors/{scene.debtor.id}/rules")
    )
    assert handler.submit(f"{claim}/rules", grace_business_days="10").status_code == 303
    page = handler.get(f"{claim}/rules").text
    assert "250,00 kr Byråets standard Kari Nordmann" in row_of(page, "minimum_ore")
    assert "Vennlig Skyldneren Ola Handler" in row_of(page, "tone")
    assert "10 Satt her Ola Handler" in row_of(page, "grace_business_days")
    assert "Husets standard" in row_of(page, "charge_fee")
    panel = words_of(handler.get(claim).text)
    assert "Virkedager å vente etter fristen 10 Fakturaen" in panel
    assert "Tone Vennlig Skyldneren" in words_of(handler.get(f"/debtors/{scene.debtor.id}").text)
    policy = policy_of(database, scene.claim)
    assert (policy.said()["tone"], policy.minimum_ore, policy.grace_business_days) == ("friendly", 25_000, 10)


def test_clearing_one_field_or_all_goes_back_to_what_is_inherited(browse, scene, database):
    browser, path = browse(scene.admin), f"/companies/{scene.company.id}/rules"
    browser.submit(path, tone="firm", reminder="no")
    assert browser.submit(f"{path}/clear", field="tone").status_code == 303
    assert (policy_of(database, scene.claim).said()["tone"], policy_of(database, scene.claim).said()["reminder"]) == ("friendly", False)
    assert browser.submit(f"{path}/clear").status_code == 303
    assert policy_of(database, scene.claim).said()["reminder"] is True
    assert "Ingenting er satt her" not in (history := words_of(browser.get(f"{path}/history").text))
    assert history.index("Versjon 3") < history.index("Versjon 2") < history.index("Versjon 1")
    assert "Send purring først Nei som arvet" in history


@pytest.mark.parametrize(
    ("field", "text"), [("warning_deadline_days", "3"), ("minimum_ore", "mye"), ("reminder_after_days", "9999"), ("tone", "sint")]
)
def test_what_cannot_be_used_is_told_at_its_line_and_nothing_typed_is_lost(browse, scene, database, field, text):
    answer = browse(scene.admin).submit(f"/claims/{scene.claim.id}/rules", **{"reminders_max": "2", field: text})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert 'name="reminders_max" value="2"' in answer.text
    if field == "warning_deadline_days":
        assert "Loven krever minst 14 dager (inkassoloven 1988 § 9). Bruk 14 eller mer." in words_of(answer.text)
    with database.begin(make.scope(scene.bureau)) as work:
        assert work.session.execute(select(PolicyRow)).first() is None


def test_a_segment_is_made_followed_changed_and_ended(browse, scene, database):
    browser = browse(scene.admin)
    wrong = browser.submit("/segments/new", company=str(scene.company.id), name="Store", position="1", tone="firm")
    assert wrong.status_code == 422
    assert "Sett minst ett vilkår" in words_of(wrong.text)
    assert 'value="Store"' in wrong.text
    made = browser.submit("/segments/new", company=str(scene.company.id), name="Store", position="1", tone="firm", amount_from_ore="10 000")
    assert made.headers["location"].startswith(f"/companies/{scene.company.id}/rules")
    page = browser.get(f"/companies/{scene.company.id}/rules").text
    assert "Store fakturaer fra 10 000,00 kr Tone: Bestemt" in words_of(page)
    assert policy_of(database, scene.claim).said()["tone"] == "firm"
    assert "Tone Bestemt Segment «Store»" in words_of(browser.get(f"/claims/{scene.claim.id}").text)
    segment = page.split('href="/segments/')[2].split('"')[0]
    assert browser.submit(f"/segments/{segment}", name="Store", position="1", tone="firm", amount_from_ore="20 000").status_code == 303
    assert policy_of(database, scene.claim).said()["tone"] == "friendly"
    history = words_of(browser.get(f"/segments/{segment}/history").text)
    assert "fakturaer fra 10 000,00 kr fakturaer fra 20 000,00 kr" in history
    assert browser.submit(f"/segments/{segment}/end").status_code == 303
    assert browser.get(f"/segments/{segment}").status_code == 404
    rules = words_of(browser.get(f"/companies/{scene.company.id}/rules").text)
    assert "Store fakturaer fra" not in rules, "it is none of those that are followed"
    assert "Avsluttede segmenter Store Kari Nordmann" in rules
    over = words_of(browser.get(f"/segments/{segment}/history").text)
    assert "Regler for segmentet Store: hva som er endret" in over
    assert "Segmentet ble avsluttet" in over
    assert browser.submit(f"/segments/{segment}/end").status_code == 404


def test_who_may_only_look_sees_the_rules_and_no_form_and_a_case_handler_changes_no_standard(browse, scene, database):
    reader, handler = (browse(make.member(database, scene.bureau, role=role)) for role in ("reader", "manager"))
    for path in ("/rules", f"/companies/{scene.company.id}/rules", f"/debtors/{scene.debtor.id}/rules", f"/claims/{scene.claim.id}/rules"):
        assert "Annerledes her" not in words_of(reader.get(path).text)
        assert reader.submit(path, tone="firm").status_code == 403
    assert handler.submit("/rules", tone="firm").status_code == 403
    assert handler.submit(f"/companies/{scene.company.id}/rules", tone="firm").status_code == 403


@pytest.mark.parametrize(
    "path", ["/companies/{company.id}/rules", "/debtors/{debtor.id}/rules", "/claims/{claim.id}/rules", "/segments/{segment.id}"]
)
def test_the_neighbours_rules_do_not_exist(browse, scene, neighbour, path):
    browser = browse(scene.admin)
    where = path.format_map({name: getattr(neighbour, name) for name in ("company", "debtor", "claim", "segment")})
    assert [browser.get(where).status_code, browser.submit(where, tone="firm").status_code] == [404, 404]


LADDER = {
    "minimum": "100,00", "tolerance": "1,00", "grace_business_days": "3", "takeover": "agency_from_demand", "handover_consent": "automatic",
    "approval": "none", "approval_silence": "hold", "approval_silence_days": "3", "send_from_hour": "8", "send_until_hour": "21",
    "letter_language": "ledger", "group_invoices": "on", **{f"send_{day}": "on" for day in range(6)},
    "steps-0-kind": "reminder", "steps-0-after_days": "7", "steps-0-deadline_days": "10", "steps-0-tone": "friendly", "steps-0-email": "on",
    "steps-1-kind": "phone_call", "steps-1-after_days": "20", "steps-1-deadline_days": "5", "steps-1-tone": "neutral",
    "steps-2-kind": "collection_warning", "steps-2-after_days": "30", "steps-2-deadline_days": "14", "steps-2-tone": "neutral",
    "steps-2-email": "on", "steps-2-letter": "on", "steps-2-interest": "on",
}  # fmt: skip


@pytest.mark.parametrize("whose", ["debtor", "invoice", "segment"])
def test_one_debtor_one_invoice_and_a_segment_get_a_ladder_of_their_own(browse, scene, database, whose):
    browser = browse(scene.admin)
    if whose == "segment":
        browser.submit("/segments/new", company=str(scene.company.id), name="Store", position="1", amount_from_ore="10")
        page = browser.get(f"/companies/{scene.company.id}/rules").text
        path = "/segments/" + page.split('href="/segments/')[2].split('"')[0]
        ladder = f"{path}/ladder"
    else:
        path = f"/debtors/{scene.debtor.id}/rules" if whose == "debtor" else f"/claims/{scene.claim.id}/rules"
        ladder = f"{path}/ladder"
    assert f'href="{ladder}"' in browser.get(path).text
    assert "Trinnene kommer fra: Husets standard" in words_of(browser.get(ladder).text)
    assert browser.submit(ladder, **LADDER).headers["location"].startswith(path)
    policy = policy_of(database, scene.claim)
    assert [(step.kind.value, step.after_days) for step in policy.steps] == [
        ("reminder", 7), ("phone_call", 20), ("collection_warning", 30)
    ]  # fmt: skip
    shown = browser.get(path).text
    assert "Satt her" in row_of(shown, "steps")
    assert "Satt her" not in row_of(shown, "minimum_ore"), "what is as inherited is not kept"
    assert "Satt her: Stegene i oppfølgingen." in words_of(browser.get(ladder).text)


def test_a_step_is_put_in_without_saving_and_an_unlawful_one_is_refused_with_all_that_was_typed(browse, scene, database):
    browser, path = browse(scene.admin), f"/debtors/{scene.debtor.id}/rules/ladder"
    added = browser.submit(path, act="add", add_kind="due_notice", **LADDER)
    assert (added.status_code, added.text.count('value="due_notice"') >= 1) == (200, True)
    refused = browser.submit(path, **LADDER | {"steps-2-deadline_days": "5", "minimum": "321,00"})
    assert refused.status_code == 422
    assert "14" in words_of(refused.text.split('id="steps-2-deadline_days-error"')[1].split("</p>")[0])
    assert 'value="321,00"' in refused.text
    with database.begin(make.scope(scene.bureau)) as work:
        assert work.session.execute(select(PolicyRow)).first() is None, "nothing was saved"


def test_only_who_handles_cases_changes_a_debtors_ladder_and_the_neighbours_does_not_exist(browse, scene, database, neighbour):
    reader = browse(make.member(database, scene.bureau, role="reader"))
    assert reader.get(f"/debtors/{scene.debtor.id}/rules/ladder").status_code == 403
    assert reader.submit(f"/claims/{scene.claim.id}/rules/ladder", **LADDER).status_code == 403
    browser = browse(scene.admin)
    for path in (f"/debtors/{neighbour.debtor.id}/rules/ladder", f"/claims/{neighbour.claim.id}/rules/ladder",
                 f"/segments/{neighbour.segment.segment_id}/ladder"):  # fmt: skip
        assert [browser.get(path).status_code, browser.submit(path, **LADDER).status_code] == [404, 404]
