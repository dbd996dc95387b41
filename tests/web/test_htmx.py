from __future__ import annotations

import json

import pytest
from litestar import Litestar, get
from litestar.di import NamedDependency, Provide
from litestar.response import Response
from litestar.testing import TestClient

from app.web.htmx import Hx, hx_headers, provide_hx


@get("/", sync_to_thread=False)
def answer(hx: NamedDependency[Hx]) -> Response[dict[str, object]]:
    seen = {"fragment": hx.fragment, "source": hx.source, "target": hx.target, "url": hx.current_url}
    return Response(
        seen, headers=hx_headers(toast="Stoppet – 1 234,50 € for Bø & Sønner", trigger={"counted": 3}, push_url="/ready?q=bø"[:8])
    )


@pytest.fixture
def client():
    with TestClient(Litestar([answer], dependencies={"hx": Provide(provide_hx, sync_to_thread=False)})) as client:
        yield client


PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.mark.parametrize(
    ("headers", "fragment"),
    [
        ({}, False),
        (PARTIAL, True),
        ({"HX-Request": "true", "HX-Request-Type": "full"}, False),
        ({"HX-Request-Type": "partial"}, False),
        (PARTIAL | {"HX-History-Restore-Request": "true"}, False),
    ],
)
def test_only_a_partial_request_that_is_not_history_gets_a_fragment(client, headers, fragment):
    assert client.get("/", headers=headers).json()["fragment"] is fragment


def test_source_and_target_are_given_as_htmx_writes_them(client):
    seen = client.get(
        "/", headers=PARTIAL | {"HX-Source": "form#filter", "HX-Target": "tbody#rows", "HX-Current-URL": "http://x/ready"}
    ).json()
    assert (seen["source"], seen["target"], seen["url"]) == ("form#filter", "tbody#rows", "http://x/ready")


def test_a_toast_with_norwegian_letters_dashes_and_signs_survives_the_header(client):
    events = json.loads(client.get("/").headers["hx-trigger"])
    assert events == {"counted": 3, "toast": {"text": "Stoppet – 1 234,50 € for Bø & Sønner"}}


def test_every_answer_tells_caches_that_page_and_fragment_differ():
    assert hx_headers()["Vary"] == "HX-Request, HX-Request-Type"


def test_only_what_is_asked_for_is_said():
    assert set(hx_headers(retarget="#errors", reswap="innerHTML")) == {"Vary", "HX-Retarget", "HX-Reswap"}
