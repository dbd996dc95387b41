"""The claim calculator's contract: whole answers computed by hand, boundary days, and input that is refused by name."""

from __future__ import annotations

import itertools
import json
from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dunning.quote import QuoteInputError, quote, run_quotes
from app.dunning.statutes.rates import RATES, Figure

BASE: dict[str, Any] = {"principal": "10000", "due_date": "2026-01-15", "as_of": "2026-03-02", "debtor_kind": "consumer"}
KEYS = [
    "late_interest_ore",
    "interest_spans",
    "allowed_fee_ore",
    "earliest_fee_on",
    "earliest_collection_warning_on",
    "minimum_payment_deadline",
    "compensation_ore",
    "agency_cost_cap_light_ore",
    "agency_cost_cap_heavy_ore",
    "heavy_from",
    "limitation_on",
    "statute",
    "reasons",
]


def ask(**changes: Any) -> dict[str, Any]:
    return quote({**BASE, **changes})


def codes(answer: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in answer["reasons"]]


def test_a_whole_answer() -> None:
    answer = quote(
        {
            "principal": "12000.00",
            "due_date": "2026-02-14",
            "as_of": "2026-07-10",
            "debtor_kind": "business",
            "creditor_vat_liable": False,
            "payments": [{"date": "2026-03-02", "amount": "1500.50"}],
            "notices": [
                {"kind": "reminder", "sent_on": "2026-03-02", "payment_deadline": "2026-03-16", "fee_ore": 3800},
                {"kind": "collection_warning", "sent_on": "2026-03-20", "payment_deadline": "2026-04-07", "fee_ore": 3800},
                {"kind": "payment_demand", "sent_on": "2026-04-10", "payment_deadline": "2026-04-24", "fee_ore": 0},
            ],
            "claim_compensation": False,
        }
    )
    assert list(answer) == KEYS
    reasons = answer.pop("reasons")
    # Saturday 14 February is due on Monday 16 February
    assert answer == {
        # 12 000 * 12 % * 14/365 = 55.2329; 10 499.50 * 12 % * 120/365 = 414.2268; 10 499.50 * 12.25 % * 10/365 = 35.2381; sum 504.6978
        "late_interest_ore": 50470,
        "interest_spans": [
            {"from": "2026-02-17", "to": "2026-03-02", "days": 14, "rate": "12.00", "principal_ore": 1200000, "interest_ore": 5523},
            {"from": "2026-03-03", "to": "2026-06-30", "days": 120, "rate": "12.00", "principal_ore": 1049950, "interest_ore": 41423},
            {"from": "2026-07-01", "to": "2026-07-10", "days": 10, "rate": "12.25", "principal_ore": 1049950, "interest_ore": 3524},
        ],
        # both small fees are taken; the demand's own fee has not been
        "allowed_fee_ore": {"reminder": 0, "collection_warning": 0, "payment_demand": 11300},
        # more than six months after 20 March
        "earliest_fee_on": "2026-09-21",
        "earliest_collection_warning_on": "2026-02-17",
        "minimum_payment_deadline": "2026-07-24",
        "compensation_ore": 0,
        # up to 50 000, business, no VAT: 750 * 1.6 * 1.5 * 1.25 = 2 250 and twice that
        "agency_cost_cap_light_ore": 225000,
        "agency_cost_cap_heavy_ore": 450000,
        # 24 April + 29 days
        "heavy_from": "2026-05-23",
        # 14 February 2029 is a Wednesday; the printed due date counts
        "limitation_on": "2029-02-14",
        "statute": "act_1988",
    }
    assert reasons[0] == {
        "code": "due_date_moved_for_interest",
        "text": "The due date 14.02.2026 is no business day: interest and fees are counted from 16.02.2026.",
        "source": "gjeldsbrevlova § 5 annet ledd",
    }


