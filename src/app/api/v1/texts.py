"""The words of notices: those in force for a company or for the bureau at large, and writing one's own in their place."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import delete, get, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from app.api.problems import INVALID, FieldProblem, ProblemError
from app.db.unit_of_work import UnitOfWork
from app.dunning import own_wordings
from app.dunning.own_wordings import Which, WordingRefusedError
from app.dunning.wording import wording_text
from app.dunning.wording_trial import TEXT_MAX, WordingFault, known_fields
from app.tenants import companies
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Texts"
Kind = Literal["due_notice", "reminder", "collection_warning", "payment_demand", "thanks"]
Language = Literal["nb", "nn", "en"]
ToneName = Literal["friendly", "neutral", "firm"]
ForCompany = Annotated[uuid.UUID | None, QueryParameter(description="For this company. Without it: for the bureau's companies at large.")]


class TextOut(msgspec.Struct, frozen=True):
    """The words in force, with their gaps in braces (`fields` are the names that may stand there).

    `origin`: whose words they are: the company's own, the bureau's, or the house's (version 0).
    """

    kind: Kind
    language: Language
    tone: ToneName
    origin: Literal["house", "bureau", "company"]
    version: int
    text: str
    fields: list[str]
    made_by: str
    made_at: datetime | None


class Texts(msgspec.Struct, frozen=True):
    """Every text, by kind, language and tone. The thanks for a payment (`thanks`) are always friendly."""

    items: list[TextOut]


class TextIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The words, in the form in which they are read: title, heading and subject, then the paragraphs."""

    text: Annotated[str, Meta(max_length=2 * TEXT_MAX, pattern=r"^[^\u0000]*$")]


@get("/texts", sync_to_thread=True, guards=[requires(Permission.SETTINGS)], operation_id="listTexts", tags=[TAG])
def list_texts(work: Work, company_id: ForCompany = None) -> Texts:
    """All texts in force."""
    return Texts([text_of(one, own_wordings.in_force(work, company_id, one)) for one in own_wordings.every()])


@get(
    "/texts/{kind:str}/{language:str}/{tone:str}", sync_to_thread=True, guards=[requires(Permission.SETTINGS)], operation_id="getText",
    tags=[TAG],
)  # fmt: skip
def get_text(work: Work, kind: FromPath[str], language: FromPath[str], tone: FromPath[str], company_id: ForCompany = None) -> TextOut:
    """One text in force."""
    _exists(work, company_id)
    which = Which(kind, language, tone)
    return text_of(which, own_wordings.in_force(work, company_id, which))


@put(
    "/texts/{kind:str}/{language:str}/{tone:str}", sync_to_thread=True, guards=[requires(Permission.SETTINGS)], operation_id="writeText",
    tags=[TAG],
)  # fmt: skip
def write_text(
    work: Work, kind: FromPath[str], language: FromPath[str], tone: FromPath[str], data: JSONBody[TextIn], company_id: ForCompany = None
) -> TextOut:
    """Use these words from now on. They are tried on every letter they could become first: what the law wants said must be said."""
    _exists(work, company_id)
    which = Which(kind, language, tone)
    try:
        own_wordings.save(work, company_id, which, data.text)
    except WordingRefusedError as fault:
        problems = [FieldProblem("text", _said(one)) for one in fault.faults]
        raise ProblemError(INVALID, "; ".join(one.problem for one in problems), problems) from fault
    return text_of(which, own_wordings.in_force(work, company_id, which))


@delete(
    "/texts/{kind:str}/{language:str}/{tone:str}", sync_to_thread=True, guards=[requires(Permission.SETTINGS)], operation_id="giveUpText",
    tags=[TAG],
)  # fmt: skip
def give_up_text(work: Work, kind: FromPath[str], language: FromPath[str], tone: FromPath[str], company_id: ForCompany = None) -> None:
    """Go back to the words below: the bureau's, or the house's. What was written stays in the history."""
    _exists(work, company_id)
    own_wordings.give_up(work, company_id, Which(kind, language, tone))


def text_of(which: Which, kept: own_wordings.Kept | None) -> TextOut:
    named = msgspec.convert((which.kind, which.language, which.tone), tuple[Kind, Language, ToneName])
    fields = list(known_fields(which.kind))
    if kept is None or kept.text is None:
        return TextOut(*named, "house", 0, wording_text(which.kind, which.language, which.tone), fields, "", None)
    origin: Literal["bureau", "company"] = "bureau" if kept.company_id is None else "company"
    return TextOut(*named, origin, kept.version, kept.text, fields, kept.made_by, kept.made_at)


def _exists(work: UnitOfWork, company_id: uuid.UUID | None) -> None:
    """LookupError for a company that does not exist in this scope."""
    if company_id is not None:
        companies.find(work, company_id)


def _said(fault: WordingFault) -> str:
    """`code: detail (provision)`, as far as there is something to say."""
    said = f"{fault.code}: {fault.detail}" if fault.detail else fault.code
    return f"{said} ({fault.law})" if fault.law else said


HANDLERS = (list_texts, get_text, write_text, give_up_text)
