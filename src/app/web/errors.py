"""Error pages in plain words, with a number when the fault is ours; for htmx the same as a fragment. Registered once, by exception."""

from __future__ import annotations

import logging
import secrets
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.exceptions import HTTPException, NotFoundException
from litestar.response import Redirect, Template
from litestar.types import ExceptionHandlersMap

from app.dunning.queries import CursorError
from app.dunning.weekly_lists import ListError
from app.web.access import ElsewhereError, LoginNeededError
from app.web.htmx import VARY
from app.web.i18n import gettext
from app.web.list_links import LinkError
from app.web.pages import FormError
from app.web.security import CsrfError

log = logging.getLogger(__name__)
AnyRequest = Request[Any, Any, Any]
_PAGES = {403: "errors/403.html", 404: "errors/404.html", 422: "errors/422.html", 500: "errors/500.html"}


def page_exception_handlers() -> ExceptionHandlersMap:
    """For the application, or for the pages' router: what each exception looks like to a reader."""
    return {
        LoginNeededError: lead_to_login,
        ElsewhereError: lead_elsewhere,
        FormError: show_form_again,
        CsrfError: refuse_foreign_form,
        LinkError: show_dead_link,
        LookupError: show_missing,
        ListError: show_too_late,
        CursorError: show_missing,
        HTTPException: show_http_error,
        Exception: show_fault,
    }


def problem(request: AnyRequest, status: int, *, detail: str | None = None, reference: str | None = None) -> Template:
    """The page or, for htmx, the fragment of an error."""
    context: dict[str, Any] = {"detail": detail, "reference": reference, "status": status}
    template = "errors/_problem.html" if _is_partial(request) else _PAGES.get(status, _PAGES[500 if status >= 500 else 404])
    return Template(template, context=context, status_code=status, headers={"Vary": VARY})


def lead_to_login(request: AnyRequest, _: LoginNeededError) -> Response[Any]:
    """To the login, and back to what was asked for; a form that was sent comes back to the page it stood on."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "") if request.method == "GET" else ""
    path = f"/login?{urlencode({'next': wanted})}" if wanted not in {"", "/"} else "/login"
    return _go(request, path)


def lead_elsewhere(request: AnyRequest, fault: ElsewhereError) -> Response[Any]:
    return _go(request, fault.location)


def show_form_again(_: AnyRequest, fault: FormError) -> Template:
    return Template(fault.template, context=dict(fault.context), status_code=fault.status, headers={"Vary": VARY})


def refuse_foreign_form(request: AnyRequest, _: CsrfError) -> Template:
    return problem(request, 403, detail=gettext("This form was opened before you logged in, or on another site. Open the page again."))


def show_dead_link(_: AnyRequest, fault: LinkError) -> Template:
    return Template("pages/links/dead.html", context={"expired": fault.expired}, status_code=410 if fault.expired else 404)


def show_missing(request: AnyRequest, fault: Exception) -> Template:
    if isinstance(fault, KeyError | IndexError):  # a mistake of ours, not something that is missing for the reader
        return show_fault(request, fault)
    return problem(request, 404)


def show_too_late(request: AnyRequest, _: ListError) -> Response[Any]:
    if _is_partial(request):
        return problem(request, 409, detail=gettext("The deadline of this list has passed, so nothing was changed."))
    back = request.url.path.split("/stop/")[0].split("/undo/")[0].removesuffix("/approve") if request.url.path.startswith("/l/") else "/"
    return Redirect(f"{back}?said=deadline-passed", status_code=303)


def show_http_error(request: AnyRequest, fault: HTTPException) -> Template:
    status = fault.status_code
    if status >= 500:
        return show_fault(request, fault)
    if status == 400:  # a value that cannot be read, such as half an id
        return problem(request, 404 if request.method == "GET" else 422)
    return problem(request, status if status in _PAGES else 404 if isinstance(fault, NotFoundException) else status)


def show_fault(request: AnyRequest, fault: Exception) -> Template:
    """Ours. The number is in the log beside the fault, and nothing of the fault is on the page."""
    reference = secrets.token_hex(4)
    log.error("error %s: %s %s", reference, request.method, request.scope.get("path_template", "?"), exc_info=fault)
    return problem(request, 500, reference=reference)


def _is_partial(request: AnyRequest) -> bool:
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-request-type") == "partial"


def _go(request: AnyRequest, path: str) -> Response[Any]:
    if request.headers.get("hx-request") == "true":
        return Response(content="", status_code=200, headers={"HX-Redirect": path, "Vary": VARY})
    return Redirect(path, status_code=303)