@pytest.mark.parametrize(
    ("due_date", "earliest_fee_on", "earliest_warning_on"),
    [
        ("2026-10-01", "2026-10-15", "2026-10-02"),
        ("2026-02-14", "2026-03-02", "2026-02-17"),
        ("2026-05-01", "2026-05-18", "2026-05-05"),
        ("2026-04-02", "2026-04-21", "2026-04-08"),
        # 24 and 31 December are business days: day 14 may be a holiday, a fee is still allowed on it
        ("2025-12-24", "2026-01-07", "2025-12-25"),
        ("2025-12-25", "2026-01-12", "2025-12-30"),
    ],
)
def test_the_first_days(due_date: str, earliest_fee_on: str, earliest_warning_on: str) -> None:
    answer = ask(due_date=due_date)
    assert (answer["earliest_fee_on"], answer["earliest_collection_warning_on"]) == (earliest_fee_on, earliest_warning_on)


def test_the_first_fee_day_is_the_first_with_a_fee() -> None:
    assert ask(as_of="2026-01-28")["allowed_fee_ore"] == {"reminder": 0, "collection_warning": 0, "payment_demand": 0}
    assert ask(as_of="2026-01-29")["allowed_fee_ore"] == {"reminder": 3800, "collection_warning": 3800, "payment_demand": 0}


def test_the_minimum_deadline_does_not_move_for_a_holiday() -> None:
    # sent 11 December 2026, last day 25 December
    assert ask(as_of="2026-12-11")["minimum_payment_deadline"] == "2026-12-25"
    assert ask(as_of="2026-10-15")["minimum_payment_deadline"] == "2026-10-29"


@pytest.mark.parametrize(
    ("due_date", "limitation_on"),
    [
        # 21 November 2026 is a Saturday
        ("2023-11-21", "2026-11-23"),
        ("2023-11-20", "2026-11-20"),
        # 29 February has no day in 2027: 28 February, a Sunday
        ("2024-02-29", "2027-03-01"),
        # Thursday before Easter 2027 is 25 March: past Easter Monday
        ("2024-03-25", "2027-03-30"),
        # 25 December 2026 is a Friday, then the second day and Sunday
        ("2023-12-25", "2026-12-28"),
        # the printed day, though it was a Saturday
        ("2023-11-18", "2026-11-18"),
    ],
)
def test_the_last_day_before_limitation(due_date: str, limitation_on: str) -> None:
    assert ask(due_date=due_date, as_of="2026-03-02")["limitation_on"] == limitation_on


def test_without_an_agreed_date_limitation_runs_from_delivery() -> None:
    assert ask(due_date_agreed=False, delivered_on="2025-12-01")["limitation_on"] == "2028-12-01"
    unknown = ask(due_date_agreed=False)
    assert unknown["limitation_on"] is None
    assert "limitation_unknown" in codes(unknown)
    assert ask(delivered_on="2025-12-01")["limitation_on"] == "2029-01-15", "an agreed due date counts, whatever was delivered when"


def test_without_an_agreed_date_interest_needs_a_demand() -> None:
    none = ask(due_date_agreed=False)
    assert (none["late_interest_ore"], none["interest_spans"]) == (0, [])
    assert "interest_needs_demand" in codes(none)
    # demand 15 January, 30 days later 14 February (a Saturday, and not moved), 16 days to 2 March: 10 000 * 12 % * 16/365 = 52.6027
    demanded = ask(due_date_agreed=False, demand_sent_on="2026-01-15")
    assert demanded["late_interest_ore"] == 5260
    assert demanded["interest_spans"][0]["from"] == "2026-02-15"
    assert ask(demand_sent_on="2026-02-15")["late_interest_ore"] == ask()["late_interest_ore"], "an agreed date needs no demand"


def test_heavy_is_more_than_28_days_late() -> None:
    def heavy(*demands: tuple[str, str | None]) -> dict[str, Any]:
        return ask(notices=[{"kind": "payment_demand", "sent_on": on, "payment_deadline": until, "fee_ore": 0} for on, until in demands])

    # sent on day 0 with 14 days, the first heavy day is day 43: 2 February + 43 = 17 March
    assert heavy(("2026-02-02", "2026-02-16"))["heavy_from"] == "2026-03-17"
    assert heavy(("2026-02-20", "2026-03-06"), ("2026-02-02", "2026-02-16"))["heavy_from"] == "2026-04-04", "the last demand counts"
    assert heavy()["heavy_from"] is None
    short = heavy(("2026-02-02", "2026-02-15"))
    assert short["heavy_from"] is None
    assert "heavy_demand_short" in codes(short)


