"""What one household has to put into an address: `support.paths` made whole with the parameters that are not a row's id.

A new parameter is an entry of `support.paths.ROWS` or a factory here. Without it the crawlers fail and say so.
"""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable, Mapping

from app.db.unit_of_work import Database
from app.jobs.models import Effect
from app.tenants import api_keys, sessions
from app.tenants.permissions import Role
from app.values.clock import SystemClock
from app.values.ids import new_id
from app.web.approval_links import PURPOSE as APPROVAL
from app.web.bureau.upload_room import UploadRoom
from app.web.list_links import seal
from app.wiring import House
from support import make
from support.neighbour import Neighbour
from support.paths import ROWS

PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
#: parameters that are nobody's property: what is put there is the same for all
COMMON = {
    "ledger": "fiken",
    "guard": "readiness",
    "kind": "reminder",
    "language": "nb",
    "tone": "neutral",
    "report_secret": "not-the-secret",
    "door_token": "not-a-token",
}

Belongings = Mapping[str, str]


class UnknownParameterError(AssertionError):
    """An address carries a parameter that nobody has registered."""


def belongings(house: House, his: Neighbour, session_token: str | None = None) -> Belongings:
    """Every path parameter's value that belongs to `his` household. `session_token` is the login whose uploads these are."""
    rows = {name: str(getattr(his, field).id) for name, field in (ROWS | {"item_id": "open_item"}).items()}
    return COMMON | his.ids() | rows | {name: factory(house, his, session_token) for name, factory in FACTORIES.items()}


def names_in(path: str) -> list[str]:
    """The parameters of a route's path: `/claims/{claim_id:uuid}/hold` -> `["claim_id"]`."""
    return PARAMETER.findall(path)


def filled(path: str, values: Belongings) -> str:
    """A route's path as an address. UnknownParameterError for a parameter without a factory."""
    for name in names_in(path):
        if name not in values:
            raise UnknownParameterError(
                f"{path} has the parameter {name!r} and there is nothing to put there: register it in support/paths.py"
            )
    return PARAMETER.sub(lambda found: values[found[1]], path)


def log_in(database: Database, user_id: uuid.UUID) -> str:
    """The token of a session that lives by the machine's clock, as the application's sessions do."""
    return sessions.start(Database(database.engine, SystemClock()), user_id)


def _link_token(house: House, his: Neighbour, _: str | None) -> str:
    return seal(his.bureau.id, his.company.id, his.weekly_list.id, his.weekly_list.deadline_at, house.app_secret)


def _approval_token(house: House, his: Neighbour, _: str | None) -> str:
    until = his.weekly_list.deadline_at
    return seal(his.bureau.id, his.company.id, his.user.id, until, house.app_secret, purpose=APPROVAL)


def _upload_token(house: House, his: Neighbour, session_token: str | None) -> str:
    room = UploadRoom(house.settings.data_dir, sessions.token_hash(session_token or log_in(house.database, his.user.id)))
    token, _ = room.put([(f"{his.company.name}.xml", io.BytesIO(his.company.name.encode()))])
    preview = {
        "files": [f"{his.company.name}.xml"], "company_name": his.company.name, "organisation_number": his.company.organisation_number,
        "period_start": "2026-01-01", "period_end": "2026-10-31", "version": "1.30", "customers": 0, "item_count": 0, "total_ore": 0,
        "by_confidence": {"high": 0, "medium": 0, "low": 0}, "doubts": [], "unknowns": [], "difference_count": 0, "differences": [],
        "rows": [],
    }  # fmt: skip
    room.describe(token, his.company.id, preview, house.clock.now())
    return token


def _api_key(house: House, his: Neighbour, _: str | None) -> str:
    with house.database.begin(make.scope(his.bureau)) as work:
        return str(api_keys.create(work, f"Key of {his.company.name}", Role.READER).id)


def _effect(house: House, his: Neighbour, _: str | None) -> str:
    """An act that waits for a person: what came of it is not known."""
    now = house.clock.now()
    with house.database.begin(make.scope(his.bureau)) as work:
        row = Effect(
            bureau_id=his.bureau.id, company_id=his.company.id, kind="messaging.mail", business_key=f"{his.company.name}:{new_id()}",
            payload={"text": his.company.name}, payload_hash=b"", state="review", reason=his.company.name, not_before=now, planned_at=now,
            evidence={"text": his.company.name},
        )  # fmt: skip
        work.session.add(row)
        work.session.flush()
        return str(row.id)


FACTORIES: dict[str, Callable[[House, Neighbour, str | None], str]] = {
    "token": _link_token,
    "approval": _approval_token,
    "upload_token": _upload_token,
    "api_key_id": _api_key,
    "effect_id": _effect,
}
