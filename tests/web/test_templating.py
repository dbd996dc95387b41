from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from jinja2 import UndefinedError
from litestar import Litestar, Request, get
from litestar.response import Template
from litestar.testing import TestClient

from app.dunning.reasons import because
from app.web.templating import CompanyChoice, DemoClock, Frame, environment, template_config

NOW = datetime(2026, 11, 21, 13, 5, tzinfo=UTC)
FRAME = Frame(
    user_name="Kari <Nordmann>",
    bureau_name="Fjord Regnskap AS",
    companies=[CompanyChoice("Bø & Sønner AS", "/?company=1", current=True)],
    ready_count=23,
    demo_clock=DemoClock(date(2026, 11, 28), 7),
    locked_sections=frozenset({"settings"}),
)


def said(source: str, **context: object) -> str:
    return environment().from_string(source).render(**context)


def test_a_page_of_the_bureau_marks_its_section_escapes_names_and_hides_what_is_locked():
    page = said('{% extends "layouts/bureau.html" %}{% set here = "ready" %}{% block title %}Klar{% endblock %}', frame=FRAME)
    assert page.count('aria-current="page"') == 2  # in the rail and in the phone's menu
    assert "Kari &lt;Nordmann&gt;" in page
    assert "Bø &amp; Sønner AS" in page
    assert 'href="/settings"' not in page
    assert "lørdag 28.11.2026" in page


def test_a_variable_that_was_forgotten_is_an_error():
    with pytest.raises(UndefinedError):
        said("{{ forgotten }}")


def test_language_and_form_token_come_from_the_request():
    @get("/", sync_to_thread=False)
    def page(request: Request) -> Template:
        request.state.locale, request.state.csrf_token = "en", 'a"b'
        return Template("errors/404.html")

    with TestClient(Litestar([page], template_config=template_config())) as client:
        text = client.get("/").text
    assert '<html lang="en"' in text
    assert "This page does not exist" in text
    assert 'content="a&#34;b"' in text
    assert 'lang="nb"' in said('{% extends "layouts/public.html" %}')  # nothing is left behind for the next request


def test_a_field_with_an_error_is_wired_to_its_message_and_hint():
    text = said(
        '{% from "components/forms.html" import field %}{{ field("amount", "Beløp", "<1>", error="Skriv et beløp", hint="I kroner") }}'
    )
    assert 'aria-invalid="true"' in text
    assert 'aria-describedby="amount-hint amount-error"' in text
    assert 'id="amount-error"' in text
    assert 'value="&lt;1&gt;"' in text


def test_a_password_is_never_written_back():
    assert "hemmelig" not in said('{% from "components/forms.html" import field %}{{ field("p", "Passord", "hemmelig", kind="password") }}')


def test_the_aging_bar_says_its_figures_and_fills_its_width():
    source = '{% from "components/figures.html" import aging_bar %}{{ aging_bar(b) }}'
    text = said(source, b=[("Ikke forfalt", 7500), ("1–30 d", 2500), ("31–60 d", -100)])
    assert 'aria-label="Ikke forfalt: 75,00\u00a0kr, 1–30 d: 25,00\u00a0kr"' in text
    assert 'class="age-1" x="75.00"' in text
    assert "age-2" not in text
    assert "Ingenting utestående" in said(source, b=[("Ikke forfalt", 0)])


def test_a_distance_in_time_always_has_the_exact_time_with_it():
    text = said('{% from "components/values.html" import moment %}{{ moment(at, now) }}', at=NOW.replace(hour=10), now=NOW)
    assert "for 3 timer siden" in text
    assert 'title="21.11.2026 kl. 11:05"' in text
    assert 'datetime="2026-11-21T11:05+01:00"' in text


def test_a_state_nobody_knows_is_shown_as_it_is():
    assert ">strange</span>" in said('{% from "components/values.html" import state_tag %}{{ state_tag("strange") }}')


@pytest.mark.parametrize("name", ["403", "404", "422", "500"])
def test_error_pages_need_no_context(name):
    assert "<h1>" in environment().get_template(f"errors/{name}.html").render()


@pytest.mark.parametrize("status", [403, 404, 409, 422, 500])
def test_the_fragment_of_an_error_is_announced(status):
    text = environment().get_template("errors/_problem.html").render(status=status, reference="A1")
    assert 'role="alert"' in text
    assert "A1" in text


def test_a_reason_of_the_engine_is_said_in_norwegian_with_its_source():
    source = '{% from "components/history.html" import next_step %}{{ next_step("Vent", on=day, reasons=reasons) }}'
    text = said(source, day=date(2026, 12, 1), reasons=[because("fee_too_early", first_on=date(2026, 12, 1)), {"text": "Egne ord"}])
    assert "kan ha gebyr fra 01.12.2026" in text
    assert "inkassoforskriften § 1-2" in text
    assert "Egne ord" in text
    assert "tirsdag 01.12.2026" in text