def test_compensation_is_for_those_who_are_not_consumers_and_ask_for_it() -> None:
    assert ask()["compensation_ore"] == 0
    assert ask(claim_compensation=True)["compensation_ore"] == 0
    assert ask(claim_compensation=True)["allowed_fee_ore"]["reminder"] == 3800
    claimed = ask(claim_compensation=True, debtor_kind="public")
    assert claimed["compensation_ore"] == 46000
    assert claimed["allowed_fee_ore"] == {"reminder": 0, "collection_warning": 0, "payment_demand": 0}
    assert ask(debtor_kind="public")["allowed_fee_ore"]["reminder"] == 3800
    early = ask(claim_compensation=True, debtor_kind="business", as_of="2026-01-15")
    assert early["compensation_ore"] == 0
    assert "compensation_needs_interest" in codes(early)


def test_only_what_exceeds_the_compensation_is_a_fee() -> None:
    # before October 2020: 750 * 3/10 = 225, against 2019's 380: nothing; with a small compensation the rest
    rates = RATES.with_confirmed(Figure.LATE_PAYMENT_COMPENSATION, date(2026, 1, 1), date(2026, 6, 30), Decimal(20), "an example")
    answer = quote({**BASE, "claim_compensation": True, "debtor_kind": "business"}, rates)
    assert answer["compensation_ore"] == 2000
    assert answer["allowed_fee_ore"]["reminder"] == 1800


def test_a_claim_paid_in_full_bears_no_fee_and_no_costs() -> None:
    answer = ask(payments=[{"date": "2026-01-26", "amount": "4000"}, {"date": "2026-02-02", "amount": "7000"}])
    assert answer["allowed_fee_ore"] == {"reminder": 0, "collection_warning": 0, "payment_demand": 0}
    assert (answer["agency_cost_cap_light_ore"], answer["agency_cost_cap_heavy_ore"]) == (0, 0)
    assert answer["earliest_fee_on"] is None
    # 10 000 * 12 % * 11/365 = 36.1644 and 6 000 * 12 % * 7/365 = 13.8082, together 49.9726
    assert answer["late_interest_ore"] == 4997
    assert "payments_exceed_principal" in codes(answer)


def test_a_payment_on_the_day_itself_lowers_costs_but_not_that_days_interest() -> None:
    paid, unpaid = ask(payments=[{"date": "2026-03-02", "amount": "9000"}]), ask()
    assert paid["late_interest_ore"] == unpaid["late_interest_ore"]
    # 10 000: 0.8 * 750 = 600; 1 000: 0.35 * 750 = 262.50
    assert (unpaid["agency_cost_cap_light_ore"], paid["agency_cost_cap_light_ore"]) == (60000, 26250)


def test_what_comes_later_does_not_count_and_is_said() -> None:
    answer = ask(
        payments=[{"date": "2026-03-03", "amount": "10000"}],
        notices=[{"kind": "reminder", "sent_on": "2026-03-03", "payment_deadline": "2026-03-17", "fee_ore": 3800}],
    )
    plain = ask()
    assert {key: answer[key] for key in KEYS[:-1]} == {key: plain[key] for key in KEYS[:-1]}
    assert {"payment_later", "notice_later"} <= set(codes(answer))


def test_after_the_last_confirmed_figure_nothing_is_invented() -> None:
    answer = ask(as_of="2027-01-01")
    assert answer["late_interest_ore"] is None
    assert answer["interest_spans"][-1]["to"] == "2026-12-31"
    assert answer["allowed_fee_ore"] == {"reminder": None, "collection_warning": None, "payment_demand": 0}
    assert (answer["agency_cost_cap_light_ore"], answer["agency_cost_cap_heavy_ore"]) == (None, None)
    assert {"interest_rate_missing", "collection_rate_missing"} <= set(codes(answer))
    assert any("01.01.2027" in reason["text"] for reason in answer["reasons"])
    later = ask(due_date="2027-01-04", as_of="2027-02-01", claim_compensation=True, debtor_kind="business")
    assert later["compensation_ore"] is None
    soon = ask(due_date="2026-12-21", as_of="2026-12-22")
    assert soon["earliest_fee_on"] == "2027-01-04"
    assert "fee_day_not_confirmed" in codes(soon)


