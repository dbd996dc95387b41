"""The shapes an answer takes: a page, a part of one, a way elsewhere after a form, or a form that comes back with its errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect, Template

from app.db.unit_of_work import UnitOfWork
from app.web.htmx import VARY, hx_headers
from app.web.said import SAYINGS, current_message
from app.web.templating import Frame

#: a handler's `data`: what was typed, by field name; a name that was sent twice is a list
Form = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.URL_ENCODED)]
PATH_LENGTH_MAX = 1000


class FormError(Exception):
    """A form that cannot be taken as it is. The answer is the page again, with `errors` by field; nothing of the request is kept."""

    def __init__(self, template: str, context: Mapping[str, Any], status: int = 422) -> None:
        super().__init__(template)
        self.template = template
        self.context = context
        self.status = status


def page(template: str, frame: Frame, *, status: int = 200, **context: Any) -> Template:
    """A whole page in its layout."""
    return Template(template, context={"frame": frame, "message": current_message(), **context}, headers={"Vary": VARY}, status_code=status)


def bare_page(template: str, *, status: int = 200, **context: Any) -> Template:
    """A page for people who are not logged in."""
    return Template(template, context={"message": current_message(), **context}, headers={"Vary": VARY}, status_code=status)


def fragment(template: str, *, toast: str | None = None, push_url: str | None = None, **context: Any) -> Template:
    """A region by itself, for htmx. `toast` is a sentence in the reader's language."""
    return Template(template, context=context, headers=hx_headers(toast=toast, push_url=push_url))


def see_other(path: str, said: str | None = None, count: int | None = None) -> Redirect:
    """After a form: 303, and on the next page the sentence `said` (a code of `SAYINGS`), with a count where it has one."""
    extra = {} if said is None else {"said": said} | ({} if count is None else {"n": str(count)})
    if said is not None and said not in SAYINGS:
        raise KeyError(said)
    joint = "&" if "?" in path else "?"
    return Redirect(f"{path}{joint}{urlencode(extra)}" if extra else path, status_code=303)


def refuse(work: UnitOfWork, template: str, frame: Frame, **context: Any) -> FormError:
    """The error to raise: the page again, with what was typed. Rows already read stay readable after the rollback."""
    work.session.expunge_all()
    return FormError(template, {"frame": frame, **context})


def safe_path(wanted: str | None, otherwise: str = "/") -> str:
    """An address of our own to go to, as somebody's browser sent it; never another site's."""
    if not wanted or len(wanted) > PATH_LENGTH_MAX or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return otherwise
    return wanted if wanted.isprintable() and "\\" not in wanted and " " not in wanted else otherwise


def text_of(form: Mapping[str, Any], name: str) -> str:
    """One field's text without blanks around it; empty when it was not sent. Of several the last."""
    value = form.get(name, "")
    if isinstance(value, list):
        value = value[-1] if value else ""
    return value.strip() if isinstance(value, str) else ""


def texts_of(form: Mapping[str, Any], name: str) -> list[str]:
    """Every value of a field that may be sent more than once."""
    value = form.get(name, [])
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
