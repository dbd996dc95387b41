"""The words of notices: read them about a real invoice in each tone, and write one's own for the bureau or for one company."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import own_wordings, previewing
from app.dunning.law_book import LawBook
from app.dunning.letters.notice_letter import IncompleteNoticeError
from app.dunning.own_wordings import THANKS, TONES_OF, Which, WordingRefusedError
from app.dunning.wording import Tone
from app.dunning.wording_form import WordingError, parse_wording
from app.dunning.wording_trial import WordingFault, faults, known_fields
from app.messaging.letters.content import LANGUAGES
from app.messaging.letters.rendering import payment_lines
from app.tenants import companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import HxRequest, PageFrame, TheHouse, Work
from app.web.bureau.text_words import fault_text
from app.web.house import House
from app.web.pages import Form, fragment, page, refuse, see_other, text_of

TONES = tuple(one.value for one in Tone)


@get("/texts", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def list_texts(work: Work, frame: PageFrame, company: FromQuery[uuid.UUID | None] = None) -> Template:
    """Every text, and which of them are the bureau's or the company's own."""
    own = own_wordings.own(work, company)
    return page(
        "pages/texts/index.html", frame, own=own, bureaus=own_wordings.own(work, None) if company else {}, which=Which, tones_of=TONES_OF,
        languages=LANGUAGES, tones=TONES, query=_query(company), **_place(work, company),
    )  # fmt: skip


@get("/texts/{kind:str}/{language:str}/{tone:str}", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def show_text(
    work: Work, frame: PageFrame, house: TheHouse, kind: FromPath[str], language: FromPath[str], tone: FromPath[str],
    company: FromQuery[uuid.UUID | None] = None, claim: FromQuery[str] = "",
) -> Template:  # fmt: skip
    which = _which(kind, language, tone)
    context = _editor(work, house, which, company, own_wordings.text_of(work, company, which), claim)
    return page("pages/texts/show.html", frame, errors={}, **context)


@post("/texts/{kind:str}/{language:str}/{tone:str}/preview", guards=[requires(Permission.SETTINGS)], sync_to_thread=True, status_code=200)
def preview_text(
    work: Work, frame: PageFrame, house: TheHouse, hx: HxRequest, kind: FromPath[str], language: FromPath[str], tone: FromPath[str],
    data: Form, company: FromQuery[uuid.UUID | None] = None,
) -> Template:  # fmt: skip
    """The notice in words not yet kept. Writes nothing."""
    context = _editor(work, house, _which(kind, language, tone), company, _typed(data), text_of(data, "claim"))
    if hx.fragment:
        return fragment("pages/texts/_preview.html", **context)
    return page("pages/texts/show.html", frame, errors={}, **context)


@post("/texts/{kind:str}/{language:str}/{tone:str}", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def save_text(
    work: Work, frame: PageFrame, house: TheHouse, kind: FromPath[str], language: FromPath[str], tone: FromPath[str], data: Form,
    company: FromQuery[uuid.UUID | None] = None,
) -> Response[Any]:  # fmt: skip
    which = _which(kind, language, tone)
    _place(work, company)
    try:
        own_wordings.save(work, company, which, _typed(data))
    except WordingRefusedError as fault:
        context = _editor(work, house, which, company, _typed(data), text_of(data, "claim"))
        said = " ".join(fault_text(one) for one in fault.faults)
        raise refuse(work, "pages/texts/show.html", frame, message=None, errors={"text": said}, **context) from fault
    return see_other(_address(which, company, text_of(data, "claim")), "saved")


@post("/texts/{kind:str}/{language:str}/{tone:str}/give-up", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def give_up_text(
    work: Work, kind: FromPath[str], language: FromPath[str], tone: FromPath[str], company: FromQuery[uuid.UUID | None] = None
) -> Response[Any]:
    """Back to the words below."""
    which = _which(kind, language, tone)
    _place(work, company)
    own_wordings.give_up(work, company, which)
    return see_other(_address(which, company, ""), "text-given-up")


def _editor(work: UnitOfWork, house: House, which: Which, company_id: uuid.UUID | None, text: str, claim: str) -> dict[str, Any]:
    found = previewing.choices(work, company_id)
    chosen = next((one for one in found if str(one.claim_id) == claim), found[0] if found else None)
    return {
        "it": which, "text": text, "choices": found, "chosen": chosen, "fields": known_fields(which.kind), "languages": LANGUAGES,
        "tones": TONES_OF[which.kind], "query": _query(company_id, str(chosen.claim_id) if chosen and claim else ""),
        "versions": own_wordings.versions(work, company_id, which), "is_own": which in own_wordings.own(work, company_id),
        **_place(work, company_id), **_read(work, house, which, text, chosen),
    }  # fmt: skip


def _read(work: UnitOfWork, house: House, which: Which, text: str, chosen: previewing.Choice | None) -> dict[str, Any]:
    """The notice, or why there is none to show."""
    nothing: dict[str, Any] = {"composed": None, "thanks": None, "problems": [], "payment": []}
    if chosen is None:
        return nothing
    try:
        words = parse_wording(text, name="own", kind=which.kind, language=which.language)
        if which.kind == THANKS:
            return nothing | {"thanks": previewing.preview_thanks(work, chosen.claim_id, which, words)}
        composed = previewing.preview(work, house.resources.of(LawBook).read(work), chosen.claim_id, which, words)
    except IncompleteNoticeError as fault:
        return nothing | {"problems": [fault_text(WordingFault(one.element, law=one.law)) for one in fault.shortfalls]}
    except WordingError:
        found = faults(text, kind=which.kind, language=which.language, tone=which.tone)
        return nothing | {"problems": [fault_text(one) for one in found]}
    return nothing | {"composed": composed, "payment": payment_lines(composed.letter.payment, which.language)}


def _which(kind: str, language: str, tone: str) -> Which:
    try:
        return Which(kind, language, tone)
    except LookupError as fault:
        raise NotFoundException from fault


def _place(work: UnitOfWork, company_id: uuid.UUID | None) -> dict[str, Any]:
    """Whose words these are. Somebody else's company does not exist (404)."""
    return {"company": None if company_id is None else companies.find(work, company_id)}


def _typed(data: Form) -> str:
    """As typed: a browser ends lines with both signs."""
    value = data.get("text", "")
    return (value if isinstance(value, str) else "").replace("\r\n", "\n")


def _query(company_id: uuid.UUID | None, claim: str = "") -> str:
    asked = ({"company": str(company_id)} if company_id else {}) | ({"claim": claim} if claim else {})
    return f"?{urlencode(asked)}" if asked else ""


def _address(which: Which, company_id: uuid.UUID | None, claim: str) -> str:
    return f"/texts/{which.kind}/{which.language}/{which.tone}{_query(company_id, claim)}"


HANDLERS = [list_texts, show_text, preview_text, save_text, give_up_text]
