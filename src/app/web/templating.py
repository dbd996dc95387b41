"""The template engine: strict, escaping, speaking the request's language, with the few functions that every page may use."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.template.config import TemplateConfig
from markupsafe import Markup

from app.dunning.reasons import explain
from app.values.account_number import format_account_number
from app.web import formats, i18n
from app.web.assets import asset
from app.web.security import CSRF_FIELD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from app.dunning.law_recording import Missing
    from app.dunning.reasons import Reason

TEMPLATE_ROOT = Path(__file__).parent / "templates"

_csrf: ContextVar[str] = ContextVar("csrf", default="")


@dataclass(frozen=True, slots=True)
class CompanyChoice:
    """One company in the switcher; `href` leads to what the reader looks at now, for that company."""

    name: str
    href: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class DemoClock:
    """The product's own "today" while the sandbox is on: its date, and how many days it has been moved ahead.

    `goal_on` is where it is going, None when it stands still; `sandbox_url` where the mails and letters sent can be looked at.
    """

    today_on: date
    days_ahead: int
    goal_on: date | None = None
    sandbox_url: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around every page of a logged-in user. `ready_count` are decisions waiting, `case_count` open cases with agencies,
    `asked_count` questions that wait for a company's own user.

    `company_name` is None while the page shows all companies. `locked_sections` are rail entries this user may not open.
    `law_runs_out` are figures of the law that nobody has confirmed beyond the next thirty days.
    """

    user_name: str
    bureau_name: str
    company_name: str | None = None
    companies: Sequence[CompanyChoice] = ()
    ready_count: int = 0
    case_count: int = 0
    asked_count: int = 0
    demo_clock: DemoClock | None = None
    locked_sections: frozenset[str] = frozenset()
    law_runs_out: Sequence[Missing] = ()


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    """For `Litestar(template_config=...)`."""
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment()))


def environment() -> Environment:
    """The Jinja environment; also for rendering outside of a request (tests, e-mail)."""
    engine = Environment(
        loader=FileSystemLoader(TEMPLATE_ROOT),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    engine.template_class = _RequestTemplate
    engine.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    engine.policies["ext.i18n.trimmed"] = True
    engine.globals |= {
        "asset": asset,
        "locale": i18n.current_locale,
        "csrf_field": _csrf_field,
        "csrf_value": _csrf.get,
        "account_number": format_account_number,
        "reason_text": _reason_text,
        "organisation_number": formats.spaced_organisation_number,
        **{function.__name__: function for function in _FORMATS},
    }
    return engine


_FORMATS = (
    formats.kroner,
    formats.count,
    formats.percent,
    formats.date_short,
    formats.date_with_weekday,
    formats.clock_time,
    formats.date_time,
    formats.week,
    formats.relative,
    formats.machine_time,
)


class _RequestTemplate(Template):
    """Takes language and form token from the request's state (`locale`, `csrf_token`), so that macros need not be handed them."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        request = kwargs.get("request")
        if request is None:
            return super().render(*args, **kwargs)
        with i18n.use_locale(getattr(request.state, "locale", i18n.current_locale())), _use_csrf(getattr(request.state, "csrf_token", "")):
            return super().render(*args, **kwargs)


@contextmanager
def _use_csrf(token: str) -> Iterator[None]:
    before = _csrf.set(token)
    try:
        yield
    finally:
        _csrf.reset(before)


def _csrf_field() -> Markup:
    """The hidden field that every form with method="post" carries."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, _csrf.get())


def _reason_text(reason: Reason) -> str:
    """A reason of the engine as a sentence in the language of the page."""
    return explain(reason, i18n.gettext)