def test_a_fee_whose_compensation_is_unknown_is_unknown() -> None:
    # due in the autumn of 2013: the amount of that half-year is not known to us
    answer = ask(due_date="2013-09-02", claim_compensation=True, debtor_kind="business")
    assert answer["compensation_ore"] is None
    assert answer["allowed_fee_ore"] == {"reminder": None, "collection_warning": None, "payment_demand": 0}


def test_the_act_of_2026_governs_from_the_day_it_is_set() -> None:
    answer = quote({**BASE, "as_of": "2026-12-01"}, entry_into_force=date(2026, 12, 1))
    assert answer["statute"] == "act_2026"
    assert answer["allowed_fee_ore"] == {"reminder": 0, "collection_warning": 0, "payment_demand": 0}
    assert answer["earliest_fee_on"] is None
    assert "warning_is_the_agencys" in codes(answer)
    assert quote({**BASE, "as_of": "2026-11-30"}, entry_into_force=date(2026, 12, 1))["statute"] == "act_1988"


def test_reasons_are_translated() -> None:
    answer = quote(
        {**BASE, "due_date_agreed": False}, translate=lambda text: text.replace("No due date was agreed", "Ingen forfallsdag var avtalt")
    )
    assert any(reason["text"].startswith("Ingen forfallsdag var avtalt") for reason in answer["reasons"])


