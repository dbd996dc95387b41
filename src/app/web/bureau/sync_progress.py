"""A company's fetches: the one under way, polled until it is done, the earlier ones, and what the ledger should be told."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from app.db.unit_of_work import UnitOfWork
from app.ledgers import balance, queries, reversals
from app.ledgers.models import SyncRun
from app.ledgers.reversals import ReversalError
from app.ledgers.sync import find_link
from app.portfolio.ledger_overview import SyncOverview, sync_overview
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import Asker, PageFrame, TheHouse, Work
from app.web.bureau.connection_words import ledger_name
from app.web.bureau.connections import ledgers_of
from app.web.i18n import gettext
from app.web.pages import Form, fragment, page, see_other, text_of

#: a run that was asked for and has not begun by then will not be waited for on the page
PATIENCE = timedelta(minutes=10)
_ORDER = ("customers", "open_items", "done")


@dataclass(frozen=True, slots=True)
class Advice:
    """Something to put right in the ledger. `detail` is the ledger's own word for it."""

    title: str
    text: str
    detail: str


@get("/companies/{company_id:uuid}/sync", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_sync(
    company_id: FromPath[uuid.UUID], work: Work, frame: PageFrame, house: TheHouse,
    identity: Asker, since: FromQuery[int | None] = None,
) -> Template:  # fmt: skip
    seen = sync_overview(work, company_id)
    names = {known.ledger: known.label for known in ledgers_of(house).known()} | {"saft": "SAF-T", "open_items": gettext("Open item list")}
    label = ledger_name(ledgers_of(house), seen.ledger) if seen.ledger else ""
    return page(
        "pages/sync/show.html", frame, **_progress(work, seen, since), link=seen.link, ledger_label=label, runs=seen.runs,
        source_names=names, may_sync=identity.may(Permission.SYNC), balance=queries.balance(work, company_id),
        postings=queries.postings(work, company_id),
        warnings=warnings_of(seen, label),
    )  # fmt: skip


@get("/companies/{company_id:uuid}/sync/progress", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_progress(company_id: FromPath[uuid.UUID], work: Work, since: FromQuery[int | None] = None) -> Template:
    """What the page polls; the last answer does not ask to be polled again."""
    return fragment("pages/sync/_progress.html", **_progress(work, sync_overview(work, company_id), since))


@post("/companies/{company_id:uuid}/sync", guards=[requires(Permission.SYNC)], sync_to_thread=True)
def fetch_now(company_id: FromPath[uuid.UUID], work: Work) -> Redirect:
    find_link(work, company_id)
    work.enqueue("ledgers.sync_company", bureau_id=str(work.bureau_id), company_id=str(company_id))
    return see_other(f"/companies/{company_id}/sync?since={int(work.now().timestamp())}", "fetching")


@post("/companies/{company_id:uuid}/sync/difference", guards=[requires(Permission.SYNC)], sync_to_thread=True)
def accept_difference(company_id: FromPath[uuid.UUID], work: Work, data: Form) -> Redirect:
    """Somebody knows where this difference comes from; it is the one he has seen, or nothing is accepted."""
    find_link(work, company_id)
    seen = text_of(data, "difference_ore")
    accepted = re.fullmatch(r"-?[0-9]{1,15}", seen) is not None and balance.accept(work, company_id, int(seen))
    return see_other(f"/companies/{company_id}/sync", "difference-accepted" if accepted else "difference-moved")


@post("/companies/{company_id:uuid}/postings/{posting_id:uuid}/reversal", guards=[requires(Permission.SYNC)], sync_to_thread=True)
def take_back(company_id: FromPath[uuid.UUID], posting_id: FromPath[uuid.UUID], work: Work, data: Form) -> Redirect:
    try:
        reversals.plan_reversal(work, company_id, posting_id, text_of(data, "reason"))
    except ReversalError as fault:
        return see_other(f"/companies/{company_id}/sync", "reversal-reason" if fault.field == "reason" else "reversal-not-there")
    return see_other(f"/companies/{company_id}/sync", "reversal-asked")


def warnings_of(seen: SyncOverview, ledger: str) -> list[Advice]:
    """The ledger's own reminders first: two senders are worse than none. Names of switches have no blanks in them, sentences have."""
    told = [] if seen.link is None else list(seen.link.warnings)
    switches = [text for text in told if " " not in text]
    others = [text for text in told if " " in text and not (switches and all(switch in text for switch in switches))]
    found = []
    if switches:
        text = gettext(
            "Switch reminders off on the customer cards in %(ledger)s, or the debtor gets two. Until then a person decides for each claim."
        )
        found.append(Advice(gettext("The ledger sends reminders of its own"), text.replace("%(ledger)s", ledger), ", ".join(switches)))
    text = gettext("Put it right in %(ledger)s, then fetch again. What was read is still used.").replace("%(ledger)s", ledger)
    found += [Advice(gettext("Something is missing in the ledger"), text, other) for other in others]
    if seen.link is not None and seen.link.changes_problem:
        words = gettext(
            "What has changed since the last fetch could not be read. It is tried again every quarter of an hour by day, and the whole book"
            " is read at night."
        )
        found.append(Advice(gettext("Changes are not read"), words, seen.link.changes_problem))
    return found


def steps_of(run: SyncRun) -> list[tuple[str, bool, bool]]:
    """Text, whether it is done, whether it is under way."""
    texts = (gettext("Customers"), gettext("Open items"), gettext("What has left the list is looked up"))
    here = _ORDER.index(run.step) if run.step in _ORDER else 0
    over = run.state == "done"
    return [(text, over or place < here, not over and run.state == "running" and place == here) for place, text in enumerate(texts)]


def _progress(work: UnitOfWork, seen: SyncOverview, since: int | None) -> dict[str, Any]:
    latest = seen.runs[0] if seen.runs else None
    asked_at = None if since is None or not 0 < since < 2**33 else datetime.fromtimestamp(since, UTC)
    waiting = asked_at is not None and work.now() - asked_at < PATIENCE and (latest is None or latest.started_at < asked_at)
    return {
        "company": seen.company, "latest": latest, "steps": [] if latest is None else steps_of(latest), "waiting": waiting, "since": since,
        "now": work.now(),
    }  # fmt: skip


HANDLERS = [show_sync, show_progress, fetch_now, accept_difference, take_back]
