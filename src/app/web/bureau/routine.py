"""A company's written routine: as the settings say it now, every version that was kept, and each as PDF in two languages."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import quote

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from app.dunning import routine, routines
from app.dunning.law_book import LawBook
from app.dunning.letters.routine_sheet import routine_pdf
from app.dunning.letters.routine_text import LANGUAGES, routine_text
from app.tenants import companies
from app.tenants.permissions import Permission
from app.values.calendar import oslo_date
from app.web.access import Place, requires
from app.web.asked import PageFrame, TheHouse, Work
from app.web.i18n import current_locale
from app.web.pages import page


@get("/companies/{company_id:uuid}/routine", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_routine(
    work: Work, frame: PageFrame, house: TheHouse, company_id: FromPath[uuid.UUID], version: FromQuery[int | None] = None
) -> Template:
    kept = routines.versions(work, company_id)
    said, chosen = routines.wanted(work, house.resources.of(LawBook).read(work), company_id, version)
    language = current_locale() if current_locale() in LANGUAGES else "nb"
    made_on = work.today() if chosen is None else oslo_date(chosen.made_at)
    changed = version is None and bool(kept) and kept[0].content_hash != routine.fingerprint(said)
    context: dict[str, Any] = {
        "company": companies.find(work, company_id), "kept": kept, "chosen": chosen, "changed": changed, "now": work.now(),
        "text": routine_text(said, language, None if chosen is None else chosen.version, made_on),
    }  # fmt: skip
    return page("pages/rules/routine.html", frame, **context)


@get("/companies/{company_id:uuid}/routine/document", guards=[requires(Permission.VIEW, Place.BOTH)], sync_to_thread=True)
def show_document(
    work: Work, house: TheHouse, company_id: FromPath[uuid.UUID], version: FromQuery[int | None] = None, language: FromQuery[str] = "nb"
) -> Response[bytes]:
    """Also for the company's own people."""
    if language not in LANGUAGES:
        raise NotFoundException
    said, chosen = routines.wanted(work, house.resources.of(LawBook).read(work), company_id, version)
    pdf = routine_pdf(said, language, None if chosen is None else chosen.version, work.now() if chosen is None else chosen.made_at)
    name = f"{'rutine' if language == 'nb' else 'routine'}-{said['organisation_number']}.pdf"
    return Response(pdf, media_type="application/pdf", headers={"Content-Disposition": f"inline; filename*=UTF-8''{quote(name)}"})


HANDLERS = [show_routine, show_document]