NOTICE = {"kind": "reminder", "sent_on": "2026-02-02", "payment_deadline": "2026-02-16", "fee_ore": 3800}
PAYMENT = {"date": "2026-02-02", "amount": "100"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"principal": value}, "principal")
        for value in (
            None,
            1,
            1.5,
            True,
            "",
            "0",
            "0.00",
            "-1",
            "+1",
            "1.005",
            "1e3",
            "1 000",
            "1,5",
            "NaN",
            "9" * 13,
            " 1",
            "1.",
            "٣",
            [],
            {},
        )
    ]
    + [
        ({name: value}, name)
        for name in ("due_date", "as_of")
        for value in (
            None,
            20260115,
            "",
            "20260115",
            "2026-W03-4",
            "2026-02-29",
            "2026-13-01",
            "15.01.2026",
            "2026-01-15T00:00:00",
            "0001-01-01",
            "9999-12-31",
        )
    ]
    + [({"debtor_kind": value}, "debtor_kind") for value in (None, "", "Consumer", "person", 1, [])]
    + [
        ({name: value}, name)
        for name in ("due_date_agreed", "creditor_vat_liable", "claim_compensation")
        for value in (None, 0, 1, "true", "")
    ]
    + [({name: value}, name) for name in ("demand_sent_on", "delivered_on") for value in (0, "soon", "2026-02-30")]
    + [({name: value}, name) for name in ("payments", "notices") for value in (None, {}, "x", 1)]
    + [
        ({"payments": [PAYMENT] * 501}, "payments"),
        ({"payments": [1]}, "payments[0]"),
        ({"payments": [PAYMENT, {"date": "2026-02-02"}]}, "payments[1].amount"),
        ({"payments": [{**PAYMENT, "date": "x"}]}, "payments[0].date"),
        ({"payments": [{**PAYMENT, "amount": "0"}]}, "payments[0].amount"),
        ({"payments": [{**PAYMENT, "currency": "SEK"}]}, "payments[0].currency"),
        ({"notices": [{**NOTICE, "kind": "letter"}]}, "notices[0].kind"),
        ({"notices": [NOTICE, {**NOTICE, "sent_on": "x"}]}, "notices[1].sent_on"),
        ({"notices": [{**NOTICE, "payment_deadline": "2026-02-01"}]}, "notices[0].payment_deadline"),
        ({"notices": [{**NOTICE, "fee_ore": -1}]}, "notices[0].fee_ore"),
        ({"notices": [{**NOTICE, "fee_ore": True}]}, "notices[0].fee_ore"),
        ({"notices": [{**NOTICE, "fee_ore": "3800"}]}, "notices[0].fee_ore"),
        ({"notices": [{"sent_on": "2026-02-02"}]}, "notices[0].kind"),
        ({"notices": [{**NOTICE, "channel": "mail"}]}, "notices[0].channel"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_wrong_input_is_refused_by_name(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(QuoteInputError) as caught:
        quote({**BASE, **changes})
    assert caught.value.field == field
    assert caught.value.problem


@pytest.mark.parametrize("name", sorted(BASE))
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(QuoteInputError) as caught:
        quote({key: value for key, value in BASE.items() if key != name})
    assert caught.value.field == name


def test_one_object_in_one_object_out() -> None:
    text, code = run_quotes(json.dumps(BASE))
    assert code == 0
    assert json.loads(text) == quote(BASE)


def test_an_array_goes_on_after_a_wrong_claim() -> None:
    text, code = run_quotes(json.dumps([BASE, {**BASE, "principal": "-5"}, 7, BASE]))
    answers = json.loads(text)
    assert code == 2
    assert answers[0] == answers[3] == quote(BASE)
    assert answers[1] == {
        "type": "about:blank",
        "title": "The claim cannot be calculated",
        "status": 422,
        "detail": answers[1]["detail"],
        "field": "principal",
    }
    assert answers[1]["detail"].startswith("principal: ")
    assert answers[2]["field"] == ""
    assert run_quotes("[]") == ("[]", 0)


@pytest.mark.parametrize("text", ["", "{", "NaN", '{"principal": NaN}', "[" * 100_000, "1" * 10_000, '"x"', "null", '{"principal": "1"}'])
def test_what_is_no_claim_ends_with_a_problem_and_code_two(text: str) -> None:
    answer, code = run_quotes(text)
    assert code == 2
    assert json.loads(answer)["status"] == 422


DAYS = st.dates(date(2014, 1, 1), date(2028, 12, 31)).map(date.isoformat)
AMOUNTS = st.integers(1, 10**9).map(lambda ore: f"{ore // 100}.{ore % 100:02d}")
NOTICES = st.builds(
    lambda kind, on, days, fee: {
        "kind": kind,
        "sent_on": on.isoformat(),
        "payment_deadline": (on + timedelta(days=days)).isoformat(),
        "fee_ore": fee,
    },
    st.sampled_from(["reminder", "collection_warning", "payment_demand"]),
    st.dates(date(2014, 1, 1), date(2028, 12, 31)),
    st.integers(0, 40),
    st.integers(0, 12_000),
)
CLAIMS = st.fixed_dictionaries(
    {
        "principal": AMOUNTS,
        "due_date": DAYS,
        "as_of": DAYS,
        "debtor_kind": st.sampled_from(["consumer", "sole_proprietor", "business", "public"]),
    },
    optional={
        "due_date_agreed": st.booleans(),
        "demand_sent_on": DAYS,
        "creditor_vat_liable": st.booleans(),
        "payments": st.lists(st.fixed_dictionaries({"date": DAYS, "amount": AMOUNTS}), max_size=4),
        "notices": st.lists(NOTICES, max_size=5),
        "claim_compensation": st.booleans(),
        "delivered_on": DAYS,
    },
)


@settings(deadline=None)
@given(CLAIMS)
def test_every_lawful_claim_has_a_whole_answer(claim: dict[str, Any]) -> None:
    before = deepcopy(claim)
    answer = quote(claim)
    assert claim == before
    assert list(answer) == KEYS
    assert answer == quote(claim)
    json.dumps(answer)
    money = [answer["late_interest_ore"], answer["compensation_ore"], *answer["allowed_fee_ore"].values()]
    assert all(value is None or (type(value) is int and value >= 0) for value in money)
    light, heavy = answer["agency_cost_cap_light_ore"], answer["agency_cost_cap_heavy_ore"]
    # each is rounded by itself, so heavy is twice light to within the rounding
    assert (light is None) is (heavy is None) is (not "2015" <= claim["as_of"] < "2027" and answer["earliest_fee_on"] is not None)
    assert light is None or abs(heavy - 2 * light) <= 1
    spans = answer["interest_spans"]
    assert all(late["from"] > early["to"] for early, late in itertools.pairwise(spans))
    assert all(span["to"] <= claim["as_of"] and span["from"] > claim["due_date"] for span in spans)
    if claim["debtor_kind"] == "consumer":
        assert answer["compensation_ore"] == 0
    assert all(reason["text"] and "{" not in reason["text"] for reason in answer["reasons"])
    if claim["as_of"] <= claim["due_date"]:
        assert answer["late_interest_ore"] == 0
