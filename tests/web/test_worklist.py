"""The work list in the browser: what waits, what to do about it, and a person's word on what nobody can tell."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, text

from app.db.unit_of_work import Database
from app.jobs.effects import Performers
from app.jobs.models import Effect
from app.ledgers.models import Posting
from app.ledgers.postings import PaymentPoster
from app.tenants.models import AuditEntry, Bureau
from support import make
from support.neighbour import MARK
from support.pages import Browser, words_of
from support.standstill import Standstill, effect, stand_still


class Quiet:
    """Takes the place of every road outwards: these tests only say what a person found out."""

    def __init__(self, taken: list[str]) -> None:
        self.taken = taken

    def record(self, work: Any, intent: Any, state: str, sent: Any, reason: str | None) -> None:
        self.taken.append(f"{intent.kind} {state}")


@pytest.fixture
def bureau(database: Database) -> Bureau:
    return make.bureau(database)


@pytest.fixture
def taken(house: Any) -> list[str]:
    """What the rooms were told, in order."""
    heard: list[str] = []
    quiet: Any = Quiet(heard)
    poster: Any = PaymentPoster(None)  # type: ignore[arg-type]
    performers = Performers(dict.fromkeys(("dunning.notice_by_mail", "agencies.register_case", "messaging.mail"), quiet))
    performers["ledgers.post_payment"] = poster
    house.resources.provide(Performers, performers)
    return heard


@pytest.fixture
def here(database: Database, bureau: Bureau, taken: list[str]) -> Standstill:
    return stand_still(database, bureau)


@pytest.fixture
def desk(browse: Callable[..., Browser], database: Database, bureau: Bureau, here: Standstill) -> Browser:
    return browse(make.member(database, bureau))


def path_of(here: Standstill, kind: str) -> str:
    return f"/worklist/reviews/{here.effects[kind]}"


def state_of(database: Database, bureau: Bureau, effect_id: uuid.UUID) -> str:
    with database.begin(make.scope(bureau)) as work:
        return work.session.execute(select(Effect.state).where(Effect.id == effect_id)).scalar_one()


def test_everything_that_waits_stands_on_one_page_with_what_to_do(desk: Browser, here: Standstill) -> None:
    answer = desk.get("/worklist")
    words = words_of(answer.text)
    assert answer.status_code == 200
    for said in (
        "Krever en avgjørelse", "Uvisst om det skjedde", "Oversendelse avvist", "«422: postal code missing»", "«422: no voucher type»",
        "Utbetaling fra inkassoforetaket", "må kobles til på nytt", "Forfallsdatoen mangler", "Legg inn forfallsdatoen i regnskapet.",
        "Registrer avtalen og den skriftlige fullmakten", "Borte fra regnskapet", "Usikker faktura", "Bakgrunnsjobb som ga opp",
        "Kommer ikke fram", "Varsel som ikke kan skrives", "4 200,00 kr",
    ):  # fmt: skip
        assert said in words, said
    assert words.index("Uvisst om det skjedde") < words.index("Forfallsdatoen mangler")


def test_every_row_leads_somewhere_that_exists(desk: Browser, here: Standstill) -> None:
    rows = desk.get("/worklist").text.split("<tbody>")[1]
    links = {found.replace("&amp;", "&") for found in re.findall(r'href="(/[^"]*)"', rows)}
    assert len(links) > 8
    # the pages of connections, readings, payouts and the three books ask for vendors these tests do without
    foreign = "/(connections|cases|payouts|reconciliation|companies/[^/]+/(agreement|sync))"
    assert {link: desk.get(link).status_code for link in links if not re.match(foreign, link)} == {
        link: 200 for link in links if not re.match(foreign, link)
    }


def test_kind_and_company_are_filters_in_the_address(desk: Browser, here: Standstill) -> None:
    only = desk.get(f"/worklist?kind=question&company={here.started.id}")
    rows = only.text.split("<tbody>")[1].split("</tbody>")[0]
    assert rows.count("<tr>") == 1
    assert "Forfallsdatoen mangler" in rows
    assert desk.get("/worklist?kind=nonsense").status_code == 404
    part = desk.fragment("/worklist?kind=review", "div#waiting")
    assert "<html" not in part.text
    assert "Uvisst om det skjedde" in part.text


def test_no_hits_and_all_done_are_told_apart(browse: Callable[..., Browser], database: Database, here: Standstill, desk: Browser) -> None:
    assert "Ingen treff" in words_of(desk.get(f"/worklist?kind=connection&company={here.company.id}").text)
    quiet = make.bureau(database)
    assert "Alt går av seg selv" in words_of(browse(make.member(database, quiet)).get("/worklist").text)


def test_the_portfolio_shows_how_much_waits_in_each_company(desk: Browser, here: Standstill) -> None:
    page = desk.get("/").text
    assert f'href="/worklist?company={here.company.id}"' in page
    assert 'href="/worklist"' in page


def test_what_happened_is_said_with_how_one_knows_and_written_down(
    desk: Browser, here: Standstill, database: Database, bureau: Bureau, taken: list[str]
) -> None:
    path = path_of(here, "dunning.notice_by_mail")
    assert "faktura@nordlys.example" in desk.get(path).text
    empty = desk.submit(path, verdict="done")
    assert empty.status_code == 422
    assert "Skriv hvordan du vet at det skjedde." in words_of(empty.text)
    assert "checked" in empty.text
    answer = desk.submit(path, verdict="done", note="Kunden har svart", back="/worklist?kind=review")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/worklist?kind=review&settled=")
    assert taken == ["dunning.notice_by_mail sent"]
    assert state_of(database, bureau, here.effects["dunning.notice_by_mail"]) == "sent"
    with database.begin(make.scope(bureau)) as work:
        entry = work.session.execute(select(AuditEntry).where(AuditEntry.action == "effect.done")).scalar_one()
    assert (entry.company_id, entry.detail["note"]) == (here.company.id, "Kunden har svart")
    assert "Avgjort av" in words_of(desk.get(path).text)


def test_a_posting_done_again_is_planned_and_rung(desk: Browser, here: Standstill, database: Database, bureau: Bureau) -> None:
    assert desk.submit(path_of(here, "ledgers.post_payment"), verdict="again").status_code == 303
    assert state_of(database, bureau, here.effects["ledgers.post_payment"]) == "planned"
    with database.begin(make.scope(bureau)) as work:
        others = Posting.state != "accepted"  # one waits in its ledger's queue, and is nobody's to do again
        assert work.session.execute(select(Posting.state).where(others)).scalars().all() == ["planned"]
        assert work.session.execute(text("select count(*) from outbox where job = 'effects.perform_ledgers'")).scalar_one() == 1


def test_letting_it_be_can_be_undone(desk: Browser, here: Standstill, database: Database, bureau: Bureau) -> None:
    path = path_of(here, "dunning.notice_by_mail")
    gone = desk.submit(path, verdict="give_up")
    after = desk.get(gone.headers["location"])
    assert "Det får være." in words_of(after.text)
    assert f'action="{path}/take-back"' in after.text
    assert desk.submit(f"{path}/take-back").status_code == 303
    assert state_of(database, bureau, here.effects["dunning.notice_by_mail"]) == "review"
    again = desk.submit(f"{path}/take-back")
    assert "said=act-settled-already" in again.headers["location"]


def test_two_people_settle_it_once(
    desk: Browser, browse: Callable[..., Browser], here: Standstill, database: Database, bureau: Bureau, taken: list[str]
) -> None:
    other = browse(make.member(database, bureau))
    path = path_of(here, "dunning.notice_by_mail")
    assert desk.submit(path, verdict="again").status_code == 303
    late = other.submit(path, verdict="again")
    assert late.status_code in (404, 422)
    assert taken == ["dunning.notice_by_mail planned"]


def test_a_verdict_that_is_not_offered_is_not_taken(
    desk: Browser, here: Standstill, database: Database, bureau: Bureau, taken: list[str]
) -> None:
    path = path_of(here, "agencies.register_case")
    for verdict in ("give_up", "", "nonsense"):
        assert desk.submit(path, verdict=verdict).status_code == 422
    assert (taken, state_of(database, bureau, here.effects["agencies.register_case"])) == ([], "review")


def test_a_reader_sees_what_waits_and_settles_nothing(
    browse: Callable[..., Browser], here: Standstill, database: Database, bureau: Bureau
) -> None:
    reader = browse(make.member(database, bureau, role="reader"))
    assert reader.get("/worklist").status_code == 200
    path = path_of(here, "dunning.notice_by_mail")
    assert "Noen med rett til" in words_of(reader.get(path).text)
    assert reader.submit(path, verdict="again").status_code == 403
    assert reader.submit(f"/worklist/claims/{here.refused_claim.id}/offer-again").status_code == 403


def test_a_companys_own_user_has_no_such_page(browse: Callable[..., Browser], here: Standstill, database: Database, bureau: Bureau) -> None:
    own = browse(make.member(database, bureau, company=here.company))
    assert own.get("/worklist").status_code == 404
    assert own.submit(path_of(here, "dunning.notice_by_mail"), verdict="again").status_code == 404


def test_the_neighbours_acts_are_neither_shown_nor_settled(desk: Browser, here: Standstill, database: Database, taken: list[str]) -> None:
    neighbour = make.bureau(database, mark=MARK)
    his = stand_still(database, neighbour, mark=MARK)
    assert MARK not in desk.get("/worklist").text
    path = path_of(his, "dunning.notice_by_mail")
    assert desk.get(path).status_code == 404
    assert desk.submit(path, verdict="again").status_code == 404
    assert desk.submit(f"{path}/take-back").status_code == 404
    assert desk.submit(f"/worklist/claims/{his.refused_claim.id}/offer-again").status_code == 404
    assert desk.get(f"/worklist?settled={his.effects['dunning.notice_by_mail']}").status_code == 200
    assert taken == []


def test_a_claim_that_is_not_ripe_is_not_offered_and_its_page_says_why(desk: Browser, here: Standstill) -> None:
    answer = desk.submit(f"/worklist/claims/{here.refused_claim.id}/offer-again")
    assert answer.headers["location"] == f"/claims/{here.refused_claim.id}?said=not-offered"
    assert "oversendes ikke akkurat nå" in words_of(desk.get(answer.headers["location"]).text)


def test_a_long_list_is_paged(desk: Browser, here: Standstill, database: Database) -> None:
    for number in range(60):
        effect(database, here.company, "messaging.mail", f"many:{number}", {}, state="refused", reason="550")
    first = desk.get("/worklist?kind=refused")
    assert first.text.split("<tbody>")[1].count("<tr>") == 50
    assert "page=2" in first.text
    assert 0 < desk.get("/worklist?kind=refused&page=2").text.split("<tbody>")[1].count("<tr>") <= 12


def test_the_way_back_never_leads_to_another_site(desk: Browser, here: Standstill) -> None:
    answer = desk.submit(path_of(here, "dunning.notice_by_mail"), verdict="give_up", back="https://evil.example/")
    assert answer.headers["location"].startswith("/worklist?")
