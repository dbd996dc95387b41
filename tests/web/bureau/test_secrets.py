"""Secrets of connections and agencies are found nowhere: in no log, page, answer of the API or export, nor in the database."""

from __future__ import annotations

import io
import logging
import re
import zipfile
from collections.abc import Iterator

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.testing import TestClient
from sqlalchemy import Engine, select, text

from api.conftest import build_app
from app.agencies import access
from app.agencies.doors import Agencies
from app.agencies.models import Agreement
from app.db.vault import Vault
from app.ledgers.models import CompanyLink, Connection
from app.tenants import api_keys
from app.tenants.models import Company
from app.tenants.permissions import Role
from app.values.ids import new_id
from support import make
from support.office import Office
from web.bureau.test_connections import bureau_key, clients, connect, link_ids

WRONG_KEY, AGENCY_SECRET = "test-en-nokkel-som-ikke-virker-4711", "inkasso-hemmelighet-0815"
PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")


@pytest.fixture
def secrets(office: Office, caplog: pytest.LogCaptureFixture) -> tuple[str, ...]:
    """A bureau that has connected a ledger, mistyped a key on the way, and written down what opens its agency; everything was used."""
    caplog.set_level(logging.DEBUG)
    [firm] = clients(office.outside, 1)
    key = bureau_key(office.outside, [firm])
    assert connect(office.browser, WRONG_KEY).status_code == 422
    where = connect(office.browser, key).headers["location"].split("?")[0]
    office.browser.submit(f"{where}/companies", link=[link_ids(office.browser.get(where).text)[firm["name"]]])
    office.work_off()
    database, resources = office.house.database, office.house.resources
    with database.begin(office.scope) as work:
        company = work.session.execute(select(Company)).scalar_one()
    make.agreement(database, company, agency="amili", creditor_ref=str(new_id()))
    with database.begin(office.scope) as work:
        given = {"client_id": "vi", "client_secret": AGENCY_SECRET}
        access.write_down(work, resources.of(Agencies), resources.of(Vault), company.id, given)  # type: ignore[type-abstract]
    office.work_off()
    return key, WRONG_KEY, AGENCY_SECRET


def test_a_secret_is_found_nowhere(office: Office, secrets: tuple[str, ...], owner: Engine, caplog: pytest.LogCaptureFixture) -> None:
    places = {**dict(pages(office)), **dict(answers(office)), **dict(export(office)), **dict(tables(office, owner)), "logs": caplog.text}
    assert len(places) > 100
    assert "Byråets nøkkel" in places["table connections"], "the connection itself is not looked at"
    found = [(place, secret) for place, told in places.items() for secret in secrets if secret in told or secret.encode().hex() in told]
    assert found == []


def pages(office: Office) -> Iterator[tuple[str, str]]:
    """Every page there is of this bureau's, whatever it answers."""
    yield from _visited("page", office.browser, office, {})


def answers(office: Office) -> Iterator[tuple[str, str]]:
    """Every answer of the API to an administrator's key."""
    with office.house.database.begin(office.scope) as work:
        key = api_keys.create(work, "all", Role.ADMIN)
    with TestClient(build_app(office.house.database), raise_server_exceptions=False) as client:
        yield from _visited("answer", client, office, {"Authorization": f"Bearer {key.key}"})


def export(office: Office) -> Iterator[tuple[str, str]]:
    """What a company takes along when it leaves."""
    packed = office.browser.get(f"/companies/{_ids(office)['company_id']}/export")
    with zipfile.ZipFile(io.BytesIO(packed.content)) as whole:
        for name in whole.namelist():
            yield f"export {name}", whole.read(name).decode("utf-8", "replace")


def tables(office: Office, owner: Engine) -> Iterator[tuple[str, str]]:
    """The database as whoever steals a copy of it reads it; bytes are shown as hex."""
    with owner.begin() as connection:
        connection.execute(text("select set_config('app.bureau_id', :id, true)"), {"id": str(office.bureau.id)})
        names = connection.execute(
            text("select table_schema, table_name from information_schema.tables where table_schema in ('public', 'dramatiq')")
        ).all()
        for schema, name in names:
            rows = connection.execute(text(f'select row_to_json(one)::text from "{schema}"."{name}" as one')).scalars()
            yield f"table {name}", "\n".join(rows)


def _visited(kind: str, client: TestClient[Litestar], office: Office, headers: dict[str, str]) -> Iterator[tuple[str, str]]:
    ids = _ids(office)
    for route in client.app.routes:
        if isinstance(route, HTTPRoute) and "GET" in route.methods and "static" not in route.path:
            path = PARAMETER.sub(lambda found: ids.get(found[1], str(new_id())), route.path)
            yield f"{kind} {route.path}", client.get(path, headers=headers).text


def _ids(office: Office) -> dict[str, str]:
    with office.house.database.begin(office.scope) as work:
        kinds = {"company_id": Company, "connection_id": Connection, "link_id": CompanyLink, "agreement_id": Agreement}
        return {"ledger": "tripletex"} | {
            name: str(work.session.execute(select(kind.id).order_by(kind.id)).scalars().first()) for name, kind in kinds.items()
        }
