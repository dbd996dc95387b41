"""What a domain must say of itself before mail goes out in its name."""

from __future__ import annotations

import pytest

from app.messaging.domain_records import Record, Standing, dkim_record, look_for_dkim, look_for_dmarc, look_for_spf

HOUSE = "post.reskontro.example"
KEY = "MIIBIjANBgkqhkiG9w0BAQ" * 18
WANTED = dkim_record(Record.DKIM, "fjord.example", "r1", KEY)


@pytest.mark.parametrize(
    ("texts", "standing"),
    [
        ((), "missing"),
        (("google-site-verification=1",), "missing"),
        (("v=spf1 include:post.reskontro.example ~all",), "right"),
        (("v=spf1 mx +include:POST.reskontro.example -all", "other"), "right"),
        (("v=spf1 mx ~all",), "wrong"),
        (("v=spf1 ~all include:post.reskontro.example",), "wrong"),
        (("v=spf1 -include:post.reskontro.example ~all",), "wrong"),
        (("v=spf1 include:post.reskontro.example ~all", "v=spf1 mx ~all"), "wrong"),
        (("v=spf10 include:post.reskontro.example",), "missing"),
    ],
)
def test_spf_must_name_us_once_and_before_all(texts: tuple[str, ...], standing: str) -> None:
    found = look_for_spf({"fjord.example": texts}.__getitem__, "fjord.example", HOUSE)
    assert found.standing == standing


@pytest.mark.parametrize(
    ("texts", "standing"),
    [
        ((), "missing"),
        ((WANTED.value,), "right"),
        ((f"p={KEY}",), "right"),
        ((f"v=DKIM1;p={KEY[:100]} {KEY[100:]}; t=s",), "right"),
        (("v=DKIM1; k=rsa; p=",), "wrong"),
        ((WANTED.value.replace("MIIB", "MIIC", 1),), "wrong"),
        ((f"v=DKIM1; k=ed25519; p={KEY}",), "wrong"),
        ((WANTED.value, "v=DKIM1; p=other"), "wrong"),
    ],
)
def test_dkim_must_show_exactly_our_key(texts: tuple[str, ...], standing: str) -> None:
    found = look_for_dkim({"r1._domainkey.fjord.example": texts}.__getitem__, WANTED)
    assert found.standing == standing


@pytest.mark.parametrize(
    ("zone", "standing"),
    [
        ({}, "missing"),
        ({"_dmarc.post.fjord.example": ("v=DMARC1; p=none",)}, "right"),
        ({"_dmarc.fjord.example": ("v=DMARC1; p=Reject; adkim=s",)}, "right"),
        ({"_dmarc.example": ("v=DMARC1; p=reject",)}, "missing"),
        ({"_dmarc.post.fjord.example": ("v=DMARC1; p=never",)}, "wrong"),
        ({"_dmarc.post.fjord.example": ("v=DMARC1; p=none", "v=DMARC1; p=reject")}, "wrong"),
        ({"_dmarc.post.fjord.example": ("something else",)}, "missing"),
    ],
)
def test_dmarc_is_found_at_the_domain_or_above_it(zone: dict[str, tuple[str, ...]], standing: str) -> None:
    assert look_for_dmarc(lambda name: zone.get(name, ()), "post.fjord.example").standing == standing


def test_a_key_too_long_for_one_part_is_offered_in_parts() -> None:
    parts = [part.strip('"') for part in WANTED.parts.split('" "')]
    assert (len(WANTED.value) > 255, max(map(len, parts)) <= 255, "".join(parts)) == (True, True, WANTED.value)


def test_what_a_stranger_wrote_is_kept_short() -> None:
    found = look_for_spf(lambda _: ("v=spf1 " + "x" * 5000,) * 9, "fjord.example", HOUSE)
    assert (found.standing, len(found.found), max(map(len, found.found))) == (Standing.WRONG, 5, 600)
