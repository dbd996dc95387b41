"""What the SMS gateway posts, unsigned, to an address only it knows: delivery reports, a hint for people on which nothing is built; and
messages from telephones, of which STOP and START are acted on."""

from __future__ import annotations

import hmac
import json
from typing import Any

from litestar import Request, Response, post
from litestar.concurrency import sync_to_thread
from litestar.params import FromPath

from app.api.problems import BAD_REQUEST, NOT_FOUND, ProblemError
from app.db.unit_of_work import Database
from app.messaging import receipts, sms_stops
from app.messaging.ports import Texter

REPORT_BYTES_MAX = 20_000


@post("/sms/{report_secret:str}", status_code=200)
async def take_sms_word(request: Request[Any, Any, Any], report_secret: FromPath[str]) -> Response[None]:
    """200 for every word, also one about nothing of ours: the gateway need not try again."""
    secret: str | None = request.app.state.get("sms_report_secret")
    if secret is None or not hmac.compare_digest(secret.encode(), report_secret.encode()):
        raise ProblemError(NOT_FOUND)
    texter: Texter = request.app.state.texter
    database: Database = request.app.state.database
    body = await request.body()
    try:
        posted = json.loads(body[:REPORT_BYTES_MAX])
    except (ValueError, RecursionError):
        raise ProblemError(BAD_REQUEST, "The body is not valid JSON.") from None
    report, answer = texter.read_report(posted), texter.read_answer(posted)
    if report is not None:
        await sync_to_thread(receipts.take_sms, database.begin, report)
    if answer is not None:
        await sync_to_thread(sms_stops.take, database.begin, answer)
    return Response(None)
