"""The page on which a company's sender is entered, and which says what to set in the DNS."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from app.jobs.models import Heartbeat
from app.messaging import senders
from app.messaging.domain_records import Finding, Record, Standing
from app.messaging.inbox import MAILBOX
from support import make
from support.pages import words_of


@pytest.fixture
def path(scene):
    return f"/companies/{scene.company.id}/sender"


def saved(database, scene, **changes):
    with database.begin(make.scope(scene.bureau)) as work:
        row = senders.find(work, scene.company.id)
        for name, value in changes.items():
            setattr(row, name, value)
        return row


def test_the_page_shows_the_exact_records_with_a_copy_of_each(browse, scene, database, path):
    browser = browse(scene.admin)
    assert browser.submit(path, address="Faktura@Blåbær.no", grave_address="varsel@blåbær.no").status_code == 303
    row = saved(database, scene)
    text = browser.get(path).text
    for wanted in senders.wanted_records(row, "post.reskontro.example"):
        assert f'data-copy="{wanted.name}"' in text
        assert f'data-copy="{wanted.value}"' in text
    assert row.domain == "xn--blbr-roah.no"
    assert 'value="faktura@blåbær.no"' in text
    assert "Sendes nå fra post@post.reskontro.example" in words_of(text)


def test_it_says_of_each_record_what_was_found(browse, scene, database, path):
    browser = browse(scene.admin)
    browser.submit(path, address="faktura@fjord.no")
    findings = [
        Finding(Record.SPF, Standing.WRONG, ("v=spf1 <b>mx</b> -all",)),
        Finding(Record.DKIM, Standing.RIGHT, ("v=DKIM1",)),
        Finding(Record.DMARC, Standing.MISSING, ()),
    ]
    now = database.clock.now()
    saved(database, scene, state="failed", checked_at=now, passed_at=now, failed_at=now, findings=[one.as_json() for one in findings])
    text = browser.get(path).text
    words = words_of(text)
    for said in ("SPF: hvem som kan sende Feil", "signeres med Funnet", "begge deler Mangler", "Domenet lar oss ikke lenger sende"):
        assert said in words
    assert "v=spf1 &lt;b&gt;mx&lt;/b&gt; -all" in text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"address": "faktura"}, "address"),
        ({"address": "faktura@fjord"}, "address"),
        ({"address": "fak tura@fjord.no"}, "address"),
        ({"address": "faktura@post.reskontro.example"}, "address"),
        ({"grave_address": "varsel@fjord.no"}, "address"),
        ({"address": "faktura@fjord.no", "grave_address": "varsel@vik.no"}, "grave_address"),
        ({"name": "x" * 101}, "name"),
    ],
)
def test_a_wrong_address_is_refused_at_its_field_and_stays_as_typed(browse, scene, path, typed, field):
    answer = browse(scene.admin).submit(path, **typed)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    for value in typed.values():
        assert f'value="{value}"' in answer.text


def test_looking_up_and_a_new_key_are_forms_and_a_key_without_a_domain_is_nobodys(browse, scene, database, path):
    browser = browse(scene.admin)
    assert browser.get(f"{path}/check").status_code == 405
    assert browser.submit(f"{path}/key").status_code == 404
    browser.submit(path, address="faktura@fjord.no")
    assert browser.submit(f"{path}/check").headers["location"].endswith("said=sender-checking")
    assert browser.submit(f"{path}/key").status_code == 303
    assert saved(database, scene).next_selector.startswith("reskontro2-")
    assert "DKIM: den neste nøkkelen" in words_of(browser.get(path).text)


def test_the_address_for_answers_and_when_it_was_read_are_shown(browse, scene, owner, path):
    with owner.begin() as connection:
        # whether the mailbox was ever read is the whole house's, and a test before this one may have read it
        connection.execute(delete(Heartbeat).where(Heartbeat.process == MAILBOX))
    words = words_of(browse(scene.admin).get(path).text)
    assert "svar+f" in words
    assert "Leveres til oss etter hvert som de kommer." in words
